/* guest: reference=native */
/* Robust mutexes, plain and with priority inheritance: whose owner ends, waited for or not, in threads and processes. */
#include "guest.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

static pthread_mutex_t *mutex;
static const char *kind;

static void make(int protocol) {
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setprotocol(&attr, protocol);
  pthread_mutex_init(mutex, &attr);
}
static void doze(void) { nanosleep(&(struct timespec){0, 50000000}, NULL); }
static void *lock(void *unused) {
  (void)unused;
  pthread_mutex_lock(mutex);
  return NULL;
}
static void *lock_for_a_while(void *unused) {
  lock(unused);
  doze();
  return NULL;
}
static void *lock_and_mend(void *name) {
  int error = pthread_mutex_lock(mutex);
  SAY("%s, %s: %s", kind, (char *)name, ERROR_NAME(error));
  if (error == EOWNERDEAD) pthread_mutex_consistent(mutex);
  pthread_mutex_unlock(mutex);
  return NULL;
}
static void try(const char *what) {
  int error = pthread_mutex_lock(mutex);
  SAY("%s, %s: %s", kind, what, ERROR_NAME(error));
}
static void by_process(void) {
  if (fork() == 0) {
    lock(NULL);
    doze();
    _exit(0);
  }
}

static void all(int protocol) {
  pthread_t owner, waiters[2];
  make(protocol);
  pthread_create(&owner, NULL, lock, NULL);
  pthread_join(owner, NULL);
  try("a dead thread's");
  SAY("%s", ERROR_NAME(pthread_mutex_unlock(mutex)));
  try("not mended");
  make(protocol);
  pthread_create(&owner, NULL, lock_for_a_while, NULL);
  nanosleep(&(struct timespec){0, 20000000}, NULL);
  try("waited for");
  pthread_mutex_consistent(mutex), pthread_mutex_unlock(mutex);
  try("mended");
  pthread_mutex_unlock(mutex);
  pthread_join(owner, NULL);
  by_process();
  nanosleep(&(struct timespec){0, 20000000}, NULL);
  pthread_create(&waiters[0], NULL, lock_and_mend, "first of a process");
  nanosleep(&(struct timespec){0, 10000000}, NULL);
  pthread_create(&waiters[1], NULL, lock_and_mend, "second of a process");
  pthread_join(waiters[0], NULL), pthread_join(waiters[1], NULL);
  wait(NULL);
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  by_process();
  nanosleep(&(struct timespec){0, 20000000}, NULL);
  SAY("%s", ERROR_NAME(pthread_mutex_trylock(mutex)));
  SAY("%s", ERROR_NAME(pthread_mutex_timedlock(mutex, &soon)));
  wait(NULL);
  SAY("%s", ERROR_NAME(pthread_mutex_trylock(mutex)));
}

int main(void) {
  mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  kind = "plain", all(PTHREAD_PRIO_NONE);
  kind = "inheriting", all(PTHREAD_PRIO_INHERIT);
  return 0;
}
