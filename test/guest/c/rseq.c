/* guest: reference=file */
/* Restartable sequences: a counter that only a sequence guards, by threads that are preempted in the middle of it; the futex2 calls. */
#include "guest.h"
#include <pthread.h>
#include <sys/syscall.h>

#define SIGNATURE 0xf1401073u
#define THREADS 4
#define ROUNDS 300000

struct area {
  uint32_t cpu_id_start, cpu_id;
  uint64_t cs;
  uint32_t flags, node_id, mm_cid, pad;
} __attribute__((aligned(32)));

struct sequence {
  uint32_t version, flags;
  uint64_t start, length, abort;
} __attribute__((aligned(32)));

static volatile long counter;
static long restarts;

static void add_one(struct area *area, struct sequence *sequence) {
  __asm__ volatile(
      "1:\n"
      "  lla t0, 2f\n"
      "  sd t0, 8(%[s])\n"
      "  lla t1, 3f\n"
      "  sub t1, t1, t0\n"
      "  sd t1, 16(%[s])\n"
      "  lla t1, 4f\n"
      "  sd t1, 24(%[s])\n"
      "  sd %[s], 8(%[a])\n"
      "2:\n"
      "  ld t0, 0(%[c])\n"
      "  addi t0, t0, 1\n"
      "  .rept 40\n"
      "  nop\n"
      "  .endr\n"
      "  sd t0, 0(%[c])\n"
      "3:\n"
      "  j 5f\n"
      "  .word 0xf1401073\n"
      "4:\n"
      "  ld t0, 0(%[r])\n"
      "  addi t0, t0, 1\n"
      "  sd t0, 0(%[r])\n"
      "  j 1b\n"
      "5:\n"
      "  sd zero, 8(%[a])\n"
      :
      : [s] "r"(sequence), [a] "r"(area), [c] "r"(&counter), [r] "r"(&restarts)
      : "t0", "t1", "memory");
}

static void *work(void *arg) {
  struct area area = {.cpu_id = -1};
  struct sequence sequence = {0};
  (void)arg;
  if (syscall(SYS_rseq, &area, sizeof area, 0, SIGNATURE) != 0) SAY("not registered: %s", ERROR_NAME(errno));
  if (area.cpu_id != 0) SAY("processor %u", area.cpu_id);
  for (int i = 0; i < ROUNDS; i++) add_one(&area, &sequence);
  syscall(SYS_rseq, &area, sizeof area, 1, SIGNATURE);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  CHECK(counter == (long)THREADS * ROUNDS);
  CHECK(restarts > 0);
  static struct area area;
  VALUE(syscall(SYS_rseq, &area, sizeof area, 0, SIGNATURE));
  VALUE(syscall(SYS_rseq, &area, sizeof area, 0, SIGNATURE));
  VALUE(syscall(SYS_rseq, &area, sizeof area, 0, 5));
  VALUE(syscall(SYS_rseq, (char *)&area + 32, sizeof area, 1, SIGNATURE));
  VALUE(syscall(SYS_rseq, &area, 8, 1, SIGNATURE));
  VALUE(syscall(SYS_rseq, &area, sizeof area, 1, SIGNATURE));
  VALUE(syscall(SYS_rseq, (char *)&area + 4, sizeof area, 0, SIGNATURE));

  static uint32_t word = 1;
  VALUE(syscall(455, &word, 2, 0xffffffffUL, 2 | 128, NULL, 1));
  struct timespec { long s, n; } past = {0, 1};
  VALUE(syscall(455, &word, 1, 0xffffffffUL, 2 | 128, &past, 1));
  VALUE(syscall(455, &word, 1, 0, 2 | 128, &past, 1));
  VALUE(syscall(454, &word, 0xffffffffUL, 1, 2 | 128));
  VALUE(syscall(454, &word, 0xffffffffUL, 1, 1));
  return 0;
}
