/* System time: calls take some of it, computing does not. */
/* guest: reference=native */
#include "guest.h"
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <time.h>

static long user_us(const struct rusage *r)
{
    return r->ru_utime.tv_sec * 1000000L + r->ru_utime.tv_usec;
}

static long system_us(const struct rusage *r)
{
    return r->ru_stime.tv_sec * 1000000L + r->ru_stime.tv_usec;
}

int main(void)
{
    struct rusage before, calls, computed;
    getrusage(RUSAGE_SELF, &before);
    struct stat st;
    clock_t limit = clock() + CLOCKS_PER_SEC / 5;
    while (clock() < limit)
        for (int i = 0; i < 1000; i++)
            stat("/tmp/../tmp/../tmp/../tmp", &st);
    getrusage(RUSAGE_SELF, &calls);
    volatile long spin = 0;
    limit = clock() + CLOCKS_PER_SEC / 5;
    while (clock() < limit)
        for (int i = 0; i < 1000000; i++)
            spin++;
    getrusage(RUSAGE_SELF, &computed);
    long of_calls = system_us(&calls) - system_us(&before), of_computing = system_us(&computed) - system_us(&calls);
    CHECK(of_calls > 10000);
    CHECK(of_computing < of_calls / 2);
    CHECK(user_us(&computed) - user_us(&calls) > 100000);
    struct tms now;
    times(&now);
    CHECK(now.tms_stime > 0);
    return 0;
}
