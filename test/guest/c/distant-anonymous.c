/* guest: sites=2 */
/* Memory shared without a file: of a parent, its child on another site, and a grandchild on the first one again. */
#include "guest.h"
#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define SYS_csite 1000
#define PAGES 64

struct shared {
  sem_t ping, pong;
  int turns;
  int numbers[PAGES * 1024 - 64];
};

static long sum(const struct shared *s) {
  long total = 0;
  for (int page = 1; page < PAGES; page++) total += s->numbers[page * 1000];
  return total;
}

int main(void) {
  struct utsname home, away;
  int status, fd = open("/dev/zero", O_RDWR);
  long here = syscall(SYS_csite, 0);
  struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *zero = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(s != MAP_FAILED && zero != MAP_FAILED);
  CHECK(sum(s) == 0 && zero[9] == 0);
  sem_init(&s->ping, 1, 0);
  sem_init(&s->pong, 1, 0);
  for (int page = 1; page < PAGES; page++) s->numbers[page * 1000] = page;
  uname(&home);
  if (here > 0 && syscall(SYS_csite, 3 - here) < 0) return 1;
  pid_t child = fork();
  if (child == 0) {
    uname(&away);
    if (here > 0 && strcmp(home.nodename, away.nodename) == 0) _exit(2);
    for (int i = 0; i < 20; i++) {
      sem_wait(&s->ping);
      s->turns++;
      sem_post(&s->pong);
    }
    long seen = sum(s);
    for (int page = 1; page < PAGES; page++) s->numbers[page * 1000] *= 2;
    syscall(SYS_csite, here);
    if (fork() == 0) {
      zero[9] = s->turns + 1;
      _exit(0);
    }
    wait(NULL);
    munmap(s, sizeof *s);
    _exit(seen == 2016 ? 42 : 1);
  }
  for (int i = 0; i < 20; i++) {
    sem_post(&s->ping);
    sem_wait(&s->pong);
  }
  waitpid(child, &status, 0);
  SAY("child %d turns %d sum %ld grandchild %d", WEXITSTATUS(status), s->turns, sum(s), zero[9]);
  /* The end of the memory, and what is beyond it. */
  ((char *)s)[sizeof *s - 1] = 'e';
  CALL(madvise(s, sizeof *s, MADV_DONTNEED));
  SAY("last %c, turns %d", ((char *)s)[sizeof *s - 1], s->turns);
  struct shared *more = mremap(s, sizeof *s, 2 * sizeof *s, MREMAP_MAYMOVE);
  CHECK(more != MAP_FAILED && more->turns == 20);
  CALL(munmap(more, 2 * sizeof *s));
  return 0;
}
