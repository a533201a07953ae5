/* poll, ppoll, select, pselect: readiness, timeouts, errors, signals. */
#include "guest.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t caught;
static void on_signal(int sig) { caught += sig == SIGALRM; }

static long elapsed_ms(struct timespec from) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000;
}

/* An address that is never mapped, which the compiler does not see through. */
static void *volatile bad = (void *)8;

int main(void) {
  int ends[2];
  struct timespec start;
  CALL(pipe(ends));
  int file = (int)CALL(open("f", O_RDWR | O_CREAT, 0600));
  struct pollfd fds[4] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}, {-1, POLLIN, 7}, {file, POLLIN | POLLOUT | POLLPRI, 0}};
  VALUE(poll(fds, 4, 0));
  SAY("%x %x %x %x", fds[0].revents, fds[1].revents, fds[2].revents, fds[3].revents);
  VALUE(poll(fds, 1, 0));
  clock_gettime(CLOCK_MONOTONIC, &start);
  VALUE(poll(fds, 1, 30));
  CHECK(elapsed_ms(start) >= 30 && elapsed_ms(start) < 2000);
  write(ends[1], "x", 1);
  fds[0].events = POLLIN | POLLRDNORM | POLLRDBAND;
  VALUE(poll(fds, 1, -1));
  SAY("%x", fds[0].revents);
  fds[0].events = 0;
  VALUE(poll(fds, 1, 0));
  fds[3].fd = 99;
  VALUE(poll(fds + 3, 1, -1));
  SAY("%x", fds[3].revents);
  VALUE(poll(NULL, 0, 5));
  VALUE(poll(bad, 1, 5));
  VALUE(ppoll(NULL, 0, &(struct timespec){0, 1000000000}, NULL));
  VALUE(ppoll(NULL, 0, &(struct timespec){-1, 0}, NULL));

  fd_set reads, writes, errors;
  FD_ZERO(&reads);
  FD_ZERO(&writes);
  FD_ZERO(&errors);
  FD_SET(ends[0], &reads);
  FD_SET(file, &reads);
  FD_SET(ends[1], &writes);
  FD_SET(ends[0], &errors);
  struct timeval timeout = {0, 0};
  VALUE(select(file + 1, &reads, &writes, &errors, &timeout));
  SAY("%d %d %d %d", FD_ISSET(ends[0], &reads), FD_ISSET(file, &reads), FD_ISSET(ends[1], &writes), FD_ISSET(ends[0], &errors));
  char c;
  read(ends[0], &c, 1);
  FD_ZERO(&reads);
  FD_SET(ends[0], &reads);
  timeout.tv_usec = 20000;
  VALUE(select(ends[0] + 1, &reads, NULL, NULL, &timeout));
  SAY("%d %ld", FD_ISSET(ends[0], &reads), (long)timeout.tv_usec);
  FD_SET(60, &reads);
  VALUE(select(61, &reads, NULL, NULL, &timeout));
  VALUE(select(-1, NULL, NULL, NULL, &timeout));
  timeout.tv_sec = -1;
  VALUE(select(0, NULL, NULL, NULL, &timeout));

  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval alarm = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &alarm, NULL);
  fds[0].events = POLLIN;
  VALUE(poll(fds, 1, 5000));
  SAY("caught %d", caught);
  sigset_t block, none;
  sigemptyset(&none);
  sigemptyset(&block);
  sigaddset(&block, SIGALRM);
  sigprocmask(SIG_BLOCK, &block, NULL);
  raise(SIGALRM);
  VALUE(poll(fds, 1, 10));
  SAY("caught %d", caught);
  VALUE(ppoll(fds, 1, &(struct timespec){5, 0}, &none));
  SAY("caught %d", caught);
  raise(SIGALRM);
  VALUE(pselect(0, NULL, NULL, NULL, &(struct timespec){5, 0}, &none));
  SAY("caught %d", caught);
  sigprocmask(SIG_SETMASK, NULL, &none);
  SAY("blocked %d", sigismember(&none, SIGALRM));
  close(ends[0]);
  fds[1].events = POLLOUT;
  VALUE(poll(fds + 1, 1, 0));
  SAY("%x", fds[1].revents);
  return 0;
}
