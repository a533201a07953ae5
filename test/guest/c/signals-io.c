/* Signal-driven I/O: O_ASYNC, who is told (F_SETOWN, F_SETOWN_EX) and how (F_SETSIG), on pipes, sockets, ttys. */
/* guest: reference=native sites=2 */
#include "guest.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

static int told_fd;

/* The signal that comes within a moment, and what it says. */
static const char *told(int sig)
{
    static char text[100];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, sig);
    siginfo_t info;
    struct timespec limit = {0, 100000000};
    if (sigtimedwait(&set, &info, &limit) < 0)
        return ERROR_NAME(errno);
    if (info.si_code == SI_KERNEL)
        return "SI_KERNEL";
    snprintf(text, sizeof text, "code %d band %lx fd %s", info.si_code, (long)info.si_band,
             info.si_fd == told_fd ? "as set" : "another");
    return text;
}

static void owners(int fd)
{
    struct f_owner_ex ex = {9, 9};
    VALUE(fcntl(fd, F_GETOWN));
    CALL(fcntl(fd, F_GETOWN_EX, &ex));
    SAY("type %d pid %d", ex.type, ex.pid);
    CALL(fcntl(fd, F_SETOWN, getpid()));
    CHECK(fcntl(fd, F_GETOWN) == getpid());
    CALL(fcntl(fd, F_GETOWN_EX, &ex));
    CHECK(ex.type == F_OWNER_PID && ex.pid == getpid());
    CALL(fcntl(fd, F_SETOWN, -getpgrp()));
    CHECK((int)syscall(SYS_fcntl, fd, F_GETOWN) == -getpgrp() || errno == (int)getpgrp());
    CALL(fcntl(fd, F_GETOWN_EX, &ex));
    CHECK(ex.type == F_OWNER_PGRP && ex.pid == getpgrp());
    ex = (struct f_owner_ex){F_OWNER_TID, gettid()};
    CALL(fcntl(fd, F_SETOWN_EX, &ex));
    CHECK(fcntl(fd, F_GETOWN) == gettid());
    CALL(fcntl(fd, F_GETOWN_EX, &ex));
    CHECK(ex.type == F_OWNER_TID && ex.pid == gettid());
    CALL(fcntl(fd, F_SETOWN, 0x7ffffff));
    CALL(fcntl(fd, F_SETOWN, -0x7ffffff));
    CALL(fcntl(fd, F_SETOWN, (int)0x80000000));
    CALL(fcntl(fd, F_SETOWN_EX, &(struct f_owner_ex){7, getpid()}));
    CALL(fcntl(fd, F_SETOWN_EX, &(struct f_owner_ex){F_OWNER_PID, 0x7ffffff}));
    CALL(fcntl(fd, F_SETOWN_EX, NULL));
    CHECK(fcntl(fd, F_GETOWN) == gettid());
    CALL(fcntl(fd, F_SETOWN, 0));
    VALUE(fcntl(fd, F_GETOWN));
    VALUE(fcntl(fd, F_GETSIG));
    CALL(fcntl(fd, F_SETSIG, 65));
    CALL(fcntl(fd, F_SETSIG, -1));
    CALL(fcntl(fd, F_SETSIG, SIGRTMIN));
    CHECK(fcntl(fd, F_GETSIG) == SIGRTMIN);
    CALL(fcntl(fd, F_SETSIG, 0));
    CALL(fcntl(99, F_SETOWN, getpid()));
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    CALL(fcntl(fd, F_SETOWN, child));
    wait(NULL);
    VALUE(fcntl(fd, F_GETOWN));
}

static void pipes(void)
{
    int ends[2];
    char room[100];
    pipe2(ends, O_NONBLOCK);
    owners(ends[0]);
    fcntl(ends[0], F_SETOWN, getpid());
    SAY("without O_ASYNC");
    write(ends[1], "x", 1);
    SAY("%s", told(SIGIO));
    CALL(fcntl(ends[0], F_SETFL, O_NONBLOCK | O_ASYNC));
    SAY("flags %x", fcntl(ends[0], F_GETFL) & (O_ASYNC | O_NONBLOCK));
    SAY("what was there before: %s", told(SIGIO));
    read(ends[0], room, 100);
    write(ends[1], "y", 1);
    SAY("%s", told(SIGIO));
    SAY("only once: %s", told(SIGIO));
    write(ends[1], "z", 1);
    SAY("more of it: %s", told(SIGIO));
    told_fd = ends[0];
    CALL(fcntl(ends[0], F_SETSIG, SIGRTMIN + 1));
    write(ends[1], "a", 1);
    SAY("%s", told(SIGRTMIN + 1));
    SAY("SIGIO no more: %s", told(SIGIO));
    CALL(fcntl(ends[0], F_SETSIG, SIGIO));
    write(ends[1], "b", 1);
    SAY("%s", told(SIGIO));
    int copy = dup(ends[0]);
    CHECK(fcntl(copy, F_GETOWN) == getpid());
    CHECK((fcntl(copy, F_GETFL) & O_ASYNC) != 0);
    close(ends[1]);
    SAY("the last writer is gone: %s", told(SIGIO));
    CALL(fcntl(ends[0], F_SETFL, O_NONBLOCK));
    SAY("flags %x", fcntl(ends[0], F_GETFL) & (O_ASYNC | O_NONBLOCK));
    close(ends[0]), close(copy);

    pipe2(ends, O_NONBLOCK);
    told_fd = ends[1];
    fcntl(ends[1], F_SETOWN, getpid());
    fcntl(ends[1], F_SETSIG, SIGRTMIN + 2);
    CALL(fcntl(ends[1], F_SETFL, O_NONBLOCK | O_ASYNC));
    static char much[1 << 16];
    while (write(ends[1], much, sizeof much) > 0)
        ;
    SAY("a full pipe: %s", told(SIGRTMIN + 2));
    read(ends[0], much, sizeof much);
    SAY("has room: %s", told(SIGRTMIN + 2));
    close(ends[0]), close(ends[1]);
}

