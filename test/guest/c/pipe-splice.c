/* What splice, vmsplice and sendfile refuse, and what they take when a pipe is full. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
    int ends[2], full[2];
    int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    int reading = open("file", O_RDONLY);
    int writing = open("file", O_WRONLY);
    CHECK(pipe(ends) == 0 && pipe(full) == 0);
    CALL(write(file, "contents", 8));
    lseek(file, 0, SEEK_SET);

    VALUE(splice(file, NULL, ends[0], NULL, 4, 0));
    VALUE(splice(ends[1], NULL, file, NULL, 4, 0));
    VALUE(splice(writing, NULL, ends[1], NULL, 4, 0));
    VALUE(sendfile(reading, file, NULL, 4));
    VALUE(sendfile(ends[1], writing, NULL, 4));
    VALUE(splice(file, NULL, ends[1], NULL, 4, 0));
    VALUE(splice(ends[0], NULL, reading, NULL, 4, 0));

    int room = fcntl(full[1], F_GETPIPE_SZ);
    /* By whole pages: unaligned ones take more places of a pipe than they fill. */
    struct iovec whole = {aligned_alloc(4096, 2 * (size_t)room), 2 * (size_t)room};
    CHECK(vmsplice(full[1], &whole, 1, 0) == room);
    VALUE(vmsplice(full[1], &whole, 1, SPLICE_F_NONBLOCK));
    CHECK(fcntl(full[1], F_SETFL, O_NONBLOCK) == 0);
    static char some[4096] __attribute__((aligned(4096)));
    CHECK(read(full[0], some, sizeof some) == (ssize_t)sizeof some);
    struct iovec page = {some, sizeof some};
    VALUE(vmsplice(full[1], &page, 1, 0));
    return 0;
}
