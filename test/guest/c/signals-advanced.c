/* guest: reference=native */
/* Alternate stacks, siginfo, masks, nesting, one-shot handlers, queues of real-time signals, sigwait and its kin. */
#include "guest.h"
#include <setjmp.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

static char stack[65536];
static volatile sig_atomic_t seen, depth, on_stack, code, value, order[16], orders;

static void plain(int sig) {
  seen = sig;
  order[orders++ & 15] = sig;
}

static void detailed(int sig, siginfo_t *info, void *context) {
  char local;
  seen = sig;
  code = info->si_code;
  value = info->si_value.sival_int;
  on_stack = &local >= stack && &local < stack + sizeof stack;
  order[orders++ & 15] = info->si_value.sival_int;
  (void)context;
}

static void nested(int sig) {
  depth++;
  if (depth < 3) raise(sig);
  order[orders++ & 15] = depth;
}

static sigjmp_buf back;
static void jump(int sig) {
  (void)sig;
  siglongjmp(back, 7);
}

static void handle(int sig, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigaction(sig, &action, NULL);
}

static void handle_info(int sig, int flags) {
  struct sigaction action = {.sa_sigaction = detailed, .sa_flags = SA_SIGINFO | flags};
  sigaction(sig, &action, NULL);
}

static void show_orders(const char *what) {
  printf("%s:", what);
  for (int i = 0; i < orders && i < 16; i++) printf(" %d", (int)order[i]);
  printf("\n");
  fflush(stdout);
  orders = 0;
}

static void masks(void) {
  sigset_t set, old, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  handle(SIGUSR1, plain, 0);
  handle(SIGUSR2, plain, 0);
  CALL(sigprocmask(SIG_BLOCK, &set, &old));
  raise(SIGUSR2);
  raise(SIGUSR1);
  raise(SIGUSR1);
  CALL(sigpending(&pending));
  SAY("pending %d %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2), sigismember(&pending, SIGINT));
  CALL(sigprocmask(SIG_SETMASK, &old, NULL));
  show_orders("unblocked");
  CALL(sigprocmask(99, &set, NULL));
}

static void stacks(void) {
  stack_t alt = {.ss_sp = stack, .ss_size = sizeof stack}, old;
  CALL(sigaltstack(&alt, NULL));
  handle_info(SIGUSR1, SA_ONSTACK);
  raise(SIGUSR1);
  SAY("on the alternate stack %d code %d\n", (int)on_stack, (int)code);
  handle_info(SIGUSR1, 0);
  raise(SIGUSR1);
  SAY("on the alternate stack %d\n", (int)on_stack);
  alt.ss_flags = SS_DISABLE;
  CALL(sigaltstack(&alt, &old));
  CHECK(old.ss_sp == stack && old.ss_size == sizeof stack && old.ss_flags == 0);
  alt.ss_flags = 0, alt.ss_size = 100;
  CALL(sigaltstack(&alt, NULL));
}

static void kinds(void) {
  handle(SIGUSR1, nested, SA_NODEFER);
  raise(SIGUSR1);
  show_orders("nested");
  depth = 0;
  handle(SIGUSR1, nested, 0);
  raise(SIGUSR1);
  show_orders("deferred");
  handle(SIGUSR2, plain, SA_RESETHAND);
  raise(SIGUSR2);
  struct sigaction now;
  sigaction(SIGUSR2, NULL, &now);
  CHECK(now.sa_handler == SIG_DFL);
  handle(SIGUSR1, jump, 0);
  int from = sigsetjmp(back, 1);
  if (from == 0) raise(SIGUSR1);
  sigset_t set;
  sigprocmask(SIG_BLOCK, NULL, &set);
  SAY("jumped %d blocked %d\n", from, sigismember(&set, SIGUSR1));
}

static void queues(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigaddset(&set, SIGRTMIN + 1);
  sigaddset(&set, SIGUSR1);
  orders = 0;
  handle_info(SIGRTMIN, 0);
  handle_info(SIGRTMIN + 1, 0);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (int i = 1; i <= 3; i++) CALL(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}));
  CALL(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 9}));
  siginfo_t info;
  VALUE(sigwaitinfo(&set, &info) == SIGRTMIN);
  SAY("value %d code %d\n", info.si_value.sival_int, info.si_code);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  show_orders("queued");
  sigprocmask(SIG_BLOCK, &set, NULL);
  struct timespec soon = {0, 10000000}, now = {0, 0};
  VALUE(sigtimedwait(&set, &info, &now));
  VALUE(sigtimedwait(&set, &info, &soon));
  pid_t child = fork();
  if (child == 0) {
    usleep(20000);
    kill(getppid(), SIGUSR1);
    _exit(0);
  }
  VALUE(sigwaitinfo(&set, &info));
  CHECK(info.si_pid == child && info.si_code == SI_USER);
  waitpid(child, NULL, 0);
}

static void suspends(void) {
  sigset_t set, old, none;
  sigemptyset(&none);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  handle(SIGUSR1, plain, 0);
  sigprocmask(SIG_BLOCK, &set, &old);
  raise(SIGUSR1);
  orders = 0;
  VALUE(sigsuspend(&none));
  show_orders("suspended");
  sigset_t now;
  sigprocmask(SIG_BLOCK, NULL, &now);
  SAY("blocked again %d\n", sigismember(&now, SIGUSR1));
  VALUE((int)syscall(SYS_rt_sigsuspend, &none, 4));
  sigprocmask(SIG_SETMASK, &old, NULL);
}

static void registers(void) {
  /* Every register keeps its value over an asynchronous handler. */
  handle(SIGALRM, plain, SA_RESTART);
  ualarm(2000, 2000);
  unsigned long sum;
  double d;
  orders = 0;
  do {
    unsigned long start = 0xfedcba9876543210;
    sum = 0, d = 1.0;
    for (int i = 0; i < 200000; i++) {
      start ^= start << 13, start ^= start >> 7, start ^= start << 17;
      sum += start;
      d = d * 1.0000001;
    }
  } while (orders < 3);
  ualarm(0, 0);
  SAY("sum %lx %.12f interrupted", sum, d);
}

int main(void) {
  masks();
  stacks();
  kinds();
  queues();
  suspends();
  registers();
  VALUE(kill(99999999, 0));
  VALUE(kill(getpid(), 65));
  VALUE(sigaction(SIGKILL, &(struct sigaction){.sa_handler = SIG_IGN}, NULL));
  VALUE((int)syscall(SYS_tgkill, getpid(), 99999999, SIGUSR1));
  VALUE((int)syscall(SYS_tgkill, -1, getpid(), SIGUSR1));
  VALUE((int)syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &(siginfo_t){.si_code = SI_USER}));
  return 0;
}
