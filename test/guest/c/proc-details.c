/* /proc/self: smaps, smaps_rollup, pagemap, fdinfo, io, limits. */
/* guest: reference=native sites=2 */
#include "guest.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

enum { P = 4096 };
static char text[1 << 20];

static char *whole(const char *path)
{
    int fd = open(path, O_RDONLY);
    ssize_t have = 0, count;
    while (fd >= 0 && (count = read(fd, text + have, sizeof text - 1 - have)) > 0)
        have += count;
    text[have] = 0;
    close(fd);
    return text;
}

/* A row of the entry of smaps that begins at `at`, with its spaces made one. */
static const char *row(char *at, const char *name)
{
    static char line[200];
    char head[32];
    snprintf(head, sizeof head, "%lx-", (long)at);
    char *entry = strstr(whole("/proc/self/smaps"), head);
    if (!entry)
        return "no entry";
    char *end = strstr(entry, "VmFlags:");
    char *found = strstr(entry, name);
    if (!found || found > end)
        return "no row";
    int n = 0;
    for (char *c = found; *c != '\n' && n < 199; c++)
        if (*c != ' ' || c[1] != ' ')
            line[n++] = *c;
    while (n > 0 && line[n - 1] == ' ')
        n--;
    line[n] = 0;
    return line;
}

static void memory_rows(const char *what, char *at)
{
    const char *rows[] = {"Size:", "Rss:", "Pss:", "Shared_Dirty:", "Private_Dirty:", "Anonymous:", "Swap:", "Locked:"};
    SAY("%s", what);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        SAY("  %s", row(at, rows[i]));
}

static int has_flag(char *at, const char *flag)
{
    const char *flags = row(at, "VmFlags:");
    return strstr(flags, flag) != NULL;
}

static void smaps(void)
{
    char *at = mmap(NULL, 10 * P, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(at + P, 8 * P, PROT_READ | PROT_WRITE);
    at += P;
    memset(at, 1, 3 * P);
    memory_rows("three of eight pages", at);
    SAY("flags %d %d %d", has_flag(at, " rd"), has_flag(at, " wr"), has_flag(at, " ex"));
    fflush(stdout);
    if (fork() == 0) {
        memory_rows("shared with the parent", at);
        at[0] = 2;
        memory_rows("one of them changed", at);
        _exit(0);
    }
    wait(NULL);
    memory_rows("after the child", at);
    mlock(at, 8 * P);
    memory_rows("locked", at);
    SAY("flags %d", has_flag(at, " lo"));
    munlock(at, 8 * P);
    madvise(at, 8 * P, MADV_DONTFORK);
    SAY("flags %d", has_flag(at, " dc"));
    madvise(at, 8 * P, MADV_DOFORK);
    madvise(at, 8 * P, MADV_WIPEONFORK);
    SAY("flags %d", has_flag(at, " wf"));
    mprotect(at, 8 * P, PROT_READ);
    SAY("flags %d", has_flag(at, " wr"));
    char *rollup = whole("/proc/self/smaps_rollup");
    CHECK(strstr(rollup, "[rollup]\nRss:") != NULL);
    const char *names[] = {"Pss:", "Pss_Dirty:", "Pss_Anon:", "Pss_File:", "Pss_Shmem:", "Shared_Clean:", "Private_Dirty:",
                           "Referenced:", "Anonymous:", "LazyFree:", "Swap:", "SwapPss:", "Locked:", "Size:", "VmFlags:"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        SAY("%s %d", names[i], strstr(rollup, names[i]) != NULL);
}

static void pagemap(void)
{
    int fd = open("/proc/self/pagemap", O_RDONLY);
    char *at = mmap(NULL, 8 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *shared = mmap(NULL, 8 * P, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    at[P] = 1, at[5 * P] = 1, shared[2 * P] = 1;
    uint64_t entries[8];
    SAY("%zd", pread(fd, entries, sizeof entries, (long)at / P * 8));
    for (int i = 0; i < 8; i++)
        SAY("private %d: present %d swapped %d of a file %d", i, (int)(entries[i] >> 63), (int)(entries[i] >> 62 & 1),
            (int)(entries[i] >> 61 & 1));
    SAY("%zd", pread(fd, entries, sizeof entries, (long)shared / P * 8));
    SAY("shared: present %d of a file %d", (int)(entries[2] >> 63), (int)(entries[2] >> 61 & 1));
    SAY("before it %d", (int)(entries[1] >> 63));
    munmap(at, 8 * P);
    pread(fd, entries, sizeof entries, (long)at / P * 8);
    SAY("unmapped %d", (int)(entries[1] >> 63));
    CALL(pread(fd, entries, 7, 0));
    CALL(pread(fd, entries, 8, 4));
    VALUE(pread(fd, entries, 8, 0));
    lseek(fd, (long)shared / P * 8, SEEK_SET);
    VALUE(read(fd, entries, 24));
    SAY("by its own position %d", (int)(entries[2] >> 63));
    close(fd);
}

/* A row of fdinfo. */
static const char *info(int fd, const char *name)
{
    static char line[200];
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    char *found = strstr(whole(path), name);
    if (!found)
        return "none";
    snprintf(line, sizeof line, "%.*s", (int)strcspn(found, "\n"), found);
    return line;
}

static void descriptors(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
    write(fd, "0123456789", 10);
    lseek(fd, 4, SEEK_SET);
    SAY("%s", info(fd, "pos:"));
    CHECK(strtol(info(fd, "flags:") + 6, NULL, 8) == (O_RDWR | O_CLOEXEC | O_APPEND | 0100000) ||
          strtol(info(fd, "flags:") + 6, NULL, 8) == (O_RDWR | O_CLOEXEC | O_APPEND));
    struct stat st;
    fstat(fd, &st);
    CHECK(atol(info(fd, "ino:") + 4) == (long)st.st_ino);
    CHECK(strncmp(info(fd, "mnt_id:"), "mnt_id:\t", 8) == 0);
    int ends[2];
    pipe2(ends, O_NONBLOCK);
    SAY("pipe %s", info(ends[1], "pos:"));
    SAY("pipe %s", info(ends[1], "flags:"));
    int counter = eventfd(0, EFD_SEMAPHORE);
    eventfd_write(counter, 300);
    SAY("%s", info(counter, "eventfd-count:"));
    int ep = epoll_create1(0);
    struct epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 0x1234567890abcdef}};
    epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &event);
    char wanted[100];
    snprintf(wanted, sizeof wanted, "tfd: %8d events: %8x data: %16llx  pos:0 ino:", ends[0],
             EPOLLIN | EPOLLET | EPOLLERR | EPOLLHUP, 0x1234567890abcdefLL);
    CHECK(strncmp(info(ep, "tfd:"), wanted, strlen(wanted)) == 0);
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    SAY("%s", info(timer, "clockid:"));
    SAY("%s", info(timer, "ticks:"));
    SAY("%s", info(timer, "it_value:"));
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &(struct itimerspec){{7, 500000000}, {1L << 30, 0}}, NULL);
    SAY("%s", info(timer, "it_interval:"));
    SAY("%s", info(timer, "settime flags:"));
    CHECK(strcmp(info(timer, "it_value:"), "it_value: (0, 0)") != 0);
    int watcher = inotify_init1(0);
    int wd = inotify_add_watch(watcher, "file", IN_MODIFY | IN_ATTRIB);
    snprintf(wanted, sizeof wanted, "inotify wd:%x ino:%lx sdev:", wd, (long)st.st_ino);
    CHECK(strncmp(info(watcher, "inotify"), wanted, strlen(wanted)) == 0);
    CHECK(strstr(info(watcher, "inotify"), " mask:6 ignored_mask:0 ") != NULL);
    inotify_add_watch(watcher, "file", IN_DELETE_SELF);
    CHECK(strstr(info(watcher, "inotify"), " mask:400 ") != NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1), sigaddset(&set, SIGHUP);
    SAY("%s", info(signalfd(-1, &set, 0), "sigmask:"));
    int me = syscall(SYS_pidfd_open, getpid(), 0);
    CHECK(atoi(info(me, "Pid:") + 4) == getpid());
    CALL(open("/proc/self/fdinfo/99", O_RDONLY));
}

