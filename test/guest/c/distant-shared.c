/* guest: reference=file sites=2 timeout=60 */
/* Two processes on two sites: fork onto the other one, memory of a file shared between them, semaphores and robust locks in it, pipes and signals. */
#include "guest.h"
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define SYS_csite 1000

struct shared {
  sem_t ping, pong;
  pthread_mutex_t lock;
  int turns, sites[2];
  char text[64];
};

static volatile sig_atomic_t seen;
static void note(int sig) { seen = sig; }

int main(void) {
  struct utsname name;
  char byte;
  int status, to_child[2];
  int here = (int)syscall(SYS_csite, 0);
  CHECK(here == 1 || here == 2);
  VALUE(syscall(SYS_csite, 3 - here) == here);
  VALUE(syscall(SYS_csite, 77));

  int fd = shm_open("/distant", O_RDWR | O_CREAT | O_TRUNC, 0600);
  CALL(ftruncate(fd, sizeof(struct shared)));
  struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(s != MAP_FAILED);
  sem_init(&s->ping, 1, 0);
  sem_init(&s->pong, 1, 0);
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(&s->lock, &attr);
  char *private = malloc(300000);
  memset(private, 'p', 300000);
  CALL(pipe(to_child));
  signal(SIGUSR1, note);

  pid_t child = fork();
  if (child == 0) {
    uname(&name);
    strcpy(s->text, name.nodename);
    for (int i = 0; i < 20; i++) {
      sem_wait(&s->ping);
      s->turns++;
      sem_post(&s->pong);
    }
    for (int i = 0; i < 200; i++) {
      pthread_mutex_lock(&s->lock);
      s->sites[1]++;
      pthread_mutex_unlock(&s->lock);
    }
    int sum = 0;
    for (int i = 0; i < 300000; i++) sum += private[i] == 'p';
    private[0] = 'c';
    kill(getppid(), SIGUSR1);
    _exit(sum == 300000 && read(to_child[0], &byte, 1) == 1 && byte == 'x' ? 42 : 1);
  }
  for (int i = 0; i < 20; i++) {
    sem_post(&s->ping);
    sem_wait(&s->pong);
  }
  for (int i = 0; i < 200; i++) {
    pthread_mutex_lock(&s->lock);
    s->sites[0]++;
    pthread_mutex_unlock(&s->lock);
  }
  VALUE(write(to_child[1], "x", 1));
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  SAY("child %d", WEXITSTATUS(status));
  SAY("turns %d locked %d %d", s->turns, s->sites[0], s->sites[1]);
  uname(&name);
  CHECK(strcmp(name.nodename, s->text) != 0);
  CHECK(private[0] == 'p');
  SAY("signal %d", (int)seen);
  shm_unlink("/distant");
  return 0;
}
