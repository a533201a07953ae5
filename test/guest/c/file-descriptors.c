/* dup, dup3, fcntl, close_range, record locks, pipes, umask, limits. */
#include "guest.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void lock(int fd, int command, short type, off_t start, off_t length) {
  struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  int result = fcntl(fd, command, &range);
  if (result == -1) SAY("lock %d %d %ld %ld: %s", command, type, (long)start, (long)length, ERROR_NAME(errno));
  else SAY("lock %d %d %ld %ld: type %d from %ld for %ld", command, type, (long)start, (long)length, range.l_type, (long)range.l_start, (long)range.l_len);
}

/* An address that is never mapped, which the compiler does not see through. */
static void *volatile bad = (void *)8;

int main(void) {
  char buffer[16];
  int fd = (int)CALL(open("f", O_RDWR | O_CREAT, 0600));
  VALUE(dup3(fd, 20, O_CLOEXEC));
  VALUE(fcntl(20, F_GETFD));
  VALUE(dup2(20, 21));
  VALUE(fcntl(21, F_GETFD));
  VALUE(dup2(20, 20));
  VALUE(syscall(SYS_dup3, 20, 20, 0));
  VALUE(syscall(SYS_dup3, 20, 21, 1));
  VALUE(dup2(99, 5));
  VALUE(dup2(fd, -1));
  VALUE(dup2(fd, 1 << 24));
  VALUE(dup(99));
  VALUE(fcntl(fd, F_DUPFD, 30));
  VALUE(fcntl(fd, F_DUPFD_CLOEXEC, 30));
  VALUE(fcntl(31, F_GETFD));
  VALUE(fcntl(fd, F_DUPFD, -1));
  VALUE(fcntl(fd, F_SETFD, FD_CLOEXEC));
  VALUE(fcntl(fd, F_GETFD));
  VALUE(fcntl(fd, 9999));
  VALUE(fcntl(99, F_GETFD));
  SAY("flags %o", fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  CALL(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
  SAY("flags %o", fcntl(20, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  CALL(fcntl(fd, F_SETFL, O_WRONLY));
  SAY("flags %o", fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  write(fd, "abcdef", 6);
  lseek(fd, 2, SEEK_SET);
  VALUE(read(20, buffer, 2));
  VALUE(lseek(fd, 0, SEEK_CUR));

  CALL(syscall(SYS_close_range, 30, 31, 0));
  VALUE(fcntl(30, F_GETFD));
  CALL(syscall(SYS_close_range, 20, 21, 4));
  VALUE(fcntl(21, F_GETFD));
  CALL(syscall(SYS_close_range, 9, 8, 0));
  CALL(syscall(SYS_close_range, 9, 10, 64));

  int other = (int)CALL(open("f", O_RDWR));
  lock(fd, F_SETLK, F_WRLCK, 0, 10);
  lock(fd, F_GETLK, F_WRLCK, 0, 10);
  lock(other, F_SETLK, F_WRLCK, 5, 10);
  pid_t child = fork();
  if (child == 0) {
    lock(fd, F_GETLK, F_RDLCK, 3, 1);
    lock(fd, F_SETLK, F_RDLCK, 14, 1);
    lock(fd, F_SETLK, F_RDLCK, 15, 0);
    lock(other, F_SETLK, F_WRLCK, 0, 0);
    lock(fd, F_SETLK, 77, 0, 0);
    lock(fd, F_SETLK, F_WRLCK, -1, 0);
    exit(0);
  }
  waitpid(child, NULL, 0);
  close(other);
  child = fork();
  if (child == 0) {
    lock(fd, F_SETLK, F_WRLCK, 0, 0);
    exit(0);
  }
  waitpid(child, NULL, 0);

  int ends[2];
  CALL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  VALUE(fcntl(ends[0], F_GETFD));
  VALUE(read(ends[0], buffer, 1));
  VALUE(fcntl(ends[0], F_GETPIPE_SZ));
  VALUE(fcntl(ends[1], F_SETPIPE_SZ, 100));
  VALUE(fcntl(fd, F_GETPIPE_SZ));
  char page[8192] = {0};
  VALUE(write(ends[1], page, sizeof page));
  VALUE(write(ends[1], page, 1));
  VALUE(read(ends[0], page, 100));
  VALUE(write(ends[1], page, 200));
  close(ends[1]);
  VALUE(read(ends[0], page, sizeof page));
  VALUE(read(ends[0], page, sizeof page));
  VALUE(read(ends[0], page, sizeof page));
  CALL(pipe2(ends, 1));
  CALL(syscall(SYS_pipe2, bad, 0));

  SAY("%o", umask(027));
  SAY("%o", umask(022));
  struct rlimit limit = {40, 40};
  CALL(setrlimit(RLIMIT_NOFILE, &limit));
  int last = -1;
  for (int n; (n = dup(fd)) >= 0;) last = n;
  SAY("last %d %s", last, ERROR_NAME(errno));
  CALL(open("f", O_RDONLY));
  CALL(pipe(ends));
  VALUE(fcntl(fd, F_DUPFD, 40));
  VALUE(dup2(fd, 40));
  close(39);
  close(38);
  CALL(pipe(ends));
  SAY("%d %d", ends[0], ends[1]);
  return 0;
}
