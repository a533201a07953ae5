/* guest: reference=native flags=-lm */
/* Everything in <pthread.h> and <semaphore.h> that blocks: mutex kinds, condition variables, barriers, rwlocks, cancellation. */
#include "guest.h"
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define THREADS 8
#define ROUNDS 2000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static sem_t sem;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int counter, turn, destroyed, initialized;

static void *count(void *arg) {
  (void)arg;
  for (int i = 0; i < ROUNDS; i++) {
    pthread_mutex_lock(&lock);
    counter++;
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

static void *take_turns(void *arg) {
  int me = (int)(long)arg;
  for (int i = 0; i < 100; i++) {
    pthread_mutex_lock(&lock);
    while (turn % THREADS != me) pthread_cond_wait(&cond, &lock);
    turn++;
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

static void *meet(void *arg) {
  long serial = 0;
  (void)arg;
  for (int i = 0; i < 50; i++) serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
  return (void *)serial;
}

static void *read_or_write(void *arg) {
  for (int i = 0; i < 500; i++) {
    if ((long)arg % 4 == 0) pthread_rwlock_wrlock(&rw), counter++, pthread_rwlock_unlock(&rw);
    else pthread_rwlock_rdlock(&rw), (void)counter, pthread_rwlock_unlock(&rw);
  }
  return NULL;
}

static void *post(void *arg) {
  (void)arg;
  for (int i = 0; i < 200; i++) sem_post(&sem);
  return NULL;
}

static void destroy(void *value) { destroyed += (int)(long)value; }
static void initialize(void) { initialized++; }

static void *specific(void *arg) {
  pthread_once(&once, initialize);
  pthread_setspecific(key, arg);
  return pthread_getspecific(key) == arg ? arg : NULL;
}

static void cleanup(void *arg) { *(int *)arg = 1; }

static void *cancelled(void *arg) {
  pthread_cleanup_push(cleanup, arg);
  for (;;) sleep(100);
  pthread_cleanup_pop(0);
  return NULL;
}

static long run(void *(*body)(void *), int with) {
  pthread_t threads[THREADS];
  long sum = 0;
  void *result;
  for (long i = 0; i < THREADS; i++) {
    if (pthread_create(&threads[i], NULL, body, (void *)(i + with)) != 0) SAY("create failed");
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  return sum;
}

static void mutex_kinds(void) {
  pthread_mutexattr_t attr;
  pthread_mutex_t m;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&m, &attr);
  VALUE(pthread_mutex_lock(&m));
  VALUE(pthread_mutex_lock(&m));
  VALUE(pthread_mutex_trylock(&m));
  pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&m, &attr);
  VALUE(pthread_mutex_lock(&m));
  VALUE(pthread_mutex_lock(&m));
  VALUE(pthread_mutex_unlock(&m));
  VALUE(pthread_mutex_unlock(&m));
  pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
  pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_NORMAL);
  pthread_mutex_init(&m, &attr);
  VALUE(pthread_mutex_lock(&m));
  VALUE(pthread_mutex_unlock(&m));
  pthread_mutex_lock(&lock);
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 5000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  SAY("timed lock %d", pthread_mutex_timedlock(&lock, &soon));
  SAY("timed wait %d", pthread_cond_timedwait(&cond, &lock, &soon));
  pthread_mutex_unlock(&lock);
}

/* Robust, shared between processes: the lock of a process that died is handed on. */
static void robust(void) {
  pthread_mutex_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(m, &attr);
  pid_t child = fork();
  if (child == 0) {
    pthread_mutex_lock(m);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  CHECK(pthread_mutex_lock(m) == EOWNERDEAD);
  VALUE(pthread_mutex_consistent(m));
  VALUE(pthread_mutex_unlock(m));
  VALUE(pthread_mutex_lock(m));
  VALUE(pthread_mutex_unlock(m));
}

static void shared_semaphore(void) {
  sem_t *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  sem_init(s, 1, 0);
  sem_init(s + 1, 1, 0);
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 100; i++) sem_wait(s), sem_post(s + 1);
    _exit(0);
  }
  for (int i = 0; i < 100; i++) sem_post(s), sem_wait(s + 1);
  int status;
  waitpid(child, &status, 0);
  SAY("ping-pong %d", status);
}

int main(void) {
  run(count, 0);
  SAY("counted %d", counter);
  run(take_turns, 0);
  SAY("turns %d", turn);
  pthread_barrier_init(&barrier, NULL, THREADS);
  VALUE(run(meet, 0));
  counter = 0;
  run(read_or_write, 0);
  SAY("written %d", counter);
  sem_init(&sem, 0, 0);
  run(post, 0);
  int got = 0;
  while (sem_trywait(&sem) == 0) got++;
  SAY("semaphore %d", got);
  pthread_key_create(&key, destroy);
  VALUE(run(specific, 1));
  SAY("destroyed %d initialized %d", destroyed, initialized);
  pthread_t thread;
  int cleaned = 0;
  void *result;
  pthread_create(&thread, NULL, cancelled, &cleaned);
  usleep(10000);
  SAY("cancel %d", pthread_cancel(thread));
  pthread_join(thread, &result);
  SAY("cleaned %d cancelled %d", cleaned, result == PTHREAD_CANCELED);
  mutex_kinds();
  robust();
  shared_semaphore();
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN + 65536);
  for (int i = 0; i < 50; i++) pthread_create(&thread, &attr, specific, (void *)1);
  while (__atomic_load_n(&destroyed, __ATOMIC_SEQ_CST) < 36 + 50) usleep(1000);
  SAY("detached done");
  return 0;
}
