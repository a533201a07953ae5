/* execveat and opens with O_NOATIME: what is refused. The names of what descriptors opened. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const arguments[] = {"self", "again", NULL};

static long execat(int at, const char *path, int flags)
{
    return syscall(SYS_execveat, at, path, arguments, environ, flags);
}

/* The file behind a descriptor that was opened by another one. */
static void showName(int at)
{
    char name[64], target[256] = "";
    snprintf(name, sizeof name, "/proc/self/fd/%d", at);
    CHECK(readlink(name, target, sizeof target - 1) > 0);
    SAY("%s", strrchr(target, '/'));
}

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == 'a')
        SAY("executed");
    if (argc > 1)
        return 0;
    int self = open("/proc/self/exe", O_RDONLY);
    int plain = open("plain", O_RDWR | O_CREAT, 0644);
    int here = open(".", O_RDONLY | O_DIRECTORY);
    symlink("plain", "link");
    mkdir("below", 0755);
    CHECK(close(open("below/file", O_RDWR | O_CREAT, 0644)) == 0);
    int below = open("below", O_RDONLY | O_DIRECTORY);
    showName(openat(below, "file", O_RDONLY));
    CHECK(open("/proc/self/fd/3", O_RDONLY) > 3);
    CALL(execat(-1, "", AT_EMPTY_PATH));
    CALL(execat(-1, "plain", 0));
    CALL(execat(here, "plain", 0));
    CALL(execat(here, "link", AT_SYMLINK_NOFOLLOW));
    CALL(execat(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW));
    CALL(execat(plain, "plain", 0));
    CALL(execat(here, "absent", 0));
    CALL(execat(here, "", 0));
    CALL(execat(here, "plain", 1));

    chmod("plain", 0644);
    chmod(".", 0777);
    fflush(stdout);
    if (fork() == 0) {
        CHECK(setuid(65534) == 0);
        CALL(open("plain", O_RDONLY | O_NOATIME));
        CHECK(open("plain", O_RDONLY) > 2);
        int own = open("own", O_RDWR | O_CREAT | O_NOATIME, 0644);
        CHECK(own > 2 && (fcntl(own, F_GETFL) & O_NOATIME) != 0);
        _exit(0);
    }
    wait(NULL);
    return (int)execat(self, "", AT_EMPTY_PATH);
}
