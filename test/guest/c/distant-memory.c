/* A file mapped by a parent and its child on another site: one memory, also when the file has no name any more. */
/* guest: sites=2 reference=file */
#include "guest.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The execution site of children; 0 asks. */
#define SYS_csite 1000

#define TURNS 200

int main(void) {
  int status;
  long here = syscall(SYS_csite, 0);
  int fd = open("shared", O_RDWR | O_CREAT | O_TRUNC, 0644);
  CALL(ftruncate(fd, 3 * 4096));
  volatile int *memory = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(memory != MAP_FAILED);
  memory[0] = 7;
  CALL(unlink("shared"));
  close(fd);
  CHECK(syscall(SYS_csite, 3 - here) >= 0);
  pid_t child = fork();
  if (child == 0) {
    /* Odd turns are the child's; a page each for the turn, a counter that both raise, and a sum. */
    for (int turn = 1; turn < TURNS; turn += 2) {
      while (memory[1] != turn) usleep(100);
      memory[1024] += 1;
      __atomic_fetch_add(&memory[2048], turn, __ATOMIC_SEQ_CST);
      memory[1] = turn + 1;
    }
    _exit(memory[0] == 7 ? 3 : 4);
  }
  for (int turn = 0; turn < TURNS; turn += 2) {
    while (memory[1] != turn) usleep(100);
    memory[1024] += 1;
    __atomic_fetch_add(&memory[2048], turn, __ATOMIC_SEQ_CST);
    memory[1] = turn + 1;
  }
  waitpid(child, &status, 0);
  SAY("child %d turn %d counter %d sum %d", WEXITSTATUS(status), memory[1], memory[1024], memory[2048]);
  child = fork();
  if (child == 0) {
    usleep(50000);
    memory[5] = memory[0] + 1;
    _exit(0);
  }
  munmap((void *)(memory + 2048), 4096);
  waitpid(child, &status, 0);
  SAY("left by the child %d", memory[5]);
  return 0;
}
