/* MAP_GROWSDOWN: a fault below the region extends it, as far as the guard gap, the limits and neighbours let. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { P = 4096, GAP = 256 };

static int region_count(char *at, int pages)
{
    /* How many of the pages at `at` are mapped: mincore refuses the others. */
    unsigned char there[1];
    int count = 0;
    for (int i = 0; i < pages; i++)
        count += mincore(at + (long)i * P, P, there) == 0;
    return count;
}

/* The highest page of a fresh range of `pages`, growing; the range below it is free. */
static char *growing(int pages, int flags, int prot)
{
    char *at = mmap(NULL, (long)pages * P, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    munmap(at, (long)pages * P);
    char *top = at + (long)(pages - 1) * P;
    char *got = mmap(top, P, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN | flags, -1, 0);
    return got == top ? top : NULL;
}

/* What a child meets that writes at `at`: 0, or the signal. */
static int touched(volatile char *at, int writes)
{
    fflush(stdout);
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        if (writes)
            *at = 1;
        else
            (void)*at;
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void grows(void)
{
    char *top = growing(600, 0, PROT_READ | PROT_WRITE);
    SAY("mapped %d", region_count(top - 599L * P, 600));
    top[-1] = 5;
    SAY("one below: mapped %d", region_count(top - 599L * P, 600));
    top[-100 * P] = 6;
    SAY("far below: mapped %d", region_count(top - 599L * P, 600));
    SAY("read below: %d", top[-200 * P]);
    int fds[2];
    pipe(fds);
    write(fds[1], "by the kernel", 13);
    SAY("read(2) into it: %zd", read(fds[0], top - 250 * P, 13));
    SAY("%.13s", top - 250 * P);
    SAY("write(2) from it: %zd", write(fds[1], top - 260 * P, 10));
    SAY("mapped %d", region_count(top - 599L * P, 600));
    SAY("a child grows its own: %d", touched(top - 300 * P, 1));
    SAY("here %d", region_count(top - 599L * P, 600));
    CALL(mprotect(top - 10 * P, P, PROT_READ));
    CALL(mprotect(top - 250 * P, P, PROT_READ | PROT_GROWSDOWN));
    SAY("now for reading: %d", touched(top - 260 * P, 0));
    SAY("not for writing: %d", touched(top - 260 * P, 1));
    SAY("where it grows: %d", touched(top - 261 * P, 0));
    SAY("above is as before: %d", touched(top, 1));
}

static void neighbours(void)
{
    for (int gap = GAP - 1; gap <= GAP + 1; gap++) {
        char *top = growing(600, 0, PROT_READ | PROT_WRITE);
        mmap(top - (gap + 2L) * P, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        SAY("%d pages free: %d", gap + 1, touched(top - 1, 1));
        SAY("next to it: %d", touched(top - (gap + 1L) * P, 1));
        munmap(top - 599L * P, 600L * P);
    }
    char *top = growing(600, 0, PROT_READ | PROT_WRITE);
    mmap(top - 20L * P, P, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    SAY("without rights below: %d", touched(top - 19 * P, 1));
    SAY("there: %d", touched(top - 20 * P, 1));
    mmap(top - 40L * P, P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    munmap(top - 20L * P, P);
    SAY("another growing below: %d", touched(top - 39 * P, 1));
    SAY("there: %d", touched(top - 40 * P, 1));
    char *none = growing(600, 0, PROT_NONE);
    SAY("without rights itself: %d", touched(none - 1, 1));
}

static void placement(void)
{
    char *top = growing(600, 0, PROT_READ | PROT_WRITE);
    char *wish = mmap(top - 50L * P, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SAY("a wish in the gap is kept: %d", wish == top - 50L * P);
    wish = mmap(top - 300L * P, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SAY("a wish below the gap is kept: %d", wish == top - 300L * P);
    char *fixed = mmap(top - 50L * P, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    SAY("MAP_FIXED_NOREPLACE in the gap: %d", fixed == top - 50L * P);
}

static void limits(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = 64 * P;
    char *top = growing(600, 0, PROT_READ | PROT_WRITE);
    fflush(stdout);
    if (fork() == 0) {
        CALL(setrlimit(RLIMIT_STACK, &limit));
        SAY("to the limit %d", touched(top - 63 * P, 1));
        SAY("beyond it %d", touched(top - 64 * P, 1));
        _exit(0);
    }
    wait(NULL);
}

static void refused(void)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    ftruncate(fd, P);
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_SHARED | MAP_GROWSDOWN, fd, 0));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
    char *plain = mmap(NULL, 4 * P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CALL(mprotect(plain, P, PROT_READ | PROT_GROWSDOWN));
    CALL(mprotect(plain, P, PROT_READ | PROT_GROWSUP));
    CALL(mprotect(plain, P, PROT_READ | PROT_GROWSUP | PROT_GROWSDOWN));
    CALL(mprotect(plain, P, PROT_READ | 8));
    CALL(mprotect(plain, P, PROT_READ | 16));
}

__attribute__((noinline)) static long deep(long depth)
{
    volatile char frame[2000];
    frame[0] = (char)depth;
    long below = depth == 0 ? 0 : deep(depth - 1);
    return below + frame[0] - (char)depth + 1;
}

static void main_stack(void)
{
    fflush(stdout);
    if (fork() == 0) {
        SAY("within 8 MiB: %ld", deep(3500));
        struct rlimit more = {16 << 20, RLIM_INFINITY};
        setrlimit(RLIMIT_STACK, &more);
        SAY("with more of it: %ld", deep(7000));
        _exit(0);
    }
    int status;
    wait(&status);
    SAY("ended %x", status);
    fflush(stdout);
    if (fork() == 0) {
        struct rlimit less = {4 << 20, RLIM_INFINITY};
        setrlimit(RLIMIT_STACK, &less);
        SAY("within less: %ld", deep(1500));
        SAY("beyond: %ld", deep(3500));
        _exit(0);
    }
    wait(&status);
    SAY("ended by %d", WTERMSIG(status));
}

int main(void)
{
    grows();
    neighbours();
    placement();
    limits();
    refused();
    main_stack();
    return 0;
}
