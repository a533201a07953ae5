/* The calls on files and names. */
#include "guest.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>

static void show(const char *path) {
  struct stat st;
  if (lstat(path, &st) < 0) {
    SAY("%s: %s", path, ERROR_NAME(errno));
    return;
  }
  SAY("%s: mode %o nlink %d size %ld uid %d", path, st.st_mode, (int)st.st_nlink, S_ISDIR(st.st_mode) ? 0L : (long)st.st_size, st.st_uid);
}
static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

int main(void) {
  umask(022);
  int fd = CALL(open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
  CALL(open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
  VALUE(write(fd, "0123456789", 10));
  VALUE(lseek(fd, -3, SEEK_END));
  char b[100];
  VALUE(read(fd, b, 100));
  VALUE(read(fd, b, 100));
  VALUE(lseek(fd, -1, SEEK_SET));
  VALUE(lseek(fd, 100, SEEK_SET));
  VALUE(write(fd, "x", 1));
  show("a");
  VALUE(pread(fd, b, 5, 8));
  struct iovec v[3] = {{"one", 3}, {"", 0}, {"two!", 4}};
  VALUE(pwritev(fd, v, 3, 2));
  struct iovec r[2] = {{b, 4}, {b + 50, 4}};
  VALUE(preadv(fd, r, 2, 0));
  SAY("%.4s %.4s", b, b + 50);
  CALL(fchmod(fd, 04751));
  show("a");
  CALL(link("a", "b"));
  CALL(symlink("a", "s"));
  CALL(symlink("nowhere", "dangling"));
  show("a"), show("s"), show("dangling");
  VALUE(readlink("s", b, 100));
  VALUE(readlink("a", b, 100));
  CALL(open("dangling", O_RDONLY));
  CALL(open("s", O_RDONLY | O_NOFOLLOW));
  CALL(mkdir("d", 0777));
  CALL(mkdir("d/e", 0700));
  CALL(rmdir("d"));
  CALL(unlink("d"));
  CALL(rename("a", "d"));
  CALL(rename("d", "a"));
  CALL(rename("d", "d/e/f"));
  CALL(rename("a", "d/e/moved"));
  show("a"), show("d/e/moved"), show("b");
  CALL(access("d/e/moved", X_OK));
  CALL(chdir("d/e"));
  CHECK(strcmp(strrchr(getcwd(b, 100), '/'), "/e") == 0);
  CALL(chdir("../.."));
  CALL(open("d", O_WRONLY));
  CALL(open("b/x", O_RDONLY));
  CALL(open("", O_RDONLY));
  memset(b, 'n', 99);
  char name[300];
  memset(name, 'n', 299), name[299] = 0;
  CALL(open(name, O_RDONLY));
  CALL(truncate("b", 4));
  show("b");
  CALL(ftruncate(fd, -1));

  struct dirent **list;
  int n = scandir(".", &list, NULL, by_name);
  for (int i = 0; i < n; i++) SAY("entry %s type %d", list[i]->d_name, list[i]->d_type);
  int dir = open("d", O_RDONLY | O_DIRECTORY);
  CALL(fchdir(dir));
  CALL(faccessat(dir, "e/moved", R_OK, 0));
  CALL(unlinkat(dir, "e/moved", 0));
  CALL(unlinkat(dir, "e", AT_REMOVEDIR));
  CALL(mkfifoat(dir, "fifo", 0600));
  show("fifo");
  VALUE(dup2(fd, 50));
  VALUE(fcntl(50, F_GETFL) & O_ACCMODE);
  VALUE(fcntl(50, F_SETFD, FD_CLOEXEC));
  VALUE(fcntl(50, F_GETFD));
  VALUE(fcntl(fd, F_GETFD));
  VALUE(fcntl(fd, F_DUPFD, 30));
  CALL(close(50));
  CALL(close(50));
  struct timespec times[2] = {{1000, 5}, {2000, 7}};
  CALL(futimens(fd, times));
  struct stat st;
  fstat(fd, &st);
  SAY("atime %ld.%ld mtime %ld.%ld", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  CALL(chown("fifo", 12, 34));
  show("fifo");
  struct statvfs fs;
  CALL(statvfs(".", &fs));
  CHECK(fs.f_namemax == 255);
  CALL(fsync(fd));
  VALUE(pathconf(".", _PC_NAME_MAX));
  return 0;
}