static long counted(const char *name)
{
    char *found = strstr(whole("/proc/self/io"), name);
    return found ? atol(found + strlen(name)) : -1;
}

static void counts(void)
{
    static char room[5000];
    int fd = open("file", O_RDWR);
    write(fd, room, 5000);
    long chars = counted("wchar:"), calls = counted("syscw:");
    pwrite(fd, room, 3000, 0);
    fflush(stdout);
    CHECK(counted("wchar:") - chars >= 3000);
    CHECK(counted("syscw:") - calls >= 1);
    chars = counted("rchar:"), calls = counted("syscr:");
    CHECK(chars > 0 && calls > 0);
    pread(fd, room, 5000, 0);
    CHECK(counted("rchar:") - chars >= 5000);
    CHECK(counted("syscr:") - calls >= 2);
    CHECK(counted("read_bytes:") >= 0 && counted("cancelled_write_bytes:") == 0);
}

static void limits(void)
{
    struct rlimit limit = {4096, 8192};
    setrlimit(RLIMIT_FSIZE, &limit);
    setrlimit(RLIMIT_CORE, &limit);
    limit.rlim_max = 100, limit.rlim_cur = 50;
    setrlimit(RLIMIT_NOFILE, &limit);
    char *line = whole("/proc/self/limits");
    while (*line) {
        int name = strcspn(line, "\n");
        const char *shown[] = {"Limit", "Max file size", "Max core", "Max open files", "Max cpu", "Max nice", "Max realtime"};
        int all = 0;
        for (unsigned i = 0; i < sizeof shown / sizeof *shown; i++)
            all |= strncmp(line, shown[i], strlen(shown[i])) == 0;
        SAY("[%.*s]", all ? name : 25, line);
        line += name + 1;
    }
}

int main(void)
{
    smaps();
    pagemap();
    descriptors();
    counts();
    limits();
    return 0;
}
