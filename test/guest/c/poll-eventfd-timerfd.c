/* guest: reference=native */
/* eventfd and timerfd. */
#include "guest.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

static void take(int fd) {
  uint64_t value = 0;
  ssize_t n = read(fd, &value, sizeof value);
  if (n < 0) SAY("read: %s", ERROR_NAME(errno));
  else SAY("read %zd: %lu", n, (unsigned long)value);
}

static void give(int fd, uint64_t value) {
  ssize_t n = write(fd, &value, sizeof value);
  SAY("write %lx: %s", (unsigned long)value, n < 0 ? ERROR_NAME(errno) : "ok");
}

static void look(int fd) {
  struct pollfd poll_fd = {fd, POLLIN | POLLOUT, 0};
  int n = poll(&poll_fd, 1, 0);
  SAY("poll %d: %x", n, poll_fd.revents);
}

int main(void) {
  char buffer[16];
  int fd = (int)CALL(eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC));
  look(fd);
  take(fd);
  take(fd);
  look(fd);
  give(fd, 5);
  give(fd, 7);
  take(fd);
  give(fd, UINT64_MAX);
  give(fd, UINT64_MAX - 1);
  look(fd);
  give(fd, 1);
  take(fd);
  VALUE(read(fd, buffer, 7));
  VALUE(write(fd, buffer, 7));
  VALUE(lseek(fd, 0, SEEK_SET));
  VALUE(pread(fd, buffer, 8, 0));
  VALUE(eventfd(0, 0x100));
  int semaphore = (int)CALL(eventfd(2, EFD_SEMAPHORE));
  take(semaphore);
  take(semaphore);
  pid_t child = fork();
  if (child == 0) {
    usleep(30000);
    give(semaphore, 2);
    exit(0);
  }
  waitpid(child, NULL, 0);
  take(semaphore);
  take(semaphore);

  int timer = (int)CALL(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  take(timer);
  look(timer);
  struct itimerspec setting = {{0, 0}, {0, 20000000}}, old;
  CALL(timerfd_settime(timer, 0, &setting, NULL));
  CALL(timerfd_gettime(timer, &old));
  CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 20000000);
  struct pollfd poll_fd = {timer, POLLIN, 0};
  VALUE(poll(&poll_fd, 1, 2000));
  take(timer);
  take(timer);
  CALL(timerfd_gettime(timer, &old));
  CHECK(old.it_value.tv_nsec == 0 && old.it_value.tv_sec == 0);
  setting.it_interval.tv_nsec = 10000000;
  setting.it_value.tv_nsec = 1;
  CALL(timerfd_settime(timer, 0, &setting, &old));
  usleep(55000);
  uint64_t count = 0;
  VALUE(read(timer, &count, 8));
  CHECK(count >= 5 && count < 100);
  setting = (struct itimerspec){{0, 0}, {0, 0}};
  CALL(timerfd_settime(timer, 0, &setting, &old));
  CHECK(old.it_interval.tv_nsec == 10000000);
  take(timer);
  struct timespec now;
  for (int clock = CLOCK_REALTIME; clock <= CLOCK_MONOTONIC; clock++) {
    int absolute = (int)CALL(timerfd_create(clock, 0));
    clock_gettime(clock, &now);
    now.tv_nsec += 15000000;
    if (now.tv_nsec >= 1000000000) now.tv_nsec -= 1000000000, now.tv_sec++;
    setting = (struct itimerspec){{0, 0}, now};
    CALL(timerfd_settime(absolute, TFD_TIMER_ABSTIME, &setting, NULL));
    take(absolute);
    setting.it_value.tv_sec = 1;
    CALL(timerfd_settime(absolute, TFD_TIMER_ABSTIME, &setting, NULL));
    take(absolute);
  }
  CALL(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
  CALL(timerfd_create(CLOCK_MONOTONIC, 0x10));
  CALL(timerfd_gettime(fd, &old));
  setting.it_value.tv_nsec = 1000000000;
  CALL(timerfd_settime(timer, 0, &setting, NULL));
  CALL(timerfd_settime(99, 0, &setting, NULL));
  VALUE(read(timer, buffer, 4));
  VALUE(write(timer, buffer, 8));
  return 0;
}
