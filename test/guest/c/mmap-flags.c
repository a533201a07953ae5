/* Every flag of mmap(2): what it asks for, and what is refused. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { P = 4096 };
enum { RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS };
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif
/* A flag that no kernel knows. */
enum { STRANGE = 0x200000 };

static int resident(char *at, int pages)
{
    unsigned char there[16];
    int count = 0;
    if (mincore(at, (size_t)pages * P, there) != 0)
        return -1;
    for (int i = 0; i < pages; i++)
        count += there[i] & 1;
    return count;
}

static void residence(void)
{
    SAY("plain %d", resident(mmap(NULL, 4 * P, RW, ANON, -1, 0), 4));
    SAY("MAP_POPULATE %d", resident(mmap(NULL, 4 * P, RW, ANON | MAP_POPULATE, -1, 0), 4));
    SAY("MAP_POPULATE of nothing allowed %d", resident(mmap(NULL, 4 * P, PROT_NONE, ANON | MAP_POPULATE, -1, 0), 4));
    SAY("with MAP_NONBLOCK %d", resident(mmap(NULL, 4 * P, RW, ANON | MAP_POPULATE | MAP_NONBLOCK, -1, 0), 4));
    SAY("MAP_NONBLOCK %d", resident(mmap(NULL, 4 * P, RW, ANON | MAP_NONBLOCK, -1, 0), 4));
    SAY("MAP_LOCKED %d", resident(mmap(NULL, 4 * P, RW, ANON | MAP_LOCKED, -1, 0), 4));
    SAY("MAP_LOCKED MAP_NONBLOCK %d", resident(mmap(NULL, 4 * P, RW, ANON | MAP_LOCKED | MAP_NONBLOCK, -1, 0), 4));
    SAY("shared MAP_POPULATE %d", resident(mmap(NULL, 4 * P, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0), 4));
    char *stack = mmap(NULL, 4 * P, RW, ANON | MAP_STACK | MAP_NORESERVE, -1, 0);
    stack[0] = 1;
    CHECK(stack != MAP_FAILED);
}

static void validated(int fd)
{
    int flags[] = {0, MAP_FIXED_NOREPLACE, STRANGE, 0x4000000, MAP_GROWSDOWN, MAP_POPULATE, MAP_STACK,
                   MAP_NORESERVE, MAP_LOCKED, MAP_DENYWRITE | MAP_EXECUTABLE, MAP_NONBLOCK, MAP_HUGETLB,
                   21 << MAP_HUGE_SHIFT, 30 << MAP_HUGE_SHIFT, 25 << MAP_HUGE_SHIFT};
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++) {
        SAY("flag %x", flags[i]);
        char *free = mmap(NULL, P, PROT_NONE, ANON, -1, 0);
        munmap(free, P);
        CALL((long)mmap(free, P, PROT_READ, MAP_SHARED_VALIDATE | flags[i], fd, 0));
        munmap(free, P);
        CALL((long)mmap(free, P, PROT_READ, MAP_SHARED | flags[i], fd, 0));
        munmap(free, P);
        CALL((long)mmap(free, P, PROT_READ, MAP_PRIVATE | flags[i], fd, 0));
    }
    CALL((long)mmap(NULL, P, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_SYNC, -1, 0));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | STRANGE, -1, 0));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_DROPPABLE, fd, 0));
    for (int type = 4; type < 16; type++)
        if (type != MAP_DROPPABLE)
            CALL((long)mmap(NULL, P, PROT_READ, type | MAP_ANONYMOUS, -1, 0));
}

static void droppable(void)
{
    char *at = mmap(NULL, 2 * P, RW, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    if (at == MAP_FAILED)
        return;
    at[0] = 7;
    SAY("%d", at[0]);
    CALL(mlock(at, P));
    fflush(stdout);
    if (fork() == 0) {
        SAY("a child finds %d", at[0]);
        _exit(0);
    }
    wait(NULL);
    CALL(madvise(at, P, MADV_DOFORK));
    CALL(madvise(at, P, MADV_KEEPONFORK));
    CALL(madvise(at, P, MADV_WIPEONFORK));
}

static void huge(void)
{
    int sizes[] = {0, 21, 12, 22, 40};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        SAY("huge pages of 2^%d", sizes[i]);
        CALL((long)mmap(NULL, 1 << 21, RW, ANON | MAP_HUGETLB | (sizes[i] << MAP_HUGE_SHIFT), -1, 0));
    }
}

