/* adjtimex(2) and clock_adjtime(2) by the kernel's rules; the host's clock is left alone, so the answers are those
 * that the manual page and kernel/time/ntp.c give. */
/* guest: reference=file */
#include "guest.h"
#include <sys/timex.h>
#include <sys/time.h>
#include <time.h>

static struct timex t;

static void state(const char *when)
{
    memset(&t, 0, sizeof t);
    int now = adjtimex(&t);
    SAY("%s: %d, status %x, frequency %ld, errors %ld %ld, constant %ld, tick %ld, tai %d, precision %ld, tolerance %ld", when,
        now, t.status, t.freq, t.maxerror, t.esterror, t.constant, t.tick, t.tai, t.precision, t.tolerance);
}

static int set(unsigned modes)
{
    t.modes = modes;
    return adjtimex(&t);
}

int main(void)
{
    state("at first");
    struct timeval now;
    gettimeofday(&now, NULL);
    SAY("time %d", labs(t.time.tv_sec - now.tv_sec) <= 1 && t.time.tv_usec < 1000000);
    t.freq = 1L << 40;
    t.maxerror = 100;
    t.esterror = 1L << 40;
    t.constant = 3;
    CALL(set(ADJ_FREQUENCY | ADJ_MAXERROR | ADJ_ESTERROR | ADJ_TIMECONST));
    state("limits");
    t.status = STA_PLL | 0xff00;
    CALL(set(ADJ_STATUS | ADJ_NANO));
    state("status");
    SAY("nanoseconds %d", t.time.tv_usec < 1000000000);
    t.constant = 37;
    CALL(set(ADJ_TAI | ADJ_MICRO));
    state("tai");
    long ticks[] = {8999, 9000, 11000, 11001};
    for (int i = 0; i < 4; i++) {
        t.tick = ticks[i];
        CALL(set(ADJ_TICK));
    }
    CALL(set(0x8000));
    struct timespec before, after;
    clock_gettime(CLOCK_REALTIME, &before);
    t.time.tv_sec = 100;
    t.time.tv_usec = 500000;
    CALL(set(ADJ_SETOFFSET));
    clock_gettime(CLOCK_REALTIME, &after);
    SAY("moved %d", after.tv_sec - before.tv_sec >= 100 && after.tv_sec - before.tv_sec <= 102);
    t.time.tv_usec = 1000000;
    CALL(set(ADJ_SETOFFSET));
    t.time.tv_usec = -1;
    CALL(set(ADJ_SETOFFSET));
    CALL(adjtime(&(struct timeval){0, 1000}, NULL));
    CALL(clock_adjtime(CLOCK_MONOTONIC, &t));
    CALL(adjtimex((struct timex *)8));
    CALL(seteuid(1));
    CALL(set(ADJ_FREQUENCY));
    CALL(set(ADJ_OFFSET_SINGLESHOT));
    CALL(set(ADJ_OFFSET_SS_READ) >= 0);
    CALL(set(0) >= 0);
    return 0;
}
