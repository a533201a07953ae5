/* guest: reference=native */
/* RLIMIT_DATA and RLIMIT_AS: what counts for each, and that what is given back may be had again. */
#include "guest.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define MIB (1024 * 1024L)

static void *map(long bytes, int protection, int flags) {
  return mmap(NULL, bytes, protection, flags | MAP_ANONYMOUS, -1, 0);
}

static void limit(int resource, long bytes) {
  struct rlimit limits = {bytes, bytes};
  CALL(setrlimit(resource, &limits));
}

int main(void) {
  int status;
  if (fork() == 0) {
    limit(RLIMIT_DATA, 64 * MIB);
    CHECK(map(80 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
    CHECK(map(80 * MIB, PROT_READ, MAP_PRIVATE) != MAP_FAILED);
    CHECK(map(80 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED) != MAP_FAILED);
    char *some = map(40 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    CHECK(some != MAP_FAILED);
    CHECK(map(40 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE) == MAP_FAILED);
    CHECK(sbrk(40 * MIB) == (void *)-1 && errno == ENOMEM);
    CALL(munmap(some, 40 * MIB));
    CHECK(map(40 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);
    CHECK(malloc(100 * MIB) == NULL);
    _exit(0);
  }
  wait(&status);
  if (fork() == 0) {
    limit(RLIMIT_DATA, 64 * MIB);
    CHECK(sbrk(40 * MIB) != (void *)-1);
    CHECK(map(40 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE) == MAP_FAILED);
    CHECK(sbrk(-40 * MIB) != (void *)-1);
    CHECK(map(40 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);
    _exit(0);
  }
  wait(&status);
  if (fork() == 0) {
    limit(RLIMIT_AS, 200 * MIB);
    CHECK(map(250 * MIB, PROT_NONE, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
    char *some = map(100 * MIB, PROT_NONE, MAP_SHARED);
    CHECK(some != MAP_FAILED);
    CHECK(map(120 * MIB, PROT_READ, MAP_PRIVATE) == MAP_FAILED);
    CHECK(mremap(some, 100 * MIB, 300 * MIB, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
    CALL(munmap(some, 100 * MIB));
    CHECK(map(120 * MIB, PROT_READ, MAP_PRIVATE) != MAP_FAILED);
    _exit(0);
  }
  wait(&status);
  return 0;
}
