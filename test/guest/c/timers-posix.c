/* guest: reference=native flags=-lrt */
/* POSIX timers: one signal pending and overruns counted, what is left, CPU-time clocks of processes and threads. */
#include "guest.h"
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static struct itimerspec every(long value_ms, long interval_ms) {
  return (struct itimerspec){{interval_ms / 1000, interval_ms % 1000 * 1000000}, {value_ms / 1000, value_ms % 1000 * 1000000}};
}
static double now(clockid_t clock) {
  struct timespec t = {0, 0};
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
static void sleep_ms(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&t, &t) < 0) ;
}
static void spin(double seconds) {
  double end = now(CLOCK_THREAD_CPUTIME_ID) + seconds;
  while (now(CLOCK_THREAD_CPUTIME_ID) < end) ;
}
static int take(siginfo_t *info, int sig, long ms) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, sig);
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  return sigtimedwait(&set, info, &t);
}
static timer_t make(clockid_t clock, int sig, int value) {
  timer_t timer = 0;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig, .sigev_value.sival_int = value};
  if (timer_create(clock, &event, &timer) < 0) SAY("timer_create: %s", ERROR_NAME(errno));
  return timer;
}

static void overruns(int sig) {
  SAY("overruns of %s", sigabbrev_np(sig) ? sigabbrev_np(sig) : "a real-time signal");
  timer_t timer = make(CLOCK_MONOTONIC, sig, 7);
  struct itimerspec t = every(50, 50);
  CALL(timer_settime(timer, 0, &t, NULL));
  sleep_ms(325);
  VALUE(timer_getoverrun(timer));
  struct itimerspec left;
  timer_gettime(timer, &left);
  CHECK(left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 50000000);
  siginfo_t info;
  CHECK(take(&info, sig, 0) == sig);
  CHECK(info.si_code == SI_TIMER && info.si_value.sival_int == 7);
  CHECK(info.si_overrun >= 5 && info.si_overrun < 8);
  CHECK(timer_getoverrun(timer) == info.si_overrun);
  CHECK(take(&info, sig, 0) == -1);
  CHECK(take(&info, sig, 1000) == sig);
  CHECK(info.si_overrun <= 1);
  t = every(0, 0);
  CALL(timer_settime(timer, 0, &t, NULL));
  VALUE(timer_getoverrun(timer));
  CALL(timer_delete(timer));
  VALUE(timer_getoverrun(timer));
}

/* Beside a signal of the same number that somebody sent. */
static void beside(void) {
  timer_t timer = make(CLOCK_REALTIME, SIGUSR1, 3);
  raise(SIGUSR1);
  struct itimerspec t = every(20, 0);
  CALL(timer_settime(timer, 0, &t, NULL));
  sleep_ms(60);
  siginfo_t info;
  CHECK(take(&info, SIGUSR1, 0) == SIGUSR1);
  SAY("code %s", info.si_code == SI_TIMER ? "timer" : "other");
  CHECK(take(&info, SIGUSR1, 0) == SIGUSR1);
  SAY("code %s", info.si_code == SI_TIMER ? "timer" : "other");
  CHECK(take(&info, SIGUSR1, 0) == -1);
  timer_delete(timer);
}

/* Ignored signals do not stop a timer. */
static void ignored(void) {
  timer_t timer = make(CLOCK_MONOTONIC, SIGUSR2, 4);
  signal(SIGUSR2, SIG_IGN);
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  struct itimerspec t = every(10, 10);
  CALL(timer_settime(timer, 0, &t, NULL));
  sleep_ms(40);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGUSR2, SIG_DFL);
  siginfo_t info;
  CHECK(take(&info, SIGUSR2, 1000) == SIGUSR2);
  timer_delete(timer);
}

/* Timers of one time expire at one time: who is interrupted by the first finds both. */
static volatile sig_atomic_t first, second;
static void on_first(int sig) { (void)sig, first++; }
static void on_second(int sig) { (void)sig, second++; }
static void together(void) {
  struct timespec t;
  timer_t timers[] = {make(CLOCK_REALTIME, SIGALRM, 1), make(CLOCK_REALTIME, SIGUSR2, 2)};
  signal(SIGALRM, on_first), signal(SIGUSR2, on_second);
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGALRM), sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  clock_gettime(CLOCK_REALTIME, &t);
  struct itimerspec both = {{0, 0}, {t.tv_sec + 1, t.tv_nsec}};
  for (int i = 0; i < 2; i++) CALL(timer_settime(timers[i], TIMER_ABSTIME, &both, NULL));
  CHECK(sleep(5) >= 3);
  SAY("%d %d", first, second);
  sigprocmask(SIG_BLOCK, &set, NULL);
  timer_delete(timers[0]), timer_delete(timers[1]);
}

static void *spinner(void *clock) {
  CHECK(now(CLOCK_THREAD_CPUTIME_ID) < 0.1);
  pthread_getcpuclockid(pthread_self(), clock);
  spin(0.4);
  return NULL;
}

static void cpu_clocks(void) {
  spin(0.15);
  clockid_t clock;
  CALL(clock_getcpuclockid(0, &clock));
  CHECK(now(clock) >= 0.15 && now(clock) - now(CLOCK_PROCESS_CPUTIME_ID) < 0.1);
  pthread_t thread;
  double before = now(CLOCK_PROCESS_CPUTIME_ID), own = now(CLOCK_THREAD_CPUTIME_ID);
  pthread_create(&thread, NULL, spinner, &clock);
  pthread_join(thread, NULL);
  CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - before >= 0.4);
  CHECK(now(CLOCK_THREAD_CPUTIME_ID) - own < 0.3);
  struct timespec t;
  CALL(clock_gettime(clock, &t));
  VALUE(clock_getcpuclockid(999999, &clock));
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  VALUE(clock_getcpuclockid(child, &clock));
  CHECK(now(clock) < 0.1);
  CALL(clock_getres(clock, &t));
  kill(child, SIGKILL), wait(NULL);
  CALL(clock_gettime(clock, &t));
}

static void cpu_timers(clockid_t clock) {
  timer_t timer = make(clock, SIGRTMIN + 2, 9);
  struct itimerspec t = every(60, 30), left;
  CALL(timer_settime(timer, 0, &t, NULL));
  sleep_ms(100);
  siginfo_t info;
  CHECK(take(&info, SIGRTMIN + 2, 0) == -1);
  timer_gettime(timer, &left);
  CHECK(left.it_value.tv_nsec > 30000000 && left.it_interval.tv_nsec == 30000000);
  spin(0.075);
  CHECK(take(&info, SIGRTMIN + 2, 0) == SIGRTMIN + 2);
  CHECK(info.si_value.sival_int == 9);
  spin(0.05);
  CHECK(take(&info, SIGRTMIN + 2, 0) == SIGRTMIN + 2);
  CALL(timer_delete(timer));
}

int main(void) {
  sigset_t set;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, NULL);
  overruns(SIGUSR1);
  overruns(SIGRTMIN + 1);
  overruns(SIGCONT);
  beside();
  ignored();
  together();
  cpu_clocks();
  cpu_timers(CLOCK_PROCESS_CPUTIME_ID);
  cpu_timers(CLOCK_THREAD_CPUTIME_ID);
  timer_t timer;
  CALL(timer_create(-99, NULL, &timer));
  CALL(timer_create(99, NULL, &timer));
  return 0;
}
