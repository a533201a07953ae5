/* mkdirat, mknodat, linkat, symlinkat, renameat2, unlinkat, fchmodat, fchownat, utimensat, faccessat. */
#include "guest.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void show(int at, const char *path) {
  struct stat st;
  if (fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) != 0) SAY("%s: %s", path, ERROR_NAME(errno));
  else SAY("%s: mode %o links %ld size %ld", path, st.st_mode, (long)st.st_nlink, S_ISDIR(st.st_mode) ? 0 : (long)st.st_size);
}

int main(void) {
  char buffer[64];
  struct stat st;
  umask(022);
  CALL(mkdir("d", 0777));
  int d = (int)CALL(open("d", O_RDONLY | O_DIRECTORY));
  CALL(mkdirat(d, "sub", 0700));
  CALL(mkdirat(d, "sub", 0700));
  CALL(mkdirat(d, "sub/", 0700));
  CALL(mkdirat(d, "no/sub", 0700));
  CALL(mkdirat(d, "new/", 0750));
  CALL(mknodat(d, "fifo", S_IFIFO | 0640, 0));
  CALL(mknodat(d, "plain", S_IFREG | 0640, 0));
  CALL(mknodat(d, "directory", S_IFDIR | 0640, 0));
  show(d, "sub");
  show(d, "fifo");
  show(d, "plain");
  CALL(symlinkat("plain", d, "link"));
  CALL(symlinkat("", d, "empty"));
  CALL(symlinkat("plain", d, "link"));
  show(d, "link");
  CALL(linkat(d, "plain", AT_FDCWD, "hard", 0));
  CALL(linkat(d, "link", AT_FDCWD, "to-link", 0));
  CALL(linkat(d, "link", AT_FDCWD, "to-plain", AT_SYMLINK_FOLLOW));
  CALL(linkat(d, "sub", AT_FDCWD, "to-sub", 0));
  CALL(linkat(d, "plain", AT_FDCWD, "hard", 0));
  CALL(linkat(d, "plain", AT_FDCWD, "x", 0x8000));
  show(d, "plain");
  show(AT_FDCWD, "to-link");
  memset(buffer, 0, sizeof buffer);
  VALUE(readlinkat(d, "link", buffer, sizeof buffer));
  SAY("%s", buffer);
  VALUE(readlinkat(d, "link", buffer, 2));
  VALUE(readlinkat(d, "plain", buffer, 2));

  CALL(renameat2(d, "plain", d, "link", RENAME_NOREPLACE));
  CALL(renameat2(d, "plain", d, "fifo", RENAME_EXCHANGE));
  show(d, "plain");
  show(d, "fifo");
  CALL(renameat2(d, "plain", d, "missing", RENAME_EXCHANGE));
  CALL(renameat2(d, "plain", d, "fifo", RENAME_EXCHANGE | RENAME_NOREPLACE));
  CALL(renameat(d, "fifo", AT_FDCWD, "moved"));
  CALL(renameat(d, "sub", d, "sub/inside"));
  CALL(renameat(d, "new", d, "sub"));
  CALL(renameat(AT_FDCWD, "moved", d, "sub"));
  CALL(renameat(AT_FDCWD, "missing", d, "x"));
  CALL(renameat(AT_FDCWD, ".", d, "x"));
  show(AT_FDCWD, "moved");

  CALL(fchmodat(d, "sub", 01755, 0));
  show(d, "sub");
  CALL(fchmodat(d, "none", 0755, 0));
  CALL(fchownat(d, "sub", -1, -1, 0));
  CALL(fchownat(d, "link", 0, 0, AT_SYMLINK_NOFOLLOW));
  CALL(faccessat(d, "sub", R_OK | X_OK, 0));
  CALL(faccessat(d, "sub", 8, 0));
  CALL(faccessat(d, "none", F_OK, 0));
  CALL(faccessat(d, "sub", W_OK, AT_EACCESS));

  struct timespec times[2] = {{1000, 500}, {2000, 999999999}};
  CALL(utimensat(AT_FDCWD, "moved", times, 0));
  CHECK(stat("moved", &st) == 0 && st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 500);
  CHECK(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 999999999);
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_nsec = UTIME_NOW;
  CALL(utimensat(AT_FDCWD, "moved", times, 0));
  CHECK(stat("moved", &st) == 0 && st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec > 1000000000);
  times[0].tv_nsec = 1000000000;
  CALL(utimensat(AT_FDCWD, "moved", times, 0));
  int fd = (int)CALL(open("moved", O_RDWR));
  times[0] = (struct timespec){-5, 250000000};
  times[1] = (struct timespec){5, 0};
  CALL(futimens(fd, times));
  CHECK(fstat(fd, &st) == 0 && st.st_atim.tv_sec == -5 && st.st_atim.tv_nsec == 250000000);
  CALL(utimensat(d, "link", times, AT_SYMLINK_NOFOLLOW));
  CALL(utimensat(d, "none", times, 0));

  CALL(unlinkat(d, "sub", 0));
  CALL(unlinkat(AT_FDCWD, "moved", AT_REMOVEDIR));
  CALL(unlinkat(d, "sub", AT_REMOVEDIR));
  CALL(unlinkat(d, "sub", AT_REMOVEDIR));
  CALL(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
  CALL(unlinkat(d, ".", AT_REMOVEDIR));
  CALL(unlinkat(d, "link", 0));
  CALL(unlinkat(d, "plain", 0));
  CALL(rmdir("d"));
  VALUE(linkat(d, "none", d, "x", 0));
  CALL(mkdirat(d, "in-removed", 0700));
  show(d, ".");
  return 0;
}
