/* Waits that signals end: reads, writes, epoll, sleeps, with and without SA_RESTART. */
#include "guest.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t caught;
static int to_write = -1;

static void on_signal(int sig) {
  (void)sig;
  caught++;
  if (to_write >= 0) write(to_write, "s", 1);
}

static void handler(int flags) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
  sigaction(SIGALRM, &action, NULL);
}

static void soon(void) {
  struct itimerval alarm = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &alarm, NULL);
}

int main(void) {
  char buffer[100];
  static char large[200000];
  int ends[2];
  pipe(ends);
  handler(0);
  soon();
  VALUE(read(ends[0], buffer, 10));
  handler(SA_RESTART);
  to_write = ends[1];
  soon();
  VALUE(read(ends[0], buffer, 10));
  to_write = -1;
  SAY("caught %d", caught);

  handler(0);
  soon();
  VALUE(write(ends[1], large, sizeof large));
  soon();
  VALUE(write(ends[1], large, 10));
  handler(SA_RESTART);
  pid_t child = fork();
  if (child == 0) {
    usleep(60000);
    long total = 0;
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], large, sizeof large)) > 0;) total += n;
    SAY("child read %ld", total);
    exit(0);
  }
  soon();
  VALUE(write(ends[1], large, 100000));
  close(ends[1]);
  waitpid(child, NULL, 0);
  close(ends[0]);

  int epfd = epoll_create1(0);
  struct epoll_event event;
  soon();
  VALUE(epoll_wait(epfd, &event, 1, 5000));
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  sigprocmask(SIG_BLOCK, &all, NULL);
  raise(SIGALRM);
  VALUE(epoll_wait(epfd, &event, 1, 10));
  VALUE(epoll_pwait(epfd, &event, 1, 5000, &none));
  sigprocmask(SIG_UNBLOCK, &all, NULL);

  struct timespec left = {0, 0};
  soon();
  VALUE(nanosleep(&(struct timespec){5, 0}, &left));
  CHECK(left.tv_sec == 4 && left.tv_nsec > 900000000);
  soon();
  VALUE(clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){5, 0}, &left));
  CHECK(left.tv_sec == 4);
  soon();
  VALUE(pause());
  struct sigaction action;
  sigaction(SIGALRM, NULL, &action);
  SAY("restart %d", (action.sa_flags & SA_RESTART) != 0);

  /* A stop and a continue are no interruption. */
  child = fork();
  if (child == 0) {
    struct pollfd none_ready = {-1, 0, 0};
    int n = poll(&none_ready, 1, 200);
    SAY("poll %d", n);
    exit(0);
  }
  usleep(30000);
  kill(child, SIGSTOP);
  waitpid(child, NULL, WUNTRACED);
  kill(child, SIGCONT);
  int status;
  waitpid(child, &status, 0);
  SAY("exit %d", WEXITSTATUS(status));
  return 0;
}
