/* ETXTBSY: a program that runs is not written to, one that is written to does not run. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void copy(const char *from, const char *to) {
  char buffer[65536];
  int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  for (ssize_t got; (got = read(in, buffer, sizeof buffer)) > 0;)
    if (write(out, buffer, got) != got) SAY("short");
  close(in);
  close(out);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    if (argv[1][0] == 'w') {
      char byte;
      SAY("running");
      if (read(0, &byte, 1) < 0) return 2;
    }
    return 3;
  }
  int status, ready[2], hold[2];
  copy("/proc/self/exe", "prog");
  int writer = open("prog", O_WRONLY);
  pid_t child = fork();
  if (child == 0) {
    execl("./prog", "prog", "x", (char *)0);
    SAY("exec: %s", ERROR_NAME(errno));
    _exit(9);
  }
  waitpid(child, &status, 0);
  SAY("status %d", WEXITSTATUS(status));
  close(writer);
  pipe(ready);
  pipe(hold);
  child = fork();
  if (child == 0) {
    dup2(hold[0], 0);
    dup2(ready[1], 1);
    close(hold[1]);
    execl("./prog", "prog", "w", (char *)0);
    _exit(9);
  }
  char line[8];
  CHECK(read(ready[0], line, 8) == 8);
  CALL(open("prog", O_WRONLY));
  CALL(open("prog", O_RDWR | O_TRUNC));
  CALL(truncate("prog", 0));
  CALL(close(open("prog", O_RDONLY)));
  CHECK(write(hold[1], "x", 1) == 1);
  waitpid(child, &status, 0);
  SAY("status %d", WEXITSTATUS(status));
  CALL(close(open("prog", O_WRONLY)));
  CALL(unlink("prog"));
  return 0;
}
