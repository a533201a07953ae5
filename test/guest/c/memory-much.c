/* 24 MiB of patterns, looked at again by the process and by a child that changes its copy. */
#include "guest.h"
#include <sys/mman.h>
#include <sys/wait.h>

#define PAGES 6144
#define PAGE 4096

static unsigned expected(unsigned page) { return page * 2654435761u ^ 0x5a5a5a5a; }

static int wrong(volatile unsigned *memory) {
  int count = 0;
  for (unsigned page = 0; page < PAGES; page++)
    if (memory[page * 1024 + page % 1024] != expected(page)) count++;
  return count;
}

int main(void) {
  int status;
  unsigned *memory = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  for (unsigned page = 0; page < PAGES; page++) memory[page * 1024 + page % 1024] = expected(page);
  SAY("wrong %d", wrong(memory));
  pid_t child = fork();
  if (child == 0) {
    int before = wrong(memory);
    for (unsigned page = 0; page < PAGES; page += 7) memory[page * 1024 + page % 1024] = 0;
    _exit(before == 0 && wrong(memory) == (PAGES + 6) / 7 ? 5 : 6);
  }
  waitpid(child, &status, 0);
  SAY("child %d wrong %d", WEXITSTATUS(status), wrong(memory));
  CALL(munmap(memory, (size_t)PAGES * PAGE));
  return 0;
}
