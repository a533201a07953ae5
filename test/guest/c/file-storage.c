/* flock, OFD locks, fallocate, SEEK_DATA and SEEK_HOLE, O_TMPFILE, renameat2, memfd_create and seals. */
#include "guest.h"
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (write(fd, text, strlen(text)) < 0) SAY("write: %s", ERROR_NAME(errno));
  close(fd);
}

static void show(const char *path) {
  char text[64] = "";
  int fd = open(path, O_RDONLY);
  ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  SAY("%s: %s", path, got < 0 ? ERROR_NAME(errno) : text);
  close(fd);
}

static void locks(void) {
  put("lock", "x");
  int a = open("lock", O_RDWR), b = open("lock", O_RDWR);
  CALL(flock(a, LOCK_EX));
  CALL(flock(b, LOCK_SH | LOCK_NB));
  CALL(flock(dup(a), LOCK_SH));
  CALL(flock(b, LOCK_SH | LOCK_NB));
  CALL(flock(a, LOCK_EX | LOCK_NB));
  CALL(flock(b, LOCK_UN));
  CALL(flock(a, 0));
  CALL(flock(99, LOCK_SH));
  CALL(flock(a, LOCK_UN));
  pid_t child = fork();
  if (child == 0) {
    int c = open("lock", O_RDWR);
    flock(c, LOCK_EX);
    _exit(7);
  }
  int status;
  waitpid(child, &status, 0);
  SAY("child %d", WEXITSTATUS(status));
  CALL(flock(b, LOCK_EX | LOCK_NB));
  struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10};
  CALL(fcntl(a, F_OFD_SETLK, &l));
  CALL(fcntl(b, F_OFD_SETLK, &l));
  struct flock q = l;
  q.l_type = F_RDLCK;
  CALL(fcntl(b, F_OFD_GETLK, &q));
  SAY("type %d pid %d start %d len %d", q.l_type, (int)q.l_pid, (int)q.l_start, (int)q.l_len);
  CALL(fcntl(b, F_SETLK, &l));
  l.l_pid = 1;
  CALL(fcntl(a, F_OFD_SETLK, &l));
  close(open("lock", O_RDWR));
  l.l_pid = 0;
  CALL(fcntl(b, F_OFD_SETLK, &l));
  close(a);
}

static void space(void) {
  struct stat st;
  int fd = open("space", O_RDWR | O_CREAT, 0644);
  CALL(fallocate(fd, 0, 0, 65536));
  fstat(fd, &st);
  SAY("size %ld", (long)st.st_size);
  CALL(fallocate(fd, FALLOC_FL_KEEP_SIZE, 65536, 65536));
  fstat(fd, &st);
  SAY("size %ld held %d", (long)st.st_size, st.st_blocks >= 256);
  CHECK(pwrite(fd, "data", 4, 8192) == 4);
  CALL(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
  CALL(fallocate(fd, FALLOC_FL_ZERO_RANGE, 8192, 4096));
  char text[4] = "????";
  CHECK(pread(fd, text, 4, 8192) == 4 && memcmp(text, "\0\0\0\0", 4) == 0);
  CALL(fallocate(fd, 0, -1, 10));
  CALL(fallocate(fd, 0, 0, 0));
  CALL(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
  CALL(posix_fallocate(fd, 0, 200000));
  fstat(fd, &st);
  SAY("size %ld", (long)st.st_size);
  int reader = open("space", O_RDONLY);
  CALL(fallocate(reader, 0, 0, 10));
  close(fd);
  fd = open("sparse", O_RDWR | O_CREAT, 0644);
  ftruncate(fd, 1 << 20);
  CHECK(pwrite(fd, "x", 1, 512 * 1024) == 1);
  VALUE(lseek(fd, 0, SEEK_DATA));
  VALUE(lseek(fd, 0, SEEK_HOLE));
  VALUE(lseek(fd, 600 * 1024, SEEK_HOLE));
  VALUE(lseek(fd, 600 * 1024, SEEK_DATA));
  VALUE(lseek(fd, 1 << 20, SEEK_DATA));
  VALUE(lseek(fd, 1 << 20, SEEK_HOLE));
}

static void nameless(void) {
  char path[64];
  struct stat st;
  int fd = open(".", O_TMPFILE | O_RDWR, 0600);
  CHECK(fd >= 0);
  CHECK(write(fd, "hidden", 6) == 6);
  fstat(fd, &st);
  SAY("links %d mode %o", (int)st.st_nlink, st.st_mode);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  CALL(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
  show("named");
  fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  CALL(linkat(AT_FDCWD, path, AT_FDCWD, "never", AT_SYMLINK_FOLLOW));
  CALL(open(".", O_TMPFILE | O_RDONLY, 0600));
  CALL(open("named", O_TMPFILE | O_RDWR, 0600));
}

static void renames(void) {
  put("r1", "one");
  put("r2", "two");
  mkdir("rd", 0755);
  put("rd/x", "inside");
  CALL(renameat2(AT_FDCWD, "r1", AT_FDCWD, "r2", RENAME_NOREPLACE));
  CALL(renameat2(AT_FDCWD, "r1", AT_FDCWD, "r3", RENAME_NOREPLACE));
  CALL(renameat2(AT_FDCWD, "r2", AT_FDCWD, "r3", RENAME_EXCHANGE));
  show("r2");
  show("r3");
  CALL(renameat2(AT_FDCWD, "r2", AT_FDCWD, "rd", RENAME_EXCHANGE));
  show("rd");
  show("r2/x");
  CALL(renameat2(AT_FDCWD, "r2", AT_FDCWD, "none", RENAME_EXCHANGE));
  CALL(renameat2(AT_FDCWD, "r2", AT_FDCWD, "r2/y", RENAME_EXCHANGE));
  CALL(renameat2(AT_FDCWD, "r2", AT_FDCWD, "q", RENAME_EXCHANGE | RENAME_NOREPLACE));
}

static void memfds(void) {
  char text[64];
  struct stat st;
  int fd = memfd_create("note", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  CHECK(write(fd, "hello", 5) == 5);
  fstat(fd, &st);
  SAY("links %d regular %d size %ld", (int)st.st_nlink, S_ISREG(st.st_mode), (long)st.st_size);
  VALUE(fcntl(fd, F_GET_SEALS));
  CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
  CALL(ftruncate(fd, 4));
  CALL(ftruncate(fd, 6));
  CHECK(pwrite(fd, "J", 1, 0) == 1);
  CALL(pwrite(fd, "J", 1, 5));
  CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL));
  CALL(pwrite(fd, "J", 1, 0));
  CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  VALUE(fcntl(fd, F_GET_SEALS));
  snprintf(text, sizeof text, "/proc/self/fd/%d", fd);
  int again = open(text, O_RDONLY);
  memset(text, 0, sizeof text);
  CHECK(read(again, text, 10) == 5);
  SAY("%s", text);
  int plain = memfd_create("plain", 0);
  CALL(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW));
  VALUE(fcntl(plain, F_GET_SEALS));
  CALL(fcntl(open("r3", O_RDWR), F_GET_SEALS));
  CALL(memfd_create("x", 0x1000));
}

int main(void) {
  locks();
  space();
  nameless();
  renames();
  memfds();
  return 0;
}
