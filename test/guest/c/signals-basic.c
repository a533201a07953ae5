/* Handlers, masks, queues of real-time signals, siginfo, sigsuspend, sigtimedwait, altstack, siglongjmp. */
#include "guest.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t count, last, value, code;
static sigjmp_buf away;

static void note(int sig, siginfo_t *info, void *context) {
  (void)context;
  count++;
  last = sig;
  value = info->si_value.sival_int;
  code = info->si_code;
}
static void jump(int sig) { siglongjmp(away, sig); }
static char stack[65536];
static volatile int inside;
static void where(int sig) {
  char here;
  (void)sig;
  inside = &here > stack && &here < stack + sizeof stack;
}

static void handle(int sig, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  sigaction(sig, &action, NULL);
}

int main(void) {
  handle(SIGUSR1, note, 0);
  CALL(raise(SIGUSR1));
  SAY("count %d last %d", count, last);

  sigset_t set, old, pending;
  sigemptyset(&set);
  for (int i = 0; i < 3; i++) {
    handle(SIGRTMIN + i, note, 0);
    sigaddset(&set, SIGRTMIN + i);
  }
  CALL(sigprocmask(SIG_BLOCK, &set, &old));
  for (int i = 0; i < 3; i++) {
    CALL(sigqueue(getpid(), SIGRTMIN + 2 - i, (union sigval){.sival_int = 10 * i}));
    CALL(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 100 + i}));
  }
  sigpending(&pending);
  for (int i = 0; i < 4; i++) SAY("pending %d: %d", i, sigismember(&pending, SIGRTMIN + i));
  struct timespec none = {0, 0};
  siginfo_t info;
  for (;;) {
    int sig = sigtimedwait(&set, &info, &none);
    if (sig < 0) break;
    SAY("RTMIN+%d value %d code %d", sig - SIGRTMIN, info.si_value.sival_int, info.si_code);
  }
  SAY("no more: %s", ERROR_NAME(errno));
  CALL(sigprocmask(SIG_SETMASK, &old, NULL));

  int sig = sigsetjmp(away, 1);
  if (sig == 0) {
    signal(SIGSEGV, jump);
    *(volatile int *)8 = 1;
  }
  SAY("jumped out of signal %d", sig);
  sig = sigsetjmp(away, 1);
  if (sig == 0) {
    signal(SIGILL, jump);
    signal(SIGTRAP, jump);
    __builtin_trap();
  }
  SAY("jumped out of a trap: %d", sig == SIGILL || sig == SIGTRAP);

  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack}, before;
  CALL(sigaltstack(&alternate, &before));
  SAY("disabled before: %d", before.ss_flags == SS_DISABLE);
  struct sigaction action = {.sa_handler = where, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR2, &action, NULL);
  raise(SIGUSR2);
  SAY("on the alternate stack: %d", inside);

  count = 0;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &old);
  pid_t parent = getpid(), pid = fork();
  if (pid == 0) {
    kill(parent, SIGUSR1);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
  SAY("blocked: %d", count);
  sigset_t empty;
  sigemptyset(&empty);
  CALL(sigsuspend(&empty));
  SAY("after sigsuspend: %d code %d", count, code);
  sigprocmask(SIG_SETMASK, &old, NULL);

  CALL(kill(getpid(), 0));
  CALL(kill(getpid(), 65));
  CALL(sigaction(SIGKILL, &action, NULL));
  struct sigaction seen;
  sigaction(SIGUSR1, NULL, &seen);
  SAY("flags %x", seen.sa_flags & ~0x04000000);

  alarm(1);
  signal(SIGALRM, SIG_DFL);
  pause();
  return 0;
}
