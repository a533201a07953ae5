/* guest: reference=native */
/* Niceness of processes, groups and users: who may change whose, and what is found. */
#include "guest.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* A child in the group `group` (0: one of its own) with these ids, which sleeps. */
static pid_t sleeper(pid_t group, uid_t real, uid_t effective) {
  int ready[2];
  char byte;
  pipe(ready);
  pid_t pid = fork();
  if (pid < 0) exit(1);
  if (pid == 0) {
    setpgid(0, group);
    setresuid(real, effective, effective);
    write(ready[1], "x", 1);
    for (;;) pause();
  }
  read(ready[0], &byte, 1);
  close(ready[0]);
  close(ready[1]);
  return pid;
}

/* Users that nobody else on the machine is, another run of this program neither. */
static uid_t one, other;

static int status;
static void end(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
}

/* As user one. */
static void as_user(pid_t group, pid_t own, pid_t others) {
  if (fork() == 0) {
    setresuid(one, one, one);
    CALL(setpriority(PRIO_PROCESS, own, 12));
    VALUE(getpriority(PRIO_PROCESS, own));
    CALL(setpriority(PRIO_PROCESS, own, 8));
    VALUE(getpriority(PRIO_PROCESS, own));
    CALL(setpriority(PRIO_PROCESS, others, 12));
    CALL(setpriority(PRIO_PGRP, group, 15));
    VALUE(getpriority(PRIO_PROCESS, own));
    VALUE(getpriority(PRIO_PROCESS, others));
    CALL(setpriority(PRIO_USER, 0, 17));
    VALUE(getpriority(PRIO_USER, 0));
    _exit(0);
  }
  wait(&status);
}

int main(void) {
  one = 1000000 + 2 * getpid();
  other = one + 1;
  setpgid(0, 0);
  setpriority(PRIO_PROCESS, 0, 0);
  CALL(getpriority(3, 0));
  CALL(getpriority(-1, 0));
  CALL(setpriority(3, 0, 0));
  CALL(getpriority(PRIO_PROCESS, 99999999));
  CALL(getpriority(PRIO_PGRP, 99999999));
  CALL(getpriority(PRIO_USER, 54321));
  CALL(setpriority(PRIO_USER, 54321, 1));
  pid_t a = sleeper(0, one, one);
  pid_t b = sleeper(a, other, other);
  pid_t c = sleeper(0, other, one);
  CALL(setpriority(PRIO_PROCESS, a, 5));
  CALL(setpriority(PRIO_PROCESS, b, 3));
  VALUE(getpriority(PRIO_PGRP, a));
  VALUE(getpriority(PRIO_USER, one));
  VALUE(getpriority(PRIO_USER, other));
  CALL(setpriority(PRIO_PGRP, a, 7));
  VALUE(getpriority(PRIO_PROCESS, a));
  VALUE(getpriority(PRIO_PROCESS, b));
  CALL(setpriority(PRIO_USER, other, 9));
  VALUE(getpriority(PRIO_PROCESS, b));
  VALUE(getpriority(PRIO_PROCESS, c));
  CALL(setpriority(PRIO_USER, other, 100));
  VALUE(getpriority(PRIO_PROCESS, c));
  CALL(setpriority(PRIO_USER, other, -100));
  VALUE(getpriority(PRIO_PROCESS, c));
  VALUE(syscall(SYS_getpriority, PRIO_PROCESS, c));
  as_user(a, c, b);
  as_user(a, a, b);
  end(a);
  end(b);
  end(c);
  CALL(getpriority(PRIO_PGRP, a));
  CALL(setpriority(PRIO_PGRP, 0, 2));
  VALUE(getpriority(PRIO_PROCESS, 0));
  VALUE(getpriority(PRIO_PGRP, 0));
  return 0;
}
