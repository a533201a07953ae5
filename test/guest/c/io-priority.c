/* guest: reference=native */
/* I/O priorities of processes and groups; what waits for a pidfd that does not wait; the timer slack of children. */
#include "guest.h"
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PRIORITY(kind, level) ((kind) << 13 | (level))
static long get(int which, int who) { return syscall(SYS_ioprio_get, which, who); }
static long set(int which, int who, int priority) { return syscall(SYS_ioprio_set, which, who, priority); }

static void child_says(void) {
  if (fork() == 0) {
    SAY("child: %ld, slack %d", get(1, 0), prctl(PR_GET_TIMERSLACK));
    prctl(PR_SET_TIMERSLACK, 0);
    SAY("its default: %d", prctl(PR_GET_TIMERSLACK));
    _exit(0);
  }
  wait(NULL);
}

int main(void) {
  setpgid(0, 0);
  setpriority(PRIO_PROCESS, 0, 0);
  setpgid(0, 0);
  CALL(set(1, 0, PRIORITY(0, 0)));
  VALUE(get(1, 0));
  VALUE(get(2, 0));
  CALL(set(1, 0, PRIORITY(2, 5)));
  VALUE(get(1, 0));
  VALUE(get(1, getpid()));
  VALUE(get(2, 0));
  CALL(prctl(PR_SET_TIMERSLACK, 70000));
  child_says();
  CALL(prctl(PR_SET_TIMERSLACK, 0));
  VALUE(prctl(PR_GET_TIMERSLACK));
  CALL(set(1, 0, PRIORITY(0, 3)));
  CALL(set(1, 0, PRIORITY(4, 0)));
  CALL(set(9, 0, PRIORITY(2, 0)));
  CALL(set(1, 999999, PRIORITY(2, 0)));
  VALUE(get(9, 0));
  VALUE(get(2, 999999));
  CALL(set(2, 0, PRIORITY(3, 0)));
  VALUE(get(1, 0));
  CALL(seteuid(1));
  CALL(set(1, 0, PRIORITY(1, 0)));
  CALL(set(1, 0, PRIORITY(2, 7)));
  CALL(seteuid(0));

  pid_t child = fork();
  if (child == 0) {
    usleep(50000);
    _exit(3);
  }
  int fd = (int)CALL(syscall(SYS_pidfd_open, child, O_NONBLOCK));
  siginfo_t info;
  CALL(waitid(3, (id_t)fd, &info, WEXITED));
  usleep(100000);
  CALL(waitid(3, (id_t)fd, &info, WEXITED));
  SAY("status %d", info.si_status);
  CALL(waitid(3, (id_t)fd, &info, WEXITED));

  /* A stack without limit is no reason not to run. */
  struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
  if (fork() == 0) {
    CALL(setrlimit(RLIMIT_STACK, &none));
    execl("/bin/sh", "sh", "-c", "echo it runs", NULL);
  }
  wait(NULL);
  return 0;
}
