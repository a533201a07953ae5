/* Processes that share their descriptors (CLONE_FILES), until one execs, ends or asks for its own. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t sharing(void)
{
    fflush(stdout);
    return (pid_t)syscall(SYS_clone, (long)(CLONE_FILES | SIGCHLD), 0L, 0L, 0L, 0L);
}

static int isOpen(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return isOpen(20) ? 4 : 5;
    int status;
    CHECK(dup2(1, 20) == 20);
    if (sharing() == 0) {
        close(20);
        _exit(dup2(1, 21) == 21 ? 0 : 1);
    }
    CHECK(wait(&status) > 0 && status == 0);
    CHECK(!isOpen(20) && isOpen(21));

    CHECK(dup2(1, 20) == 20 && fcntl(20, F_SETFD, FD_CLOEXEC) == 0);
    if (sharing() == 0)
        execl("/proc/self/exe", argv[0], "again", NULL);
    CHECK(wait(&status) > 0);
    VALUE(WEXITSTATUS(status));
    CHECK(isOpen(20) && isOpen(21));

    if (sharing() == 0)
        _exit(syscall(SYS_close_range, 20, 30, 2) != 0 || isOpen(20) || !isOpen(1));
    CHECK(wait(&status) > 0 && status == 0);
    CHECK(isOpen(20) && isOpen(21));

    if (sharing() == 0)
        _exit(unshare(CLONE_FILES | CLONE_FS | CLONE_SYSVSEM) != 0 || close(20) != 0 || dup2(1, 22) != 22);
    CHECK(wait(&status) > 0 && status == 0);
    CHECK(isOpen(20) && isOpen(21) && !isOpen(22));
    CALL(unshare(0));
    CALL(unshare(CLONE_FILES));
    CALL(unshare(-1));
    CALL(unshare(CLONE_VFORK));

    if (sharing() == 0)
        _exit(syscall(SYS_close_range, 20, 30, 0) != 0);
    CHECK(wait(&status) > 0 && status == 0);
    CHECK(!isOpen(20) && !isOpen(21) && isOpen(1));
    return 0;
}
