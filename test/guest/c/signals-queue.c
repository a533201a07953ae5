/* RLIMIT_SIGPENDING: how many signals queue, which are refused then, and which lose what they tell. */
/* guest: reference=native */
#include "guest.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static int take(int sig, siginfo_t *info)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, sig);
    return sigtimedwait(&set, info, &(struct timespec){0, 0});
}

/* How many come, and the sum of their values. */
static void drain(const char *what, int sig)
{
    siginfo_t info;
    int count = 0, sum = 0, codes = 0;
    while (take(sig, &info) == sig) {
        count++;
        codes += info.si_code;
        if (info.si_code == SI_QUEUE)
            sum += info.si_value.sival_int;
    }
    SAY("%s: %d, codes %d, values %d", what, count, codes, sum);
}

static void queue_until_refused(const char *what, int sig)
{
    int sent = 0;
    while (sent < 100 && sigqueue(getpid(), sig, (union sigval){.sival_int = 1}) == 0)
        sent++;
    SAY("%s: %d then %s", what, sent, sent < 100 ? ERROR_NAME(errno) : "no end");
}

int main(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    /* As a user of its own: what root has queued elsewhere counts, too. */
    setuid(54321);
    struct rlimit limit = {5, 10};
    CALL(setrlimit(RLIMIT_SIGPENDING, &limit));
    queue_until_refused("real-time", SIGRTMIN);
    CALL(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 1}));
    CALL(kill(getpid(), SIGRTMIN + 1));
    CALL(kill(getpid(), SIGRTMIN + 1));
    CALL(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 7}));
    CALL(kill(getpid(), SIGUSR2));
    drain("kill of a real-time one", SIGRTMIN + 1);
    drain("sigqueue of a classic one", SIGUSR1);
    drain("kill of a classic one", SIGUSR2);
    drain("real-time", SIGRTMIN);
    queue_until_refused("again", SIGRTMIN + 2);
    siginfo_t info;
    take(SIGRTMIN + 2, &info);
    queue_until_refused("one more", SIGRTMIN + 3);
    limit.rlim_cur = 8;
    CALL(setrlimit(RLIMIT_SIGPENDING, &limit));
    queue_until_refused("with a higher limit", SIGRTMIN + 3);
    fflush(stdout);
    if (fork() == 0) {
        drain("a child has none of them", SIGRTMIN + 3);
        _exit(0);
    }
    wait(NULL);
    drain("third", SIGRTMIN + 3);
    drain("second", SIGRTMIN + 2);
    limit.rlim_cur = 2;
    CALL(setrlimit(RLIMIT_SIGPENDING, &limit));
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    CALL(timer_create(CLOCK_MONOTONIC, &event, &timer));
    CALL(timer_create(CLOCK_MONOTONIC, &event, &timer));
    CALL(timer_create(CLOCK_MONOTONIC, &event, &timer));
    queue_until_refused("beside two timers", SIGRTMIN);
    return 0;
}
