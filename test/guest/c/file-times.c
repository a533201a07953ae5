/* Times of files to the nanosecond: set, kept by renames, copies up, links; changed by writes. */
/* guest: sites=2 */
#include "guest.h"
#include <fcntl.h>
#include <sys/stat.h>

static void show(const char *path) {
  struct stat st;
  struct statx sx;
  if (stat(path, &st) < 0) SAY("%s: %s", path, ERROR_NAME(errno));
  else
    SAY("%s: %ld.%09ld %ld.%09ld", path, (long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec,
        st.st_mtim.tv_nsec);
  if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &sx) == 0)
    CHECK(sx.stx_mtime.tv_nsec == st.st_mtim.tv_nsec && sx.stx_atime.tv_nsec == st.st_atim.tv_nsec);
}

int main(void) {
  struct stat st;
  int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);
  struct timespec exact[2] = {{1700000000, 123456789}, {1700000001, 999999999}};
  CALL(futimens(fd, exact));
  show("f");
  struct timespec half[2] = {{0, UTIME_OMIT}, {1700000002, 1}};
  CALL(utimensat(AT_FDCWD, "f", half, 0));
  show("f");
  half[0] = (struct timespec){1700000003, 987654321};
  half[1] = (struct timespec){0, UTIME_OMIT};
  CALL(utimensat(AT_FDCWD, "f", half, 0));
  show("f");
  CALL(rename("f", "g"));
  CALL(link("g", "h"));
  CALL(chmod("h", 0600));
  show("h");
  CHECK(write(fd, "x", 1) == 1);
  fstat(fd, &st);
  CHECK(st.st_mtim.tv_sec > 1700000002 && st.st_atim.tv_nsec == 987654321);
  struct timespec wrong[2] = {{5, 1000000000}, {5, 0}};
  CALL(futimens(fd, wrong));
  struct timespec past[2] = {{-3, 250000001}, {-1, 999999999}};
  CALL(futimens(fd, past));
  fstat(fd, &st);
  SAY("%ld.%09ld %ld.%09ld", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  return 0;
}
