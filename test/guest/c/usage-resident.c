/* guest: reference=native */
/* ru_maxrss: the most memory that a process had at one time, and its largest child; it does not shrink. */
#include "guest.h"
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define MIB (1024L * 1024)

static long most(int who) {
  struct rusage usage;
  getrusage(who, &usage);
  return usage.ru_maxrss / 1024;
}
/* Memory in use for long enough to be seen. */
static void use(long mib) {
  char *memory = mmap(NULL, (size_t)(mib * MIB), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int round = 0; round < 5; round++) memset(memory, round, (size_t)(mib * MIB));
  munmap(memory, (size_t)(mib * MIB));
}
static long child(long mib) {
  pid_t pid = fork();
  if (pid == 0) {
    use(mib);
    _exit(0);
  }
  struct rusage usage;
  wait4(pid, NULL, 0, &usage);
  return usage.ru_maxrss / 1024;
}

/* Kernels count in batches: about so much, in MiB. */
#define ABOUT(a, b) ((a) - (b) <= 3 && (b) - (a) <= 3)

int main(void) {
  long before = most(RUSAGE_SELF);
  use(24);
  long after = most(RUSAGE_SELF);
  CHECK(after >= 21 && after < before + 40);
  CHECK(most(RUSAGE_CHILDREN) == 0);
  long large = child(40);
  CHECK(large >= 37);
  long small = child(8);
  CHECK(small > 0 && small < large);
  CHECK(ABOUT(most(RUSAGE_CHILDREN), large));
  CHECK(ABOUT(most(RUSAGE_SELF), after));
  /* Who is not waited for is not counted. */
  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) {
    use(64);
    _exit(0);
  }
  VALUE(wait(NULL));
  CHECK(ABOUT(most(RUSAGE_CHILDREN), large));
  return 0;
}
