/* CLONE_PARENT makes a sibling; signals by pidfd and by a directory of /proc, with what they carry. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int value;

static void hear(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    value = info->si_value.sival_int;
}

static long sendBy(int fd, int sig, siginfo_t *info)
{
    return syscall(SYS_pidfd_send_signal, fd, sig, info, 0);
}

int main(void)
{
    int status;
    pid_t me = getpid();
    fflush(stdout);
    pid_t first = fork();
    if (first == 0) {
        pid_t sibling = (pid_t)syscall(SYS_clone, (long)(CLONE_PARENT | SIGCHLD), 0L, 0L, 0L, 0L);
        if (sibling == 0)
            _exit(getppid() == me ? 3 : 4);
        _exit(waitpid(sibling, NULL, 0) == -1 ? 5 : 6);
    }
    CHECK(waitpid(first, &status, 0) == first);
    VALUE(WEXITSTATUS(status));
    CHECK(wait(&status) > 0);
    VALUE(WEXITSTATUS(status));

    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = hear;
    action.sa_flags = SA_SIGINFO;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = SIGUSR1;
    info.si_code = SI_QUEUE;
    info.si_value.sival_int = 77;
    int pidfd = (int)syscall(SYS_pidfd_open, me, 0);
    CALL(sendBy(pidfd, SIGUSR1, &info));
    VALUE(value);
    info.si_value.sival_int = 78;
    CALL(sendBy(open("/proc/self", O_RDONLY | O_DIRECTORY), SIGUSR1, &info));
    VALUE(value);
    CALL(sendBy(pidfd, SIGUSR2, &info));
    CALL(sendBy(pidfd, 65, NULL));
    CALL(sendBy(1, SIGUSR1, NULL));
    CALL(sendBy(pidfd, 0, NULL));
    return 0;
}
