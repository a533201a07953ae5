/* guest: reference=native */
/* Holes: SEEK_DATA, SEEK_HOLE, fallocate in its modes, sparse copies; sizes beyond 4 GiB. */
#include "guest.h"
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/stat.h>

static volatile sig_atomic_t exceeded;
static void on_signal(int sig) { exceeded = sig; }

static void size_of(int fd) {
  struct stat st;
  fstat(fd, &st);
  SAY("size %ld", (long)st.st_size);
}

int main(void) {
  char buffer[64];
  int fd = (int)CALL(open("f", O_RDWR | O_CREAT, 0600));
  VALUE(pwrite(fd, "start", 5, 0));
  VALUE(pwrite(fd, "far", 3, 5L << 30));
  size_of(fd);
  struct stat st;
  CHECK(fstat(fd, &st) == 0 && st.st_blocks * 512 < 1 << 20);
  VALUE(lseek(fd, 0, SEEK_DATA));
  VALUE(lseek(fd, 5L << 30, SEEK_DATA));
  VALUE(lseek(fd, (5L << 30) + 3, SEEK_DATA));
  VALUE(lseek(fd, (5L << 30) + 1, SEEK_HOLE));
  VALUE(lseek(fd, -1, SEEK_HOLE));
  CHECK(lseek(fd, 0, SEEK_HOLE) > 0 && lseek(fd, 0, SEEK_HOLE) <= 5L << 30);
  VALUE(pread(fd, buffer, 10, (5L << 30) - 2));
  CALL(ftruncate(fd, 1L << 40));
  size_of(fd);
  VALUE(pread(fd, buffer, 10, (1L << 40) - 4));
  CALL(ftruncate(fd, 100000));
  memset(buffer, 'x', sizeof buffer);
  for (int i = 0; i < 100000; i += 64) pwrite(fd, buffer, 64, i);
  CALL(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 16384));
  VALUE(pread(fd, buffer, 8, 8190));
  SAY("%d %d %d", buffer[0], buffer[1], buffer[2]);
  VALUE(lseek(fd, 0, SEEK_HOLE));
  VALUE(lseek(fd, 8192, SEEK_DATA));
  CALL(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
  CALL(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 3));
  VALUE(pread(fd, buffer, 5, 0));
  SAY("%d %d %d", buffer[0], buffer[2], buffer[3]);
  CALL(fallocate(fd, 0x100, 0, 10));
  int reader = open("f", O_RDONLY);
  CALL(fallocate(reader, 0, 0, 10));
  int ends[2];
  pipe(ends);
  CALL(fallocate(ends[1], 0, 0, 10));

  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGXFSZ, &action, NULL);
  struct rlimit limit = {200000, RLIM_INFINITY};
  setrlimit(RLIMIT_FSIZE, &limit);
  VALUE(pwrite(fd, buffer, 10, 199995));
  SAY("signal %d", exceeded);
  VALUE(pwrite(fd, buffer, 10, 200000));
  SAY("signal %d", exceeded == SIGXFSZ);
  exceeded = 0;
  CALL(ftruncate(fd, 200001));
  SAY("signal %d", exceeded == SIGXFSZ);
  CALL(fallocate(fd, 0, 0, 300000));
  size_of(fd);
  return 0;
}
