/* guest: reference=native */
/* mmap and its relatives. */
#include "guest.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { P = 4096 };

int main(void) {
  char *a = mmap(NULL, 8 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(a != MAP_FAILED);
  memset(a, 7, 8 * P);
  CALL(munmap(a + 2 * P, P));
  CHECK(mmap(a + 2 * P, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == a + 2 * P);
  CALL((long)mmap(a + 2 * P, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
  CALL((long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CALL((long)mmap(NULL, P, PROT_READ, 0, -1, 0));
  CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE, -1, 0));
  CALL((long)mmap((void *)1, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  CALL(mprotect(a, 3 * P, PROT_READ));
  CALL(mprotect(a + 1, P, PROT_READ));
  CALL(mprotect((void *)(1L << 37), P, PROT_READ));
  CALL(msync(a, P, MS_SYNC));
  CALL(msync(a, P, MS_SYNC | MS_ASYNC));
  unsigned char in[8];
  CALL(mincore(a, 8 * P, in));
  CALL(mincore(a + 1, P, in));
  CALL(madvise(a + 4 * P, P, MADV_DONTNEED));
  SAY("after DONTNEED %d beside %d", a[4 * P], a[5 * P]);
  CALL(madvise(a + 4 * P, P, 9999));
  CALL(mlock(a, P));
  CALL(munlock(a, P));

  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  CALL(ftruncate(fd, 3 * P + 100));
  CALL(pwrite(fd, "hello", 5, P));
  char *shared = mmap(NULL, 4 * P, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *private = mmap(NULL, 4 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  SAY("%.5s %.5s", shared + P, private + P);
  memcpy(shared + P, "HELLO", 5);
  SAY("private sees %.5s", private + P);
  private[P] = 'x';
  SAY("shared is %.5s private is %.5s", shared + P, private + P);
  char buffer[6] = "";
  pread(fd, buffer, 5, P);
  SAY("read %s", buffer);
  strcpy(shared + 3 * P + 98, "over");
  struct { char b[10]; } tail = {{0}};
  SAY("tail read %zd", pread(fd, tail.b, 10, 3 * P + 95));
  CALL(msync(shared, 4 * P, MS_SYNC));
  CALL(close(fd));
  int ro = open("file", O_RDONLY);
  CALL((long)mmap(NULL, P, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0));
  CHECK(mmap(NULL, P, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0) != MAP_FAILED);
  CALL((long)mmap(NULL, P, PROT_READ, MAP_SHARED, ro, 5));
  int wo = open("file", O_WRONLY);
  CALL((long)mmap(NULL, P, PROT_READ, MAP_SHARED, wo, 0));

  char *grown = mmap(NULL, 2 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  strcpy(grown, "kept");
  grown = mremap(grown, 2 * P, 100 * P, MREMAP_MAYMOVE);
  SAY("%s %d", grown, grown[99 * P]);
  CALL((long)mremap(grown, 100 * P, 0, 0));
  CHECK(mremap(grown, 100 * P, P, 0) == grown);

  void *end = sbrk(0);
  CHECK(sbrk(10 * P) == end);
  memset(end, 1, 10 * P);
  CHECK(sbrk(-10 * P) == (char *)end + 10 * P);

  char *big = mmap(NULL, 1L << 32, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(big != MAP_FAILED);
  big[0] = 1, big[(1L << 32) - 1] = 2, big[1L << 31] = 3;
  SAY("sparse %d %d %d", big[0], big[(1L << 32) - 1], big[1L << 31]);
  CALL(munmap(big, 1L << 32));

  int status;
  if (fork() == 0) {
    shared[0] = 'S', private[0] = 'P';
    _exit(0);
  }
  wait(&status);
  SAY("shared %c private %d", shared[0], private[0]);
  return 0;
}
