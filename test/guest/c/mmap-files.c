/* Mapped files: shared and private mappings against read, write, truncate, msync; signals beyond the end. */
/* guest: sites=2 */
#include "guest.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static sigjmp_buf back;

static void caught(int sig) { siglongjmp(back, sig); }

/* The byte at p, or the signal that looking at it raises. */
static void look(const char *what, volatile char *p) {
  int sig = sigsetjmp(back, 1);
  if (sig == 0) SAY("%s: %d", what, *p);
  else SAY("%s: %s", what, sig == SIGBUS ? "SIGBUS" : sig == SIGSEGV ? "SIGSEGV" : "?");
}

static void touch(const char *what, volatile char *p) {
  int sig = sigsetjmp(back, 1);
  if (sig == 0) {
    *p = 1;
    SAY("%s: written", what);
  } else SAY("%s: %s", what, sig == SIGBUS ? "SIGBUS" : sig == SIGSEGV ? "SIGSEGV" : "?");
}

int main(void) {
  char text[64];
  signal(SIGBUS, caught);
  signal(SIGSEGV, caught);
  int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);
  CHECK(write(fd, "hello world", 11) == 11);
  char *shared = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(shared != MAP_FAILED && private != MAP_FAILED);
  SAY("%.11s %.11s", shared, private);
  memcpy(shared, "HELLO", 5);
  memset(text, 0, sizeof text);
  CHECK(pread(fd, text, 20, 0) == 11);
  SAY("%s", text);
  CHECK(pwrite(fd, "W", 1, 6) == 1);
  SAY("%.11s %.11s", shared, private);
  memcpy(private, "mine!", 5);
  CHECK(pwrite(fd, "12345", 5, 0) == 5);
  SAY("%.11s %.11s", shared, private);
  SAY("tail %d", shared[11]);
  shared[20] = 'x';
  look("beyond", shared + 4096);
  CALL(ftruncate(fd, 4096 + 10));
  look("tail after growth", shared + 20);
  touch("second page", shared + 4096 + 5);
  look("third page", shared + 8192);
  CALL(ftruncate(fd, 4096 + 3));
  look("cut tail", shared + 4096 + 5);
  CALL(ftruncate(fd, 2));
  look("cut page", shared + 4096);
  SAY("%d %d", shared[1], shared[2]);
  CALL(ftruncate(fd, 100));
  CALL(msync(shared, 4096, MS_SYNC));
  pid_t child = fork();
  if (child == 0) {
    shared[50] = 42;
    private[50] = 43;
    _exit(0);
  }
  waitpid(child, NULL, 0);
  SAY("%d %d", shared[50], private[50]);
  CHECK(pread(fd, text, 1, 50) == 1 && text[0] == 42);
  CALL(munmap(shared, 3 * 4096));
  int reader = open("f", O_RDONLY);
  CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED);
  SAY("%s", ERROR_NAME(errno));
  shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED, reader, 0);
  CALL(mprotect(shared, 4096, PROT_READ | PROT_WRITE));
  touch("read-only mapping", shared);
  close(reader);
  close(fd);
  fd = open("g", O_RDWR | O_CREAT | O_TRUNC, 0644);
  ftruncate(fd, 8192);
  shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  CALL(unlink("g"));
  shared[5000] = 9;
  SAY("unlinked %d %d", shared[0], shared[5000]);
  child = fork();
  if (child == 0) {
    shared[1] = shared[5000] + 1;
    _exit(0);
  }
  waitpid(child, NULL, 0);
  SAY("from child %d", shared[1]);
  fd = memfd_create("seal", MFD_ALLOW_SEALING);
  ftruncate(fd, 4096);
  shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  shared[0] = 5;
  CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  CALL(munmap(shared, 4096));
  CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  SAY("%s", ERROR_NAME(errno));
  private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  SAY("sealed %d", private[0]);
  int zero = open("/dev/zero", O_RDWR);
  private = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
  private[1] = 3;
  SAY("zero %d %d", private[0], private[1]);
  shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0);
  child = fork();
  if (child == 0) {
    shared[0] = 8;
    _exit(0);
  }
  waitpid(child, NULL, 0);
  SAY("shared zero %d", shared[0]);
  int directory = open(".", O_RDONLY);
  CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, directory, 0) == MAP_FAILED);
  SAY("%s", ERROR_NAME(errno));
  return 0;
}
