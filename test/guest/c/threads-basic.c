/* POSIX threads: mutexes, conditions, barriers, keys, TLS, once, cancellation, detached threads, rwlocks. */
#include "guest.h"
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

enum { THREADS = 8, ROUNDS = 1000 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_key_t key;
static sem_t semaphore;
static __thread int mine = 5;
static long total, turn, destroyed, initialized;

static void initialize(void) { initialized++; }
static void destroy(void *value) { __atomic_add_fetch(&destroyed, (long)value, __ATOMIC_SEQ_CST); }

static void *worker(void *argument) {
  long which = (long)argument;
  pthread_once(&once, initialize);
  pthread_setspecific(key, (void *)which);
  for (int i = 0; i < ROUNDS; i++) {
    pthread_mutex_lock(&mutex);
    total++;
    pthread_mutex_unlock(&mutex);
    mine++;
  }
  pthread_barrier_wait(&barrier);
  pthread_mutex_lock(&mutex);
  while (turn != which) pthread_cond_wait(&condition, &mutex);
  SAY("thread %ld: tls %d", which, mine);
  turn++;
  pthread_cond_broadcast(&condition);
  pthread_mutex_unlock(&mutex);
  pthread_rwlock_rdlock(&rwlock);
  pthread_rwlock_unlock(&rwlock);
  return (void *)(which * which);
}

static void cleanup(void *argument) { SAY("cleaned up %s", (char *)argument); }
static void *sleeper(void *argument) {
  pthread_cleanup_push(cleanup, argument);
  sem_post(&semaphore);
  for (;;) pause();
  pthread_cleanup_pop(0);
  return NULL;
}
static void *detached(void *argument) {
  sem_post(argument);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  pthread_barrier_init(&barrier, NULL, THREADS);
  pthread_key_create(&key, destroy);
  sem_init(&semaphore, 0, 0);
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, worker, (void *)i);
  long sum = 0;
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  SAY("total %ld sum %ld initialized %ld destroyed %ld main's tls %d", total, sum, initialized, destroyed, mine);

  pthread_create(&threads[0], NULL, sleeper, "the sleeper");
  sem_wait(&semaphore);
  pthread_cancel(threads[0]);
  void *result;
  pthread_join(threads[0], &result);
  SAY("canceled: %d", result == PTHREAD_CANCELED);

  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 65536);
  for (int i = 0; i < 50; i++) {
    pthread_create(&threads[0], &attributes, detached, &semaphore);
    sem_wait(&semaphore);
  }

  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 10000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  pthread_mutex_lock(&mutex);
  SAY("timed wait: %s", ERROR_NAME(pthread_cond_timedwait(&condition, &mutex, &soon)));
  SAY("busy: %s", ERROR_NAME(pthread_mutex_trylock(&mutex)));
  pthread_mutex_unlock(&mutex);
  SAY("sem_trywait: %s", sem_trywait(&semaphore) < 0 ? ERROR_NAME(errno) : "ok");

  pthread_mutexattr_t kinds;
  pthread_mutexattr_init(&kinds);
  pthread_mutexattr_settype(&kinds, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_t checked;
  pthread_mutex_init(&checked, &kinds);
  pthread_mutex_lock(&checked);
  SAY("again: %s", ERROR_NAME(pthread_mutex_lock(&checked)));
  pthread_mutex_unlock(&checked);
  SAY("not mine: %s", ERROR_NAME(pthread_mutex_unlock(&checked)));
  return 0;
}
