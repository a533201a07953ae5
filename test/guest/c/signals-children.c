/* Signals of children and of threads: exit signals, one-shot handlers, what a wait answers, whom kill reaches. */
/* guest: reference=native */
#include "guest.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int heard, heardPid, thread;

static void hear(int sig, siginfo_t *info, void *context)
{
    (void)context;
    heard = sig;
    heardPid = info->si_pid;
}

/* A fork whose end is told by another signal. */
static pid_t forkTelling(int sig)
{
    fflush(stdout);
    return (pid_t)syscall(SYS_clone, (long)sig, 0L, 0L, 0L, 0L);
}

static void handle(int sig, int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = hear;
    action.sa_flags = flags | SA_SIGINFO;
    CHECK(sigaction(sig, &action, NULL) == 0);
}

static void *live(void *nothing)
{
    thread = (int)syscall(SYS_gettid);
    while (!heard)
        usleep(1000);
    return nothing;
}

int main(void)
{
    int status;
    handle(SIGUSR1, 0);
    pid_t child = forkTelling(SIGUSR1);
    if (child == 0) {
        usleep(20000);
        _exit(7);
    }
    CHECK(waitpid(child, &status, __WALL) == child && WEXITSTATUS(status) == 7);
    CHECK(heard == SIGUSR1 && heardPid == child);

    signal(SIGCHLD, SIG_IGN);
    child = forkTelling(SIGUSR1);
    if (child == 0)
        _exit(8);
    while (waitpid(child, &status, __WALL) != child)
        ;
    CHECK(WEXITSTATUS(status) == 8);
    signal(SIGCHLD, SIG_DFL);

    struct sigaction now;
    handle(SIGUSR2, SA_RESETHAND);
    raise(SIGUSR2);
    CHECK(sigaction(SIGUSR2, NULL, &now) == 0);
    CHECK(now.sa_handler == SIG_DFL && (now.sa_flags & SA_SIGINFO) != 0);

    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_code = SI_QUEUE;
    CALL((int)syscall(SYS_rt_sigqueueinfo, -1, SIGUSR1, &info));
    CALL((int)syscall(SYS_rt_sigqueueinfo, 0, SIGUSR1, &info));

    heard = 0;
    pthread_t other;
    CHECK(pthread_create(&other, NULL, live, NULL) == 0);
    while (!thread)
        usleep(1000);
    CALL(kill(thread, SIGUSR1));
    CHECK(pthread_join(other, NULL) == 0);
    CHECK(heard == SIGUSR1);
    return 0;
}
