/* futex(2) itself: values, timeouts, wake counts, bitsets, requeue, wake_op. */
#include "guest.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static int word, other;
static int waiting;

static long futex(int *at, int op, int value, void *timeout, int *second, int third) {
  return syscall(SYS_futex, at, op, value, timeout, second, third);
}
static void *waiter(void *argument) {
  __atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0) futex(argument, FUTEX_WAIT, 0, NULL, NULL, 0);
  return NULL;
}
static void *bits(void *argument) {
  __atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
  return (void *)futex(&other, FUTEX_WAIT_BITSET, 0, NULL, NULL, (int)(long)argument);
}
static void settle(int wanted) {
  while (__atomic_load_n(&waiting, __ATOMIC_SEQ_CST) < wanted) usleep(1000);
  usleep(50000);
}

int main(void) {
  struct timespec soon = {0, 20000000}, wrong = {0, 2000000000};
  VALUE(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
  VALUE(futex(&word, FUTEX_WAIT, 0, &soon, NULL, 0));
  VALUE(futex(&word, FUTEX_WAIT, 0, &wrong, NULL, 0));
  VALUE(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
  VALUE(futex((int *)((char *)&word + 1), FUTEX_WAKE, 1, NULL, NULL, 0));
  VALUE(futex((int *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
  VALUE(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
  VALUE(futex(&word, 99, 0, NULL, NULL, 0));

  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, waiter, &word);
  settle(4);
  VALUE(futex(&word, FUTEX_REQUEUE, 1, (void *)2, &other, 0));
  VALUE(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)2, &other, 77));
  word = 1;
  VALUE(futex(&word, FUTEX_WAKE, 100, NULL, NULL, 0) >= 1);
  VALUE(futex(&other, FUTEX_WAKE, 100, NULL, NULL, 0) >= 1);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);

  waiting = 0;
  for (long i = 0; i < 3; i++) pthread_create(&threads[i], NULL, bits, (void *)(1L << i));
  settle(3);
  VALUE(futex(&other, FUTEX_WAKE_BITSET, 100, NULL, NULL, 2));
  VALUE(futex(&other, FUTEX_WAKE_BITSET, 100, NULL, NULL, 8));
  VALUE(futex(&other, FUTEX_WAKE_BITSET, 100, NULL, NULL, -1));
  for (int i = 0; i < 3; i++) {
    void *result;
    pthread_join(threads[i], &result);
    SAY("bits %d: %ld", i, (long)result);
  }

  int target = 5;
  VALUE(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &target, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)));
  SAY("target %d", target);

  /* Between processes. */
  int *both = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t pid = fork();
  if (pid == 0) {
    while (__atomic_load_n(both, __ATOMIC_SEQ_CST) == 0) futex(both, FUTEX_WAIT, 0, NULL, NULL, 0);
    _exit(*both);
  }
  usleep(30000);
  __atomic_store_n(both, 42, __ATOMIC_SEQ_CST);
  futex(both, FUTEX_WAKE, 1, NULL, NULL, 0);
  int status;
  waitpid(pid, &status, 0);
  SAY("child saw %d", WEXITSTATUS(status));
  return 0;
}
