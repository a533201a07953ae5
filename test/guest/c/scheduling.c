/* guest: reference=file */
/* Real-time policies: who runs first, who is woken first, what is inherited and what is refused. Recorded natively as root. */
#include "guest.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

struct attr {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

static char order[64];
static void note(char c) { order[strlen(order)] = c; }
static void say_order(const char *what) {
  SAY("%s: %s", what, order);
  memset(order, 0, sizeof order);
}
static int set(pid_t tid, int policy, int priority) {
  struct sched_param param = {.sched_priority = priority};
  return sched_setscheduler(tid, policy, &param);
}
static int priority_of(pid_t tid) {
  struct sched_param param = {-1};
  sched_getparam(tid, &param);
  return param.sched_priority;
}
static pthread_t start(void *(*body)(void *), void *argument, int policy, int priority) {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attr, policy);
  pthread_attr_setschedparam(&attr, &(struct sched_param){.sched_priority = priority});
  pthread_t thread;
  int error = pthread_create(&thread, &attr, body, argument);
  if (error) SAY("pthread_create: %s", ERROR_NAME(error));
  return thread;
}

/* --- who runs */

static void *three_notes(void *name) {
  for (int i = 0; i < 3; i++) note(*(char *)name), sched_yield();
  return NULL;
}
static void *three_rounds(void *name) {
  for (int i = 0; i < 3; i++) {
    note(*(char *)name);
    for (volatile int n = 0; n < 3000000; n++) ;
  }
  return NULL;
}
static void run_all(void *(*body)(void *), int policy, const int *priorities, const char *what) {
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) threads[i] = start(body, &"abc"[i], policy, priorities[i]);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  say_order(what);
}

/* --- who is woken */

static sem_t gate;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static void *pass_gate(void *name) {
  sem_wait(&gate);
  note(*(char *)name);
  return NULL;
}
static void *await_condition(void *name) {
  pthread_mutex_lock(&mutex);
  pthread_cond_wait(&condition, &mutex);
  note(*(char *)name);
  pthread_mutex_unlock(&mutex);
  return NULL;
}
static void wake_all(void *(*body)(void *), void (*wake)(void), const char *what) {
  static const int priorities[] = {10, 30, 20, 30};
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) threads[i] = start(body, &"abcd"[i], SCHED_FIFO, priorities[i]);
  nanosleep(&(struct timespec){0, 20000000}, NULL);
  for (int i = 0; i < 4; i++) wake();
  say_order("before the waker waits");
  nanosleep(&(struct timespec){0, 20000000}, NULL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  say_order(what);
}
static void post(void) { sem_post(&gate); }
static void signal_one(void) { pthread_cond_signal(&condition); }

/* A thread of higher priority runs as soon as it can; one of the same or lower priority does not. */
static void *note_once(void *name) {
  note(*(char *)name);
  return NULL;
}
static void preemption(void) {
  sem_init(&gate, 0, 0);
  pthread_t high = start(pass_gate, "h", SCHED_FIFO, 60), low = start(note_once, "l", SCHED_FIFO, 5);
  nanosleep(&(struct timespec){0, 20000000}, NULL);
  note('1'), sem_post(&gate), note('2');
  set(0, SCHED_FIFO, 4), note('3');
  set(0, SCHED_FIFO, 50);
  pthread_join(high, NULL), pthread_join(low, NULL);
  say_order("preemption");
}

/* Time-sharing threads are not starved for ever. */
static volatile int stop;
static void *stop_it(void *unused) {
  (void)unused;
  nanosleep(&(struct timespec){0, 1000000}, NULL);
  stop = 1;
  return NULL;
}
static void throttling(void) {
  pthread_t other = start(stop_it, NULL, SCHED_OTHER, 0);
  while (!stop) ;
  pthread_join(other, NULL);
  SAY("the other ran");
}

static void inheritance(void) {
  if (fork() == 0) {
    SAY("child: %d %d", sched_getscheduler(0), priority_of(0));
    SAY("exec: run");
    execl("/proc/self/exe", "scheduling", "again", NULL);
  }
  wait(NULL);
  CALL(set(0, SCHED_RR | SCHED_RESET_ON_FORK, 7));
  SAY("%#x %d", (unsigned)sched_getscheduler(0), priority_of(0));
  if (fork() == 0) {
    SAY("reset child: %d %d", sched_getscheduler(0), priority_of(0));
    _exit(0);
  }
  wait(NULL);
  struct attr attr = {0};
  CALL(syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0));
  SAY("policy %u flags %lu priority %u nice %d", attr.policy, (unsigned long)attr.flags, attr.priority, attr.nice);
  attr.priority = 9, attr.flags = 0, attr.policy = SCHED_FIFO;
  CALL(syscall(SYS_sched_setattr, 0, &attr, 0));
  SAY("%d %d", sched_getscheduler(0), priority_of(0));
}

static void refusals(void) {
  CALL(set(0, SCHED_FIFO, 0));
  CALL(set(0, SCHED_FIFO, 100));
  CALL(set(0, SCHED_OTHER, 1));
  CALL(set(0, 77, 1));
  CALL(set(999999, SCHED_FIFO, 1));
  CALL(sched_setparam(0, &(struct sched_param){100}));
  struct timespec slice;
  CALL(set(0, SCHED_FIFO, 5));
  CALL(sched_rr_get_interval(0, &slice));
  SAY("%ld %ld", (long)slice.tv_sec, slice.tv_nsec);
  CALL(sched_setparam(0, &(struct sched_param){6}));
  SAY("%d %d", sched_getscheduler(0), priority_of(0));
  CALL(seteuid(1));
  CALL(sched_setparam(0, &(struct sched_param){7}));
  CALL(sched_setparam(0, &(struct sched_param){5}));
  CALL(set(1, SCHED_OTHER, 0));
  CALL(set(0, SCHED_RR, 1));
  CALL(set(0, SCHED_BATCH, 0));
  CALL(set(0, SCHED_FIFO, 1));
  CALL(seteuid(0));
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) {
    SAY("after exec: %d %d", sched_getscheduler(0), priority_of(0));
    return 0;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  CALL(sched_setaffinity(0, sizeof one, &one));
  CALL(set(0, SCHED_FIFO, 50));
  run_all(three_notes, SCHED_FIFO, (int[]){10, 20, 30}, "priorities");
  run_all(three_notes, SCHED_FIFO, (int[]){20, 20, 20}, "giving way");
  run_all(three_rounds, SCHED_FIFO, (int[]){20, 20, 20}, "first in, first out");
  sem_init(&gate, 0, 0);
  wake_all(pass_gate, post, "semaphore");
  wake_all(await_condition, signal_one, "condition");
  preemption();
  inheritance();
  CALL(set(0, SCHED_FIFO, 50));
  throttling();
  refusals();
  return 0;
}
