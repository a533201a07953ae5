/* fork, exit statuses, wait family. */
#include "guest.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int shared = 1;

static void show(int status) {
  if (WIFEXITED(status)) SAY("exited %d", WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) SAY("signaled %d", WTERMSIG(status));
  else if (WIFSTOPPED(status)) SAY("stopped %d", WSTOPSIG(status));
  else if (WIFCONTINUED(status)) SAY("continued");
}

int main(void) {
  int status;
  for (int code = 0; code < 300; code += 77) {
    pid_t pid = fork();
    if (pid == 0) {
      shared = code;
      _exit(code);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    show(status);
  }
  CHECK(shared == 1);

  int go[2];
  CALL(pipe(go));
  pid_t pid = fork();
  if (pid == 0) {
    char byte;
    raise(SIGSTOP);
    _exit(read(go[0], &byte, 1) == 1 ? 9 : 1);
  }
  CHECK(waitpid(pid, &status, WUNTRACED) == pid);
  show(status);
  CHECK(waitpid(pid, &status, WNOHANG) == 0);
  CALL(kill(pid, SIGCONT));
  CHECK(waitpid(pid, &status, WCONTINUED) == pid);
  show(status);
  VALUE(write(go[1], "x", 1));
  siginfo_t info;
  memset(&info, 0, sizeof info);
  CALL(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
  SAY("code %d status %d signo %d", info.si_code, info.si_status, info.si_signo);
  CHECK(info.si_pid == pid);
  struct rusage usage;
  CHECK(wait4(pid, &status, 0, &usage) == pid);
  show(status);

  if (fork() == 0) abort();
  CHECK(wait(&status) > 0);
  show(status);
  VALUE(wait(&status));
  VALUE(waitpid(-1, &status, WNOHANG));
  return 3;
}
