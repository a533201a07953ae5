/*
 * What the system costs a program: prints nanoseconds per operation (distant: their median). Arguments: what, how often.
 *   null | fork | forkbig | exec PATH… | pipe (bytes/s) | zero | file | distant PATH FIRST
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void forks(long n) {
  for (long i = 0; i < n; i++) {
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    waitpid(pid, NULL, 0);
  }
}

static void execs(long n, char **argv) {
  for (long i = 0; i < n; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      execv(argv[0], argv);
      _exit(127);
    }
    waitpid(pid, NULL, 0);
  }
}

static void through_pipe(long blocks) {
  static char block[65536];
  int ends[2];
  if (pipe(ends) < 0) exit(1);
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[1]);
    while (read(ends[0], block, sizeof block) > 0) {
    }
    _exit(0);
  }
  close(ends[0]);
  for (long i = 0; i < blocks; i++) {
    if (write(ends[1], block, sizeof block) < 0) exit(1);
  }
  close(ends[1]);
  waitpid(pid, NULL, 0);
}

/* Farther than what is read ahead of accesses that jump about. */
#define APART (64L * 1024)
static volatile char sink;

static int ascending(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

/* The median time of an access to each of n places. */
static double median_touch(char *place, long n) {
  double *spent = malloc((size_t)n * sizeof *spent);
  for (long i = 0; i < n; i++) {
    double start = now();
    sink += place[i * APART];
    spent[i] = now() - start;
  }
  qsort(spent, (size_t)n, sizeof *spent, ascending);
  return spent[n / 2];
}

static void touch(char *pages, long n) {
  volatile char sum = 0;
  for (long i = 0; i < n; i++) sum += pages[i * 4096];
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "null";
  long n = argc > 2 ? atol(argv[2]) : 1000;
  char *pages = NULL;
  if (strcmp(what, "forkbig") == 0) memset(malloc(64 << 20), 1, 64 << 20);
  if (strcmp(what, "zero") == 0) pages = mmap(NULL, (size_t)n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (strcmp(what, "file") == 0) {
    int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char *block = calloc(1, 65536);
    for (long i = 0; i < n; i += 16) {
      if (write(fd, block, 65536) < 0) return 1;
    }
    /* Once through the cache: from then on the faults are served from there. */
    touch(mmap(NULL, (size_t)n * 4096, PROT_READ, MAP_SHARED, fd, 0), n);
    pages = mmap(NULL, (size_t)n * 4096, PROT_READ, MAP_SHARED, fd, 0);
  }
  double start = now();
  if (strcmp(what, "distant") == 0) {
    struct stat file;
    int fd = open(argv[3], O_RDONLY);
    long first = atol(argv[4]);
    if (fd < 0 || fstat(fd, &file) < 0 || (first + n) * APART > file.st_size) return 1;
    pages = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED, fd, 0);
    printf("%.1f\n", median_touch(pages + first * APART, n));
    return 0;
  } else if (strcmp(what, "null") == 0) {
    for (long i = 0; i < n; i++) syscall(SYS_getppid);
  } else if (strcmp(what, "fork") == 0 || strcmp(what, "forkbig") == 0) forks(n);
  else if (strcmp(what, "exec") == 0) execs(n, argv + 3);
  else if (strcmp(what, "pipe") == 0) through_pipe(n);
  else if (pages) touch(pages, n);
  double spent = now() - start;
  if (strcmp(what, "pipe") == 0) printf("%.0f\n", (double)n * 65536 * 1e9 / spent);
  else printf("%.1f\n", spent / (double)n);
  return 0;
}