static void sockets(void)
{
    int pair[2];
    char room[100];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    told_fd = pair[0];
    int on = 1, owner = getpid();
    CALL(ioctl(pair[0], FIOSETOWN, &owner));
    owner = 0;
    CALL(ioctl(pair[0], SIOCGPGRP, &owner));
    CHECK(owner == getpid());
    CALL(ioctl(pair[0], FIOASYNC, &on));
    CHECK((fcntl(pair[0], F_GETFL) & O_ASYNC) != 0);
    fcntl(pair[0], F_SETSIG, SIGRTMIN + 3);
    write(pair[1], "hello", 5);
    SAY("%s", told(SIGRTMIN + 3));
    read(pair[0], room, 100);
    SAY("reading is no news: %s", told(SIGRTMIN + 3));
    shutdown(pair[1], SHUT_WR);
    SAY("half closed: %s", told(SIGRTMIN + 3));
    close(pair[1]);
    SAY("closed: %s", told(SIGRTMIN + 3));
    on = 0;
    CALL(ioctl(pair[0], FIOASYNC, &on));
    CHECK((fcntl(pair[0], F_GETFL) & O_ASYNC) == 0);
    close(pair[0]);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    on = 1;
    CALL(ioctl(fd, FIOASYNC, &on));
    CALL(fcntl(fd, F_SETFL, O_ASYNC));
    CHECK((fcntl(fd, F_GETFL) & O_ASYNC) == 0);
    CALL(fcntl(fd, F_SETOWN, getpid()));
    CHECK(fcntl(fd, F_GETOWN) == getpid());
    int place = open("file", O_PATH);
    CALL(fcntl(place, F_SETOWN, getpid()));
    CALL(fcntl(place, F_GETOWN));
    CALL(fcntl(place, F_SETSIG, 1));
}

static void terminals(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    grantpt(master), unlockpt(master);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    struct termios t;
    tcgetattr(slave, &t);
    cfmakeraw(&t);
    tcsetattr(slave, TCSANOW, &t);
    told_fd = slave;
    fcntl(slave, F_SETOWN, getpid());
    fcntl(slave, F_SETSIG, SIGRTMIN + 4);
    CALL(fcntl(slave, F_SETFL, O_ASYNC));
    write(master, "k", 1);
    SAY("a key: %s", told(SIGRTMIN + 4));
}

static volatile int count, count_of_thread;
static pthread_t other;

static void count_io(int sig)
{
    (void)sig;
    count++;
    if (pthread_equal(pthread_self(), other))
        count_of_thread++;
}

static void *wait_there(void *fd)
{
    struct f_owner_ex ex = {F_OWNER_TID, gettid()};
    fcntl(*(int *)fd, F_SETOWN_EX, &ex);
    fcntl(*(int *)fd, F_SETFL, O_ASYNC | O_NONBLOCK);
    sigset_t others;
    sigfillset(&others);
    sigdelset(&others, SIGIO);
    write(((int *)fd)[1], "x", 1);
    while (count == 0)
        sigsuspend(&others);
    return NULL;
}

static void handlers(void)
{
    int ends[3];
    pipe(ends);
    signal(SIGIO, count_io);
    pthread_create(&other, NULL, wait_there, ends);
    pthread_join(other, NULL);
    SAY("one signal, to the thread: %d %d", count, count_of_thread);
    signal(SIGIO, SIG_DFL);
    fflush(stdout);
    int status, mine[2];
    pipe(mine);
    pid_t child = fork();
    if (child == 0) {
        sigset_t io;
        sigemptyset(&io);
        sigaddset(&io, SIGIO);
        sigprocmask(SIG_UNBLOCK, &io, NULL);
        fcntl(mine[0], F_SETOWN, getpid());
        fcntl(mine[0], F_SETFL, O_ASYNC);
        write(mine[1], "x", 1);
        sleep(5);
        _exit(0);
    }
    waitpid(child, &status, 0);
    SAY("SIGIO ends a process: %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int main(void)
{
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGINT), sigdelset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pipes();
    sockets();
    terminals();
    handlers();
    return 0;
}
