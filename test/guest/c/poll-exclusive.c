/* EPOLLEXCLUSIVE: of many who wait for one object, one is told. */
/* guest: reference=native */
#include "guest.h"
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

enum { WAITERS = 5 };
static volatile int *shared;

static void nap(int ms)
{
    nanosleep(&(struct timespec){0, ms * 1000000L}, NULL);
}

/* Children with an epoll of their own each on `fd`; `work` makes it ready; how many were told. */
static int told(int fd, uint32_t events, void (*work)(int), int to)
{
    fflush(stdout);
    shared[0] = shared[1] = 0;
    pid_t children[WAITERS];
    for (int i = 0; i < WAITERS; i++)
        if ((children[i] = fork()) == 0) {
            int ep = epoll_create1(0);
            struct epoll_event event = {events, {.u32 = i}};
            epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
            __atomic_add_fetch(&shared[0], 1, __ATOMIC_SEQ_CST);
            if (epoll_wait(ep, &event, 1, -1) == 1)
                __atomic_add_fetch(&shared[1], 1, __ATOMIC_SEQ_CST);
            pause();
        }
    while (shared[0] < WAITERS)
        nap(1);
    nap(100);
    work(to);
    nap(200);
    int count = shared[1];
    for (int i = 0; i < WAITERS; i++)
        kill(children[i], SIGKILL), waitpid(children[i], NULL, 0);
    return count;
}

static void write_one(int fd)
{
    write(fd, "12345678", 8);
}

static void write_two(int fd)
{
    write(fd, "1", 1);
    nap(50);
    write(fd, "2", 1);
}

static void knock(int unused)
{
    (void)unused;
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = {AF_UNIX, "door"};
    connect(s, (struct sockaddr *)&name, sizeof name);
}

int main(void)
{
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int ends[2];
    pipe(ends);
    SAY("everybody: %d", told(ends[0], EPOLLIN, write_one, ends[1]));
    pipe(ends);
    SAY("one: %d", told(ends[0], EPOLLIN | EPOLLEXCLUSIVE, write_one, ends[1]));
    SAY("at once, while it is ready: %d", told(ends[0], EPOLLIN | EPOLLEXCLUSIVE, nap, 1));
    pipe(ends);
    SAY("one for each event: %d", told(ends[0], EPOLLIN | EPOLLEXCLUSIVE | EPOLLET, write_two, ends[1]));
    int counter = eventfd(0, 0);
    SAY("eventfd: %d", told(counter, EPOLLIN | EPOLLEXCLUSIVE, write_one, counter));
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    SAY("socket: %d", told(pair[0], EPOLLIN | EPOLLEXCLUSIVE, write_one, pair[1]));
    int door = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = {AF_UNIX, "door"};
    bind(door, (struct sockaddr *)&name, sizeof name);
    listen(door, 5);
    SAY("a caller: %d", told(door, EPOLLIN | EPOLLEXCLUSIVE, knock, 0));
    return 0;
}
