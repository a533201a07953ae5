/* poll, select, epoll, eventfd, timerfd, signalfd on pipes. */
#include "guest.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

int main(void) {
  int p[2];
  CALL(pipe(p));
  struct pollfd polled[3] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}, {99, POLLIN, 0}};
  VALUE(poll(polled, 3, 0));
  SAY("%x %x %x", polled[0].revents, polled[1].revents, polled[2].revents);
  VALUE(write(p[1], "abc", 3));
  VALUE(poll(polled, 1, -1));
  SAY("%x", polled[0].revents);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(p[0], &set);
  struct timeval none = {0, 0};
  VALUE(select(p[0] + 1, &set, NULL, NULL, &none));
  CHECK(FD_ISSET(p[0], &set));
  char b[8];
  VALUE(read(p[0], b, 8));
  VALUE(select(p[0] + 1, &set, NULL, NULL, &none));

  int e = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 7}, events[4];
  CALL(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event));
  CALL(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event));
  CALL(epoll_ctl(e, EPOLL_CTL_ADD, e, &event));
  VALUE(epoll_wait(e, events, 4, 0));
  if (fork() == 0) {
    usleep(20000);
    write(p[1], "z", 1);
    _exit(0);
  }
  VALUE(epoll_wait(e, events, 4, 2000));
  SAY("%x %ld", events[0].events, (long)events[0].data.u64);
  wait(NULL);
  event.events = EPOLLIN | EPOLLET, event.data.u64 = 8;
  CALL(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
  VALUE(epoll_wait(e, events, 4, 0));
  VALUE(epoll_wait(e, events, 4, 0));
  write(p[1], "y", 1);
  VALUE(epoll_wait(e, events, 4, 0));
  event.events = EPOLLIN | EPOLLONESHOT;
  CALL(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &event));
  VALUE(epoll_wait(e, events, 4, 0));
  VALUE(epoll_wait(e, events, 4, 0));
  CALL(epoll_ctl(e, EPOLL_CTL_DEL, p[0], NULL));
  CALL(epoll_ctl(e, EPOLL_CTL_DEL, p[0], NULL));

  int ev = eventfd(3, EFD_NONBLOCK);
  uint64_t value = 4;
  VALUE(write(ev, &value, 8));
  VALUE(read(ev, &value, 8));
  SAY("%ld", (long)value);
  VALUE(read(ev, &value, 8));
  VALUE(read(ev, &value, 4));
  int sem = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  VALUE(read(sem, &value, 8));
  VALUE(read(sem, &value, 8));
  VALUE(read(sem, &value, 8));

  int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  struct itimerspec soon = {{0, 0}, {0, 10000000}};
  CALL(timerfd_settime(timer, 0, &soon, NULL));
  struct pollfd t = {timer, POLLIN, 0};
  VALUE(poll(&t, 1, 2000));
  VALUE(read(timer, &value, 8));
  SAY("expired %ld", (long)value);

  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  int sfd = signalfd(-1, &mask, SFD_NONBLOCK);
  struct signalfd_siginfo info;
  VALUE(read(sfd, &info, sizeof info));
  raise(SIGUSR1);
  VALUE(read(sfd, &info, sizeof info));
  SAY("signal %d", info.ssi_signo);

  VALUE(fcntl(p[1], F_SETFL, O_NONBLOCK));
  VALUE(fcntl(p[1], F_GETPIPE_SZ));
  long filled = 0, n;
  char block[4096] = {0};
  while ((n = write(p[1], block, sizeof block)) > 0) filled += n;
  SAY("filled %ld then %s", filled, ERROR_NAME(errno));
  CALL(close(p[1]));
  polled[0].events = POLLIN;
  VALUE(poll(polled, 1, 0));
  SAY("%x", polled[0].revents);
  return 0;
}
