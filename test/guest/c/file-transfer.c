/* guest: reference=native */
/* read, write and their vectors, offsets, holes, truncation, bad buffers. */
#include "guest.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* An address that is never mapped, which the compiler does not see through. */
static void *volatile bad = (void *)8;
static volatile int too_few = -1, too_many = IOV_MAX + 1;

int main(void) {
  char buffer[256] = {0};
  struct stat st;
  int fd = (int)CALL(open("f", O_RDWR | O_CREAT, 0600));
  VALUE(write(fd, "0123456789", 10));
  VALUE(pwrite(fd, "AB", 2, 3));
  VALUE(pread(fd, buffer, 100, 2));
  SAY("%.8s", buffer);
  VALUE(lseek(fd, 0, SEEK_CUR));
  VALUE(pwrite(fd, "end", 3, 100000));
  CHECK(fstat(fd, &st) == 0 && st.st_size == 100003 && st.st_blocks < 100);
  VALUE(pread(fd, buffer, 5, 50000));
  CHECK(buffer[0] == 0 && buffer[4] == 0);
  VALUE(lseek(fd, -3, SEEK_END));
  VALUE(read(fd, buffer, 100));
  VALUE(lseek(fd, -1, SEEK_SET));
  VALUE(lseek(fd, 5, 99));
  VALUE(lseek(fd, 200000, SEEK_SET));
  VALUE(read(fd, buffer, 1));
  VALUE(pread(fd, buffer, 1, -1));
  VALUE(pwrite(fd, buffer, 1, -1));

  struct iovec vector[3] = {{"one", 3}, {NULL, 0}, {"three", 5}};
  lseek(fd, 0, SEEK_SET);
  VALUE(writev(fd, vector, 3));
  char a[2], b[100];
  struct iovec into[2] = {{a, 2}, {b, 100}};
  VALUE(preadv(fd, into, 2, 0));
  SAY("%.2s %.6s", a, b);
  VALUE(pwritev(fd, vector, 3, 4));
  VALUE(pread(fd, buffer, 12, 0));
  SAY("%.12s", buffer);
  VALUE(writev(fd, vector, 0));
  VALUE(writev(fd, vector, too_few));
  VALUE(writev(fd, vector, too_many));
  struct iovec negative = {buffer, (size_t)-1};
  VALUE(readv(fd, &negative, 1));
  VALUE(preadv2(fd, into, 1, -1, 0));
  VALUE(pwritev2(fd, vector, 1, 0, RWF_SYNC));

  VALUE(read(99, buffer, 1));
  VALUE(read(fd, bad, 10));
  VALUE(write(fd, bad, 10));
  VALUE(write(fd, NULL, 0));
  VALUE(read(fd, NULL, 0));
  VALUE(write(99, bad, 10));

  /* A buffer that ends at a hole: what is before it counts. */
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages + 4096, 4096);
  memset(pages, 'p', 4096);
  struct iovec broken[2] = {{pages + 4090, 6}, {pages + 4096, 10}};
  lseek(fd, 0, SEEK_SET);
  VALUE(writev(fd, broken, 2));
  VALUE(pread(fd, buffer, 3, 0));
  VALUE(pread(fd, pages + 4000, 96, 0));
  VALUE(pread(fd, pages + 4096, 96, 0));

  CALL(ftruncate(fd, 4));
  VALUE(pread(fd, buffer, 100, 0));
  CALL(ftruncate(fd, 10));
  VALUE(pread(fd, buffer, 100, 0));
  CHECK(buffer[5] == 0 && buffer[9] == 0);
  CALL(ftruncate(fd, -1));
  CALL(truncate("f", 7));
  CALL(truncate("none", 7));
  CALL(truncate(".", 7));
  CHECK(stat("f", &st) == 0 && st.st_size == 7);
  CALL(ftruncate(open("f", O_RDONLY), 3));
  CALL(posix_fallocate(fd, 0, 1000));
  CHECK(stat("f", &st) == 0 && st.st_size == 1000);
  CALL(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 5000));
  CHECK(stat("f", &st) == 0 && st.st_size == 1000);
  VALUE(fallocate(fd, 0, 0, 0));
  VALUE(fallocate(fd, 0, -1, 5));
  CALL(fsync(fd));
  CALL(fdatasync(fd));
  CALL(fsync(99));
  VALUE(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM));
  VALUE(posix_fadvise(fd, 0, 0, 77));
  int both[2];
  CALL(pipe(both));
  VALUE(posix_fadvise(both[0], 0, 0, POSIX_FADV_NORMAL));
  VALUE(lseek(both[0], 0, SEEK_CUR));
  VALUE(pread(both[0], buffer, 1, 0));
  CALL(fsync(both[0]));
  CALL(ftruncate(both[1], 0));
  VALUE(read(both[1], buffer, 1));
  VALUE(write(both[0], buffer, 1));
  /* A large write arrives whole. */
  size_t large = 3 * 1024 * 1024 + 17;
  char *much = malloc(large);
  for (size_t i = 0; i < large; i++) much[i] = (char)(i * 7 + i / 4096);
  int big = (int)CALL(open("big", O_RDWR | O_CREAT, 0600));
  VALUE(write(big, much, large));
  lseek(big, 0, SEEK_SET);
  size_t seen = 0, wrong = 0;
  static char piece[65536];
  for (ssize_t n; (n = read(big, piece, sizeof piece)) > 0;)
    for (ssize_t i = 0; i < n; i++, seen++) wrong += piece[i] != much[seen];
  SAY("seen %zu wrong %zu", seen, wrong);
  /* And a very large one, as it is read. */
  size_t huge = 66 * 1024 * 1024 + 5;
  char *all = malloc(huge);
  memset(all, 'x', huge);
  VALUE(pwrite(big, all, huge, 0));
  VALUE(pread(big, all, huge, 0));
  VALUE(readv(big, (struct iovec[]){{all, huge}, {piece, 3}}, 2));
  volatile size_t wild = 0x7fffffff;
  VALUE(write(big, bad, wild));
  return 0;
}