static void places(void)
{
    char *at = mmap(NULL, 3 * P, RW, ANON, -1, 0);
    memset(at, 1, 3 * P);
    CALL((long)mmap(at + 1, P, RW, ANON | MAP_FIXED, -1, 0));
    CALL((long)mmap(at + 1, P, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    CALL((long)mmap(at, P, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    CALL((long)mmap(at - 2 * P, 3 * P, RW, ANON | MAP_FIXED | MAP_FIXED_NOREPLACE, -1, 0));
    CHECK(mmap(at + 1, P, RW, ANON, -1, 0) != at);
    munmap(at + P, P);
    CHECK(mmap(at + P + 5, P, RW, ANON, -1, 0) == at + P);
    CHECK(mmap(at + P, P, RW, ANON | MAP_FIXED, -1, 0) == at + P);
    SAY("replaced: %d beside %d", at[P], at[0]);
    CALL((long)mmap((void *)-4096L, P, RW, ANON | MAP_FIXED, -1, 0));
    CALL((long)mmap(NULL, (size_t)-4096L, RW, ANON, -1, 0));
    CALL((long)mmap(NULL, (size_t)-1L, RW, ANON, -1, 0));
    CALL((long)mmap((void *)-4096L, P, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    CHECK(mmap((void *)-4096L, P, RW, ANON, -1, 0) != MAP_FAILED);
    CHECK(mmap(NULL, P, RW | 0x100, ANON, -1, 0) != MAP_FAILED);
    CHECK(mmap((void *)0x8000, P, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == (void *)0x8000);
    CHECK((long)mmap((void *)0x1000, P, RW, ANON, -1, 0) >= 0x10000);
    CHECK(mmap((void *)0x1000, P, RW, ANON | MAP_FIXED, -1, 0) == (void *)0x1000);
}

static void files(int fd)
{
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE, fd, -4096L));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE, fd, 100));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE, 99, 0));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 99, 0));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, P));
    CALL((long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE, 99, 0));
    CALL((long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE, fd, 0));
    int directory = open(".", O_RDONLY);
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE, directory, 0));
    int path = open("file", O_PATH);
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE, path, 0));
    int ends[2];
    pipe(ends);
    CALL((long)mmap(NULL, P, PROT_READ, MAP_PRIVATE, ends[0], 0));
    CALL((long)mmap(NULL, P, PROT_READ, MAP_SHARED, ends[0], 0));
}

/* What a child finds of memory that madvise(2) spoke of. */
static void forks(int fd)
{
    char *left_out = mmap(NULL, 4 * P, RW, ANON, -1, 0);
    char *wiped = mmap(NULL, 4 * P, RW, ANON, -1, 0);
    char *shared = mmap(NULL, 4 * P, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *file = mmap(NULL, 4 * P, RW, MAP_PRIVATE, fd, 0);
    memset(left_out, 1, 4 * P);
    memset(wiped, 2, 4 * P);
    memset(shared, 3, 4 * P);
    CALL(madvise(left_out + P, 2 * P, MADV_DONTFORK));
    CALL(madvise(left_out + P, P, MADV_DOFORK));
    CALL(madvise(wiped + P, 2 * P, MADV_WIPEONFORK));
    CALL(madvise(wiped + 2 * P, P, MADV_KEEPONFORK));
    CALL(madvise(shared, P, MADV_WIPEONFORK));
    CALL(madvise(file, P, MADV_WIPEONFORK));
    CALL(madvise(file, P, MADV_DONTFORK));
    CALL(madvise(shared, P, MADV_DONTFORK));
    CALL(madvise(shared, P, MADV_DOFORK));
    SAY("here %d %d", left_out[2 * P], wiped[P]);
    fflush(stdout);
    if (fork() == 0) {
        SAY("left out: %d %d %d", resident(left_out + P, 1), resident(left_out + 2 * P, 1), resident(left_out + 3 * P, 1));
        SAY("wiped: %d %d %d", wiped[0], wiped[P], wiped[2 * P]);
        SAY("file: %d %d", resident(file, 1) >= 0, resident(file + P, 1) >= 0);
        shared[0] = 4;
        wiped[P] = 5;
        fflush(stdout);
        if (fork() == 0) {
            SAY("wiped again: %d", wiped[P]);
            _exit(0);
        }
        wait(NULL);
        _exit(0);
    }
    wait(NULL);
    SAY("shared: %d, wiped: %d", shared[0], wiped[P]);
}

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ftruncate(fd, 4 * P);
    residence();
    validated(fd);
    droppable();
    forks(fd);
    huge();
    places();
    files(fd);
    return 0;
}
