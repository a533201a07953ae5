/* guest: reference=native */
/* exec and exit with threads, vfork, posix_spawn, orphans, process groups, timers over exec, clone with its flags. */
#include "guest.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

static int status;
static void show(const char *what) {
  if (WIFEXITED(status)) SAY("%s: exited %d", what, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) SAY("%s: signaled %d", what, WTERMSIG(status));
  else SAY("%s: %x", what, status);
}

static void *forever(void *arg) {
  for (;;) pause();
  return arg;
}

static char **arguments;
static void *execs(void *arg) {
  execl("/proc/self/exe", "program", "from-thread", (char *)NULL);
  _exit(77);
  return arg;
}

static void *exits(void *arg) {
  exit((int)(long)arg);
}

static void threads(void) {
  pthread_t t;
  if (fork() == 0) {
    pthread_create(&t, NULL, forever, NULL);
    pthread_create(&t, NULL, execs, NULL);
    pause();
  }
  wait(&status);
  show("exec from a thread");
  if (fork() == 0) {
    pthread_create(&t, NULL, exits, (void *)5);
    pause();
  }
  wait(&status);
  show("exit from a thread");
  if (fork() == 0) {
    pthread_create(&t, NULL, forever, NULL);
    alarm(1);
    ualarm(5000, 0);
    pthread_exit(NULL);
  }
  wait(&status);
  show("main thread gone");
}

static volatile int written;
static void vforks(void) {
  pid_t child = vfork();
  if (child == 0) {
    written = 42;
    _exit(3);
  }
  waitpid(child, &status, 0);
  SAY("written %d", written);
  show("vfork");
  child = vfork();
  if (child == 0) {
    execl("/nonexistent", "x", (char *)NULL);
    _exit(errno == ENOENT ? 4 : 5);
  }
  waitpid(child, &status, 0);
  show("vfork, exec fails");
  char *argv[] = {"program", "spawned", NULL}, *env[] = {NULL};
  SAY("spawn of nothing %d", posix_spawn(&child, "/nonexistent", NULL, NULL, argv, env));
  int spawned = posix_spawn(&child, "/proc/self/exe", NULL, NULL, argv, env);
  waitpid(child, &status, 0);
  SAY("spawn %d", spawned);
  show("spawned");
}

static void orphans(void) {
  int p[2];
  CALL(pipe(p));
  if (fork() == 0) {
    if (fork() == 0) {
      while (getppid() != 1 && usleep(1000) == 0) continue;
      int is_init = getppid() == 1;
      if (write(p[1], &is_init, sizeof is_init) < 0) _exit(1);
      _exit(0);
    }
    _exit(0);
  }
  wait(&status);
  int adopted = 0;
  VALUE(read(p[0], &adopted, sizeof adopted));
  close(p[0]);
  close(p[1]);
}

static void groups(void) {
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    if (fork() == 0) for (;;) pause();
    for (;;) pause();
  }
  while (getpgid(child) != child) usleep(1000);
  usleep(20000);
  CALL(kill(-child, SIGTERM));
  waitpid(child, &status, 0);
  show("group");
  VALUE(setpgid(getpid(), 99999999));
  VALUE(getsid(0) >= 0);
  child = fork();
  if (child == 0) {
    int ok = setsid() == getpid() && getpgrp() == getpid() && setsid() == -1 && errno == EPERM;
    _exit(ok);
  }
  waitpid(child, &status, 0);
  show("session");
}

static int body(void *arg) {
  *(int *)arg += 1;
  return 9;
}

static void clones(void) {
  char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int value = 1;
  pid_t child = clone(body, stack + 65536, CLONE_VM | CLONE_VFORK | SIGCHLD, &value);
  waitpid(child, &status, 0);
  SAY("shared memory %d", value);
  show("clone");
  child = clone(body, stack + 65536, SIGCHLD, &value);
  waitpid(child, &status, 0);
  SAY("copied memory %d", value);
  VALUE(clone(body, stack + 65536, CLONE_THREAD | SIGCHLD, &value));
  VALUE(clone(body, stack + 65536, CLONE_SIGHAND | SIGCHLD, &value));
  pid_t tid = 0, got;
  got = (pid_t)syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, &tid, 0, 0);
  if (got == 0) _exit(11);
  CHECK(tid == got);
  waitpid(got, &status, 0);
  show("raw clone");
}

static void limits(void) {
  struct rlimit limit = {64, 64};
  struct rusage usage;
  pid_t child = fork();
  if (child == 0) {
    setrlimit(RLIMIT_NOFILE, &limit);
    int n = 0;
    while (dup(1) >= 0) n++;
    _exit(errno == EMFILE && n > 0 ? 0 : 1);
  }
  waitpid(child, &status, 0);
  show("descriptors");
  VALUE(setrlimit(RLIMIT_NOFILE, &(struct rlimit){10, 5}));
  VALUE(getrlimit(99, &limit));
  VALUE(getrusage(RUSAGE_CHILDREN, &usage));
  VALUE(getrusage(42, &usage));
  child = fork();
  if (child == 0) {
    limit = (struct rlimit){64 << 20, 64 << 20};
    setrlimit(RLIMIT_AS, &limit);
    void *big = mmap(NULL, 256 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    _exit(big == MAP_FAILED && errno == ENOMEM ? 0 : 1);
  }
  waitpid(child, &status, 0);
  show("address space");
}

int main(int argc, char **argv) {
  arguments = argv;
  if (argc > 1) {
    SAY("again as %s", argv[1]);
    return argv[1][0] == 'f' ? 6 : 8;
  }
  threads();
  vforks();
  orphans();
  groups();
  clones();
  limits();
  return 0;
}
