/* guest: args=one,,two words stdin=a line */
/* Arguments, environment, standard input, descriptors at start. */
#include "guest.h"

extern char **environ;

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) SAY("argv[%d] = '%s'", i, argv[i]);
  CHECK(argv[argc] == NULL);
  SAY("HOME=%s", getenv("HOME"));
  SAY("LANG=%s", getenv("LANG"));
  CHECK(getenv("ABSENT") == NULL);
  char line[100];
  CHECK(fgets(line, sizeof line, stdin) != NULL);
  SAY("read '%s'", line);
  CHECK(fgets(line, sizeof line, stdin) == NULL);
  for (int fd = 0; fd < 6; fd++) SAY("fd %d: %s", fd, dup2(fd, 20) < 0 ? ERROR_NAME(errno) : "open");
  return argc;
}
