/* epoll: level, edge, one-shot, nesting, errors. */
#include "guest.h"
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

static void wait_for(int epfd, int timeout) {
  struct epoll_event events[8];
  int n = epoll_wait(epfd, events, 8, timeout);
  if (n < 0) SAY("wait: %s", ERROR_NAME(errno));
  else if (n == 0) SAY("wait: nothing");
  for (int i = 0; i < n; i++) SAY("wait: %x data %lx", events[i].events, (long)events[i].data.u64);
}

static int control(int epfd, int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  int result = epoll_ctl(epfd, operation, fd, &event);
  SAY("ctl %d %x: %s", operation, events, result == 0 ? "ok" : ERROR_NAME(errno));
  return result;
}

/* An address that is never mapped, which the compiler does not see through. */
static void *volatile bad = (void *)8;

int main(void) {
  char buffer[64];
  int ends[2];
  int epfd = (int)CALL(epoll_create1(EPOLL_CLOEXEC));
  VALUE(fcntl(epfd, F_GETFD));
  CALL(pipe2(ends, O_NONBLOCK));
  control(epfd, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0x1234567890abcdefull);
  wait_for(epfd, 0);
  write(ends[1], "abc", 3);
  wait_for(epfd, 0);
  wait_for(epfd, -1);
  control(epfd, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 2);
  wait_for(epfd, 0);
  wait_for(epfd, 0);
  write(ends[1], "d", 1);
  wait_for(epfd, 0);
  read(ends[0], buffer, 2);
  wait_for(epfd, 0);
  control(epfd, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 3);
  wait_for(epfd, 0);
  wait_for(epfd, 0);
  control(epfd, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLRDNORM, 4);
  wait_for(epfd, 0);
  control(epfd, EPOLL_CTL_ADD, ends[1], EPOLLOUT | EPOLLET, 5);
  wait_for(epfd, 0);
  wait_for(epfd, 0);
  read(ends[0], buffer, 64);
  wait_for(epfd, 20);
  pid_t child = fork();
  if (child == 0) {
    usleep(50000);
    write(ends[1], "child", 5);
    exit(0);
  }
  wait_for(epfd, -1);
  waitpid(child, NULL, 0);
  close(ends[1]);
  wait_for(epfd, 0);
  control(epfd, EPOLL_CTL_DEL, ends[0], 0, 0);
  control(epfd, EPOLL_CTL_DEL, ends[0], 0, 0);
  wait_for(epfd, 0);

  int counter = eventfd(0, EFD_NONBLOCK);
  int outer = (int)CALL(epoll_create1(0));
  control(epfd, EPOLL_CTL_ADD, counter, EPOLLIN | EPOLLOUT, 6);
  control(outer, EPOLL_CTL_ADD, epfd, EPOLLIN, 7);
  wait_for(epfd, 0);
  wait_for(outer, 0);
  control(epfd, EPOLL_CTL_MOD, counter, EPOLLIN, 6);
  wait_for(outer, 0);
  eventfd_write(counter, 3);
  wait_for(outer, 0);
  control(epfd, EPOLL_CTL_ADD, outer, EPOLLIN, 8);
  control(epfd, EPOLL_CTL_ADD, epfd, EPOLLIN, 8);
  int file = open("f", O_RDWR | O_CREAT, 0600);
  control(epfd, EPOLL_CTL_ADD, file, EPOLLIN, 9);
  control(epfd, EPOLL_CTL_ADD, 99, EPOLLIN, 9);
  control(file, EPOLL_CTL_ADD, ends[0], EPOLLIN, 9);
  control(epfd, EPOLL_CTL_MOD, ends[0], EPOLLIN, 9);
  control(epfd, 77, ends[0], EPOLLIN, 9);
  control(epfd, EPOLL_CTL_ADD, counter, EPOLLIN, 9);
  control(epfd, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLEXCLUSIVE, 9);
  control(epfd, EPOLL_CTL_MOD, ends[0], EPOLLIN, 9);
  VALUE(epoll_ctl(epfd, EPOLL_CTL_ADD, file, bad));
  VALUE(epoll_wait(epfd, bad, 1, 0));
  struct epoll_event event;
  VALUE(epoll_wait(epfd, &event, 0, 0));
  VALUE(epoll_wait(file, &event, 1, 0));
  VALUE(epoll_wait(99, &event, 1, 0));
  VALUE(epoll_create1(1));
  VALUE(read(epfd, buffer, 1));
  return 0;
}
