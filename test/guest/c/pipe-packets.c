/* Pipes in packet mode (O_DIRECT): a read gets one packet, and what it has no room for is lost. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char buffer[20000];

static void take(int fd, size_t room)
{
    memset(buffer, 0, sizeof buffer);
    ssize_t count = read(fd, buffer, room);
    SAY("%zd of %zu: %.10s", count, room, count > 0 ? buffer : "");
}

int main(void)
{
    int ends[2], left = 0;
    CALL(pipe2(ends, O_DIRECT));
    CHECK((fcntl(ends[1], F_GETFL) & O_DIRECT) != 0);
    CHECK(write(ends[1], "one", 3) == 3 && write(ends[1], "second", 6) == 6 && write(ends[1], "third", 5) == 5);
    CHECK(ioctl(ends[0], FIONREAD, &left) == 0);
    VALUE(left);
    take(ends[0], 100);
    take(ends[0], 3);
    take(ends[0], 100);

    memset(buffer, 'x', sizeof buffer);
    VALUE((int)write(ends[1], buffer, 10000));
    for (int i = 0; i < 3; i++)
        take(ends[0], sizeof buffer);

    CHECK(write(ends[1], "packet", 6) == 6);
    CHECK(fcntl(ends[1], F_SETFL, 0) == 0);
    CHECK(write(ends[1], "str", 3) == 3 && write(ends[1], "eam", 3) == 3);
    CHECK(fcntl(ends[1], F_SETFL, O_DIRECT | O_NONBLOCK) == 0);
    CHECK(write(ends[1], "last", 4) == 4);
    take(ends[0], 4);
    take(ends[0], 2);
    take(ends[0], 4);
    take(ends[0], 100);
    int count = 0;
    memset(buffer, 'y', sizeof buffer);
    while (write(ends[1], buffer, 4096) == 4096)
        count++;
    CHECK(count * 4096 == fcntl(ends[1], F_GETPIPE_SZ));
    return 0;
}
