/* Clocks, sleeps, timers: order and bounds, not values. */
#include "guest.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
static volatile sig_atomic_t rings;
static void ring(int sig) { (void)sig, rings++; }

int main(void) {
  double start = now(CLOCK_MONOTONIC);
  struct timespec t = {0, 30000000}, left = {9, 9};
  CALL(nanosleep(&t, &left));
  double slept = now(CLOCK_MONOTONIC) - start;
  CHECK(slept >= 0.03 && slept < 5);
  CHECK(now(CLOCK_REALTIME) > 1.6e9);
  CHECK(now(CLOCK_BOOTTIME) > 0);
  struct timeval tv;
  CALL(gettimeofday(&tv, NULL));
  CHECK(tv.tv_usec < 1000000);
  CHECK(time(NULL) >= tv.tv_sec);
  t.tv_nsec = 1000000000;
  CALL(nanosleep(&t, NULL));
  CALL(clock_gettime(999, &t));
  CALL(clock_getres(CLOCK_MONOTONIC, &t));
  CHECK(t.tv_sec == 0 && t.tv_nsec > 0);
  clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_nsec += 20000000;
  if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
  VALUE(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
  VALUE(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){1, 0}, NULL));

  signal(SIGALRM, ring);
  struct itimerval every = {{0, 10000}, {0, 10000}}, old;
  CALL(setitimer(ITIMER_REAL, &every, NULL));
  while (rings < 3) pause();
  CALL(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, &old));
  CHECK(old.it_interval.tv_usec == 10000);
  VALUE(alarm(100));
  CHECK(alarm(0) >= 99);

  timer_t timer;
  signal(SIGUSR1, ring);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  CALL(timer_create(CLOCK_MONOTONIC, &event, &timer));
  rings = 0;
  CALL(timer_settime(timer, 0, &(struct itimerspec){{0, 0}, {0, 10000000}}, NULL));
  while (rings < 1) pause();
  struct itimerspec rest;
  CALL(timer_gettime(timer, &rest));
  SAY("%ld %ld", (long)rest.it_value.tv_sec, rest.it_value.tv_nsec);
  CALL(timer_delete(timer));
  CALL(timer_delete(timer));

  volatile unsigned long x = 0;
  for (int i = 0; i < 3000000; i++) x += (unsigned long)i;
  CHECK(now(CLOCK_PROCESS_CPUTIME_ID) > 0);
  CHECK(now(CLOCK_THREAD_CPUTIME_ID) > 0);
  struct rusage usage;
  CALL(getrusage(RUSAGE_SELF, &usage));
  CHECK(usage.ru_utime.tv_sec + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec >= 0);
  struct tms tms;
  CHECK(times(&tms) != (clock_t)-1);
  CHECK(clock() > 0);
  return 0;
}
