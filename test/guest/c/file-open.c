/* guest: reference=native */
/* open(2), openat(2), O_PATH, O_TMPFILE, openat2(2): flags and errors. */
#include "guest.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int openat2(int at, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
  return (int)syscall(SYS_openat2, at, path, &how, sizeof how);
}

/* An address that is never mapped, which the compiler does not see through. */
static void *volatile bad = (void *)8;

int main(void) {
  char buffer[64];
  umask(022);
  int fd = (int)CALL(open("file", O_RDWR | O_CREAT | O_EXCL, 0666));
  CHECK(write(fd, "contents", 8) == 8);
  CALL(open("file", O_RDWR | O_CREAT | O_EXCL, 0666));
  CALL(open("missing", O_RDONLY));
  CALL(open("", O_RDONLY));
  CALL(open("missing/", O_RDWR | O_CREAT, 0600));
  CALL(open("file/", O_RDONLY));
  CALL(open("file/x", O_RDONLY));
  CALL(open(".", O_WRONLY));
  CALL(open(".", O_RDONLY | O_CREAT, 0600));
  CALL(open(".", O_RDONLY));
  CALL(open("file", O_RDONLY | O_DIRECTORY));
  CALL(open(bad, O_RDONLY));
  CALL(openat(1000, "file", O_RDONLY));
  CALL(openat(fd, "file", O_RDONLY));
  CALL(openat(-1, "file", O_RDONLY));
  struct stat st;
  CALL(stat("file", &st));
  SAY("mode %o size %ld", st.st_mode, (long)st.st_size);
  int trunc = (int)CALL(open("file", O_WRONLY | O_TRUNC));
  CHECK(fstat(trunc, &st) == 0 && st.st_size == 0);
  VALUE(read(trunc, buffer, 1));
  int append = (int)CALL(open("file", O_WRONLY | O_APPEND));
  VALUE(write(append, "one", 3));
  VALUE(lseek(append, 0, SEEK_SET));
  VALUE(write(append, "two", 3));
  VALUE(pread(fd, buffer, 64, 0));
  VALUE(write(open("file", O_RDONLY), "x", 1));

  CALL(symlink("file", "link"));
  CALL(symlink("loop", "loop"));
  CALL(symlink("dangling-target", "dangling"));
  CALL(open("link", O_RDONLY | O_NOFOLLOW));
  CALL(open("loop", O_RDONLY));
  CALL(open("dangling", O_RDONLY));
  CALL(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600));
  CALL(open("dangling", O_RDWR | O_CREAT, 0600));
  CALL(access("dangling-target", F_OK));

  int path = (int)CALL(open("link", O_PATH | O_NOFOLLOW));
  CALL(fstat(path, &st));
  CHECK(S_ISLNK(st.st_mode));
  VALUE(read(path, buffer, 1));
  CALL(fchmod(path, 0600));
  VALUE(readlinkat(path, "", buffer, sizeof buffer));
  SAY("flags %o", fcntl(path, F_GETFL) & (O_PATH | O_ACCMODE));
  int directory = (int)CALL(open(".", O_PATH | O_DIRECTORY));
  int below = (int)CALL(openat(directory, "file", O_RDONLY));
  VALUE(read(below, buffer, 3));
  CALL(dup(path) >= 0 ? 0 : -1);
  CALL(fchdir(directory));

  int unnamed = (int)CALL(open(".", O_TMPFILE | O_RDWR, 0600));
  VALUE(write(unnamed, "temporary", 9));
  CHECK(fstat(unnamed, &st) == 0 && st.st_nlink == 0);
  CALL(linkat(unnamed, "", AT_FDCWD, "named", AT_EMPTY_PATH));
  CHECK(stat("named", &st) == 0 && st.st_size == 9 && st.st_nlink == 1);
  CALL(open(".", O_TMPFILE | O_RDONLY, 0600));

  CALL(openat2(AT_FDCWD, "file", O_RDONLY, 0, 0));
  CALL(openat2(AT_FDCWD, "file", O_RDONLY, 0600, 0));
  CALL(openat2(AT_FDCWD, "new", O_RDWR | O_CREAT, 0600, 0));
  CALL(openat2(AT_FDCWD, "new", 1ull << 40, 0, 0));
  CALL(openat2(AT_FDCWD, "link", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
  CALL(openat2(AT_FDCWD, "/proc/version", O_RDONLY, 0, RESOLVE_NO_XDEV));
  CALL(openat2(AT_FDCWD, "/../file", O_RDONLY, 0, RESOLVE_IN_ROOT));
  CALL(openat2(AT_FDCWD, "file", O_RDONLY, 0, 0x1000));
  return 0;
}
