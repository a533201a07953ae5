/* Memory kept by mlock: it comes at once, its limits, and what is refused of it. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static int resident(char *at, int pages)
{
    unsigned char there[16];
    int count = 0;
    if (mincore(at, (size_t)pages * PAGE, there) != 0)
        return -1;
    for (int i = 0; i < pages; i++)
        count += there[i] & 1;
    return count;
}

static char *fresh(int pages, int flags)
{
    return mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void limited(rlim_t bytes, size_t wanted)
{
    struct rlimit limit = {bytes, bytes};
    fflush(stdout);
    if (fork() == 0) {
        char *at = fresh(4, 0);
        CALL(setrlimit(RLIMIT_MEMLOCK, &limit));
        CALL(setuid(65534));
        CALL(mlock(at, wanted));
        _exit(0);
    }
    wait(NULL);
}

int main(void)
{
    char *at = fresh(4, 0);
    SAY("untouched %d", resident(at, 4));
    CALL(mlock(at, 2 * PAGE));
    SAY("locked %d", resident(at, 4));
    CALL(madvise(at, PAGE, MADV_DONTNEED));
    CALL(msync(at, PAGE, MS_INVALIDATE));
    CALL(munlock(at, 2 * PAGE));
    CALL(madvise(at, PAGE, MADV_DONTNEED));
    CALL(msync(at, PAGE, MS_INVALIDATE));
    munmap(at + PAGE, PAGE);
    CALL(mlock(at, 3 * PAGE));
    char *with = fresh(2, MAP_LOCKED);
    SAY("MAP_LOCKED %d", resident(with, 2));
    CALL(mlockall(0));
    CALL(mlockall(8));
    CALL(mlockall(MCL_FUTURE));
    char *later = fresh(2, 0);
    SAY("MCL_FUTURE %d", resident(later, 2));
    CALL(munlockall());
    char *unlocked = fresh(2, 0);
    SAY("after munlockall %d", resident(unlocked, 2));
    limited(0, PAGE);
    limited(PAGE, PAGE);
    limited(PAGE, 2 * PAGE);
    return 0;
}
