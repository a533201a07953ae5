/* What calls refuse, in the order that Linux looks; and reads of files that are whole. */
/* guest: reference=native */
#include "guest.h"
#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define LARGE (5 * 1024 * 1024 + 3)

static void wholeReads(void)
{
    char *data = malloc(LARGE);
    memset(data, 7, LARGE);
    int file = open("large", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(write(file, data, LARGE) == LARGE);
    lseek(file, 0, SEEK_SET);
    CHECK(read(file, data, LARGE) == LARGE);
    CHECK(pread(file, data, LARGE, 1) == LARGE - 1);
    free(data);
    close(file);
}

static void places(void)
{
    struct termios settings;
    int place = open("large", O_PATH);
    CALL(ioctl(place, TCGETS, &settings));
    CALL(ioctl(place, 0x1234, &settings));
    CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, place, 0) == MAP_FAILED && errno == EBADF);
    CALL(accept(place, NULL, NULL));
    int file = open("large", O_RDWR);
    CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | (1 << 9), file, 0) == MAP_FAILED && errno == EOPNOTSUPP);
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_pid = 99};
    CHECK(fcntl(file, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK && lock.l_pid == 99);
    CALL((int)readahead(open(".", O_RDONLY), 0, 10));
    char text[8];
    CALL((int)readlink("", text, sizeof text));
}

static void directories(void)
{
    char entries[512];
    CHECK(mkdir("gone", 0700) == 0);
    int gone = open("gone", O_RDONLY | O_DIRECTORY);
    CHECK(rmdir("gone") == 0);
    CALL((int)syscall(SYS_getdents64, gone, entries, sizeof entries));
}

static void sockets(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    char data[8];
    int inet = socket(AF_INET, SOCK_DGRAM, 0);
    CALL(bind(inet, (struct sockaddr *)&name, sizeof name));
    CALL(access("socket", F_OK));
    CALL((int)recv(inet, data, sizeof data, MSG_ERRQUEUE));
}

static void epolls(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int pair[2], inner, outer;
    CHECK(pipe(pair) == 0);
    inner = pair[0];
    for (int depth = 0; depth < 6; depth++) {
        outer = epoll_create1(0);
        CALL(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event));
        inner = outer;
    }
    CALL(epoll_ctl(outer, EPOLL_CTL_ADD, open("/dev/zero", O_RDONLY), &event));
}

static void limits(void)
{
    struct rlimit limit = {1 << 20, 1 << 20};
    signal(SIGXFSZ, SIG_IGN);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CALL(truncate("large", LARGE + 1));
    CALL(truncate("absent", LARGE + 1));
    CALL(truncate("large", 1 << 20));
    struct timespec moment = {0, 1};
    CHECK(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &moment, NULL) == -1 && errno == EOPNOTSUPP);
    CALL((int)syscall(SYS_timer_settime, 0, 0, NULL, NULL));
}

/* Levels that a protocol does not have; ranges of what is no file; barriers that nobody registered for. */
static void protocols(void)
{
    int value = 0;
    socklen_t length = sizeof value;
    int stream = socket(AF_INET, SOCK_STREAM, 0), six = socket(AF_INET6, SOCK_STREAM, 0);
    int datagram = socket(AF_INET, SOCK_DGRAM, 0), local = socket(AF_UNIX, SOCK_STREAM, 0);
    int sockets[] = {stream, six, datagram, local};
    for (int i = 0; i < 4; i++) {
        CALL(setsockopt(sockets[i], 500, 1, &value, sizeof value));
        CALL(getsockopt(sockets[i], 500, 1, &value, &length));
        CALL(setsockopt(sockets[i], IPPROTO_UDP, 1, &value, sizeof value));
        CALL(getsockopt(sockets[i], IPPROTO_TCP, 9999, &value, &length));
        close(sockets[i]);
    }
    int null = open("/dev/null", O_RDWR);
    CALL(sync_file_range(null, 0, 1, 4));
    CALL(sync_file_range(null, -1, 1, 4));
    CALL(sync_file_range(99, 0, 1, 4));
    CALL(syscall(SYS_membarrier, 0, 1, 0));
    CALL(syscall(SYS_membarrier, 8, 0, 0));
    CALL(syscall(SYS_membarrier, 16, 0, 0));
    CALL(syscall(SYS_membarrier, 8, 0, 0));
    CALL(syscall(SYS_membarrier, 128, 0, 0));
    CALL(syscall(SYS_membarrier, 3, 0, 0));
    CALL(syscall(SYS_membarrier, -1, 0, 0));
}

static void affinity(void)
{
    unsigned long cpus[128] = {0};
    CALL(syscall(SYS_sched_getaffinity, -1, sizeof cpus, cpus));
    CALL(syscall(SYS_sched_getaffinity, -1, 0, cpus));
    CALL(syscall(SYS_sched_getaffinity, 99999999, sizeof cpus, cpus));
    CALL(syscall(SYS_sched_setaffinity, -1, sizeof cpus, cpus));
    CALL(syscall(SYS_sched_setaffinity, -1, sizeof cpus, 8));
    CALL(syscall(SYS_sched_setaffinity, 0, sizeof cpus, cpus));
    struct sched_param param = {0};
    CALL(sched_getparam(-1, &param));
    CALL(sched_getscheduler(-1));
}

int main(void)
{
    affinity();
    protocols();
    wholeReads();
    places();
    directories();
    sockets();
    epolls();
    limits();
    return 0;
}
