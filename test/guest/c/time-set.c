/* guest: reference=file sites=2 */
/* The time of day is set by root, and heard of by who waits for one: timers, sleeps, timerfds. What is left does not change. */
#include "guest.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
static void doze(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&t, &t) < 0) ;
}
static int forward(long seconds) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_sec += seconds;
  return clock_settime(CLOCK_REALTIME, &t);
}
static volatile sig_atomic_t rings;
static void ring(int sig) { (void)sig, rings++; }

int main(void) {
  double real = now(CLOCK_REALTIME), mono = now(CLOCK_MONOTONIC);
  CALL(forward(3600));
  CHECK(now(CLOCK_REALTIME) - real >= 3600 && now(CLOCK_REALTIME) - real < 3610);
  CHECK(now(CLOCK_MONOTONIC) - mono < 10);
  struct stat st;
  FILE *file = fopen("made", "w");
  fstat(fileno(file), &st);
  CHECK((double)st.st_mtime >= real + 3599);

  /* Absolute timers: later than the new time, and passed by it; relative ones go on. */
  timer_t absolute, relative;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  signal(SIGUSR1, ring);
  CALL(timer_create(CLOCK_REALTIME, &event, &absolute));
  CALL(timer_create(CLOCK_REALTIME, &event, &relative));
  struct itimerspec at = {{0, 0}, {(time_t)now(CLOCK_REALTIME) + 1000, 0}}, in = {{0, 0}, {1000, 0}}, left;
  CALL(timer_settime(absolute, TIMER_ABSTIME, &at, NULL));
  CALL(timer_settime(relative, 0, &in, NULL));
  CALL(forward(500));
  timer_gettime(absolute, &left);
  CHECK(left.it_value.tv_sec > 490 && left.it_value.tv_sec <= 500);
  timer_gettime(relative, &left);
  CHECK(left.it_value.tv_sec >= 999 - 10);
  CALL(forward(600));
  doze(20);
  SAY("rings %d", (int)rings);
  CALL(timer_delete(relative));

  /* A sleep until a time of day. */
  int ready[2];
  CALL(pipe(ready));
  pid_t child = fork();
  if (child == 0) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += 1000;
    write(ready[1], "x", 1);
    int error = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
    SAY("woke: %s", ERROR_NAME(error));
    _exit(0);
  }
  char c;
  read(ready[0], &c, 1);
  doze(30);
  CALL(forward(1001));
  waitpid(child, NULL, 0);

  int fd = timerfd_create(CLOCK_REALTIME, 0);
  at.it_value.tv_sec = (time_t)now(CLOCK_REALTIME) + 1000;
  CALL(timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL));
  CALL(forward(1001));
  uint64_t count = 0;
  VALUE(read(fd, &count, 8));
  SAY("count %lu", (unsigned long)count);

  struct timespec bad[] = {{-1, 0}, {1, 1000000000}, {0, 0}};
  for (int i = 0; i < 3; i++) CALL(clock_settime(CLOCK_REALTIME, &bad[i]));
  struct timespec t = {(time_t)real, 0};
  CALL(clock_settime(CLOCK_MONOTONIC, &t));
  CALL(clock_settime(CLOCK_PROCESS_CPUTIME_ID, &t));
  CALL(clock_settime(77, &t));
  CALL(seteuid(1));
  CALL(clock_settime(CLOCK_REALTIME, &t));
  CALL(settimeofday(&(struct timeval){1, 0}, NULL));
  CALL(seteuid(0));
  t.tv_sec = (time_t)(real + now(CLOCK_MONOTONIC) - mono);
  CALL(settimeofday(&(struct timeval){t.tv_sec, 0}, NULL));
  CHECK(now(CLOCK_REALTIME) - real < 60);
  return 0;
}
