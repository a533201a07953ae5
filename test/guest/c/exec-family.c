/* guest: reference=native */
/* exec of this program again, by every way, with arguments, environment and descriptors. */
#include "guest.h"
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

static void finish(pid_t pid) {
  int status;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status)) SAY("exit %d", WEXITSTATUS(status));
  else SAY("signal %d", WTERMSIG(status));
}

int main(int argc, char **argv) {
  if (argc > 1) {
    for (int i = 1; i < argc; i++) SAY("arg %s", argv[i]);
    SAY("VAR=%s", getenv("VAR") ? getenv("VAR") : "(none)");
    SAY("fd 30 %s", fcntl(30, F_GETFD) < 0 ? "closed" : "open");
    SAY("fd 31 %s", fcntl(31, F_GETFD) < 0 ? "closed" : "open");
    return argc;
  }
  char self[4096];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  self[n] = 0;
  dup2(1, 30);
  fcntl(dup2(1, 31), F_SETFD, FD_CLOEXEC);
  setenv("VAR", "value", 1);
  if (fork() == 0) execl(self, "name", "execl", "two words", (char *)NULL), _exit(99);
  wait(NULL);
  pid_t pid = fork();
  if (pid == 0) execve(self, (char *[]){"name", "execve", NULL}, (char *[]){"VAR=other", NULL}), _exit(99);
  finish(pid);
  pid = vfork();
  if (pid == 0) execl(self, "name", "vfork", (char *)NULL), _exit(99);
  finish(pid);
  int fd = open(self, O_RDONLY);
  pid = fork();
  if (pid == 0) fexecve(fd, (char *[]){"name", "fexecve", NULL}, environ), _exit(99);
  finish(pid);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclose(&actions, 30);
  int spawned = posix_spawn(&pid, self, &actions, NULL, (char *[]){"name", "posix_spawn", NULL}, environ);
  finish(pid);
  SAY("%s", ERROR_NAME(spawned));
  SAY("%s", ERROR_NAME(posix_spawn(&pid, "/absent", NULL, NULL, (char *[]){"x", NULL}, environ)));

  CALL(execl("/absent", "x", (char *)NULL));
  CALL(execl(".", "x", (char *)NULL));
  int script = open("script", O_WRONLY | O_CREAT, 0755);
  dprintf(script, "#!%s from script\n", self);
  close(script);
  pid = fork();
  if (pid == 0) execl("./script", "ignored", "last", (char *)NULL), _exit(99);
  finish(pid);
  int big = open("nothing", O_WRONLY | O_CREAT, 0755);
  close(big);
  CALL(execl("./nothing", "x", (char *)NULL));
  chmod("script", 0644);
  SAY("%d", system("exit 3") >> 8);
  FILE *p = popen("echo from a shell; exit 5", "r");
  char line[100];
  while (fgets(line, sizeof line, p)) SAY("popen: %.*s", (int)strcspn(line, "\n"), line);
  SAY("pclose %d", pclose(p) >> 8);
  return 0;
}
