/* openat2(2): each rule of resolution, how they go together, and what struct open_how may not say. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct how {
    uint64_t flags, mode, resolve, later[2];
};
enum { NO_XDEV = 1, NO_MAGICLINKS = 2, NO_SYMLINKS = 4, BENEATH = 8, IN_ROOT = 16, CACHED = 32 };

static int sized(int at, const char *path, struct how how, size_t size)
{
    return syscall(SYS_openat2, at, path, &how, size);
}

static int opened(int at, const char *path, uint64_t flags, uint64_t resolve)
{
    return sized(at, path, (struct how){flags, 0, resolve, {0}}, 24);
}

/* What is found there: the error, or what the file says of itself. */
static const char *found(int at, const char *path, uint64_t flags, uint64_t resolve)
{
    static char text[64];
    int fd = opened(at, path, flags, resolve);
    if (fd < 0)
        return ERROR_NAME(errno);
    struct stat st;
    fstat(fd, &st);
    int count = S_ISREG(st.st_mode) && !(flags & O_PATH) ? read(fd, text, 20) : 0;
    text[count < 0 ? 0 : count] = 0;
    if (!S_ISREG(st.st_mode))
        strcpy(text, S_ISDIR(st.st_mode) ? "a directory" : S_ISLNK(st.st_mode) ? "a link" : "else");
    close(fd);
    return text;
}

static void make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    write(fd, path, strlen(path));
    close(fd);
}

static const char *const PATHS[] = {
    "file", "./file", "../file", "in/file", "in/../file", "in/../../file", "in/deep/../../../top/file", "..", "../..",
    ".", "", "in/..", "link", "up", "in/up", "in/up2", "absolute", "rooted", "to-dir/file", "to-dir/../file", "loop", "dangling",
    "/", "/file", "/in/file", "/../file", "none", "file/", "file/..", "in/", "proc-link", "out/file", "in/deep/..", "updir/file",
};

static void rules(int at)
{
    uint64_t sets[] = {0, BENEATH, IN_ROOT, NO_SYMLINKS, NO_MAGICLINKS, NO_XDEV, BENEATH | NO_SYMLINKS, IN_ROOT | NO_SYMLINKS,
                       BENEATH | NO_XDEV | NO_MAGICLINKS, BENEATH | IN_ROOT};
    for (unsigned s = 0; s < sizeof sets / sizeof *sets; s++)
        for (unsigned i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
            if (PATHS[i][0] == '/' && !(sets[s] & (BENEATH | IN_ROOT)) && PATHS[i][1] != 0)
                continue;
            /* What is mounted on the way differs from system to system. */
            if (sets[s] == NO_XDEV && (!strcmp(PATHS[i], "absolute") || !strcmp(PATHS[i], "rooted")))
                continue;
            SAY("%lx %s: %s", (long)sets[s], PATHS[i], found(at, PATHS[i], O_RDONLY, sets[s]));
        }
}

static void last_links(int at)
{
    uint64_t flags[] = {O_RDONLY | O_NOFOLLOW, O_PATH | O_NOFOLLOW, O_PATH};
    uint64_t sets[] = {0, BENEATH, IN_ROOT, NO_SYMLINKS, NO_MAGICLINKS};
    const char *paths[] = {"link", "up", "absolute", "rooted", "to-dir", "to-dir/"};
    for (unsigned f = 0; f < 3; f++)
        for (unsigned s = 0; s < 5; s++)
            for (unsigned i = 0; i < 6; i++)
                SAY("flags %d %lx %s: %s", f, (long)sets[s], paths[i], found(at, paths[i], flags[f], sets[s]));
}

static void creating(int at)
{
    struct how how = {O_WRONLY | O_CREAT | O_EXCL, 0640, BENEATH, {0}};
    CALL(sized(at, "new", how, 24));
    CALL(sized(at, "../new", how, 24));
    CALL(sized(at, "in/../../new", how, 24));
    CALL(sized(at, "/new", how, 24));
    how.flags = O_WRONLY | O_CREAT;
    CALL(sized(at, "dangling", how, 24));
    CALL(sized(at, "up-new", how, 24));
    how.resolve = IN_ROOT;
    CALL(sized(at, "../new2", how, 24));
    CALL(sized(at, "/new3", how, 24));
    CALL(sized(at, "up-new", how, 24));
    struct stat st;
    CALL(fstatat(at, "new2", &st, 0));
    CALL(fstatat(at, "new3", &st, 0));
    CALL(fstatat(at, "escaped", &st, 0));
    CALL(fstatat(at, "../escaped", &st, 0));
}

static void magic(int at)
{
    const char *paths[] = {"/proc/self/exe", "/proc/self/cwd/top/file", "/proc/self/fd/%d/file", "/proc/self/root/proc/version",
                           "/proc/self/status", "/proc/thread-self/status"};
    uint64_t sets[] = {0, NO_MAGICLINKS, NO_SYMLINKS, NO_XDEV};
    for (unsigned s = 0; s < 4; s++)
        for (unsigned i = 0; i < 5; i++) {
            char path[64];
            snprintf(path, sizeof path, paths[i], at);
            int fd = opened(AT_FDCWD, path, O_RDONLY, sets[s]);
            SAY("%lx %s: %s", (long)sets[s], paths[i], fd < 0 ? ERROR_NAME(errno) : "ok");
            close(fd);
        }
    int self = open("/proc/self", O_PATH);
    uint64_t more[] = {0, NO_MAGICLINKS, NO_SYMLINKS, NO_XDEV, BENEATH, IN_ROOT};
    const char *inside[] = {"exe", "cwd", "cwd/top/file", "root", "status", "../version", "fd/0"};
    int ends[2];
    pipe(ends);
    dup2(ends[0], 0);
    for (unsigned s = 0; s < 6; s++)
        for (unsigned i = 0; i < 7; i++) {
            int fd = opened(self, inside[i], O_RDONLY | O_NONBLOCK, more[s]);
            SAY("self %lx %s: %s", (long)more[s], inside[i], fd < 0 ? ERROR_NAME(errno) : "ok");
            close(fd);
        }
    SAY("the link itself: %s", found(self, "exe", O_PATH | O_NOFOLLOW, NO_MAGICLINKS));
}

static void refused(int at)
{
    struct how how = {O_RDONLY, 0, 0, {0}};
    size_t sizes[] = {0, 1, 23, 24, 25, 32, 40, 4097};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char room[4200] = {0};
        memcpy(room, &how, sizeof how);
        errno = 0;
        int fd = syscall(SYS_openat2, at, "file", room, sizes[i]);
        SAY("size %zu: %s", sizes[i], fd < 0 ? ERROR_NAME(errno) : "ok");
    }
    struct how later = {O_RDONLY, 0, 0, {0, 1}};
    CALL(sized(at, "file", later, 24));
    CALL(sized(at, "file", later, 32));
    CALL(sized(at, "file", later, 40));
    CALL(syscall(SYS_openat2, at, "file", NULL, 24));
    char *end = (char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4096;
    munmap(end, 4096);
    memset(end - 24, 0, 24);
    CALL(syscall(SYS_openat2, at, "file", end - 24, 24));
    CALL(syscall(SYS_openat2, at, "file", end - 24, 32));
    uint64_t flags[] = {1UL << 32, 1UL << 63, 0x80000000, 0x20, O_ACCMODE, O_PATH | O_RDWR, O_PATH | O_CREAT, O_PATH | O_TRUNC,
                        O_PATH | O_DIRECTORY, O_CREAT | O_DIRECTORY, O_TMPFILE, O_TMPFILE | O_RDWR, O_ASYNC,
                        (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, O_TMPFILE | O_CREAT | O_RDWR, O_PATH | O_NONBLOCK, O_PATH | O_CLOEXEC};
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++) {
        int fd = opened(at, i == 8 || i == 16 ? "." : "file", flags[i], 0);
        SAY("flags #%u: %s", i, fd < 0 ? ERROR_NAME(errno) : "ok");
    }
    uint64_t modes[] = {0644, 07777, 010000, 0100644, 1UL << 40};
    for (unsigned i = 0; i < 5; i++) {
        SAY("mode %lo", (long)modes[i]);
        CALL(sized(at, "file", (struct how){O_RDONLY, modes[i], 0, {0}}, 24));
        CALL(sized(at, "file", (struct how){O_RDONLY | O_CREAT, modes[i], 0, {0}}, 24));
    }
    CALL(opened(at, "file", O_RDONLY, 64));
    CALL(opened(at, "file", O_RDONLY, 1UL << 40));
    CALL(opened(at, "file", O_RDONLY, BENEATH | IN_ROOT));
    CALL(opened(at, "file", O_RDONLY, CACHED));
    CALL(sized(at, "file", (struct how){O_RDONLY | O_CREAT, 0600, CACHED, {0}}, 24));
    CALL(opened(at, "file", O_RDWR | O_TRUNC, CACHED));
    CALL(opened(at, "none", O_RDONLY, CACHED | BENEATH) == -1 && errno != EINVAL);
    CALL(opened(99, "file", O_RDONLY, BENEATH));
    CALL(opened(99, "/", O_RDONLY, IN_ROOT));
    CALL(opened(99, "/", O_RDONLY, 0));
    int file = openat(at, "file", O_RDONLY);
    CALL(opened(file, "file", O_RDONLY, BENEATH));
    CALL(opened(file, "", O_RDONLY, IN_ROOT));
}

int main(void)
{
    mkdir("top", 0755);
    mkdir("top/in", 0755);
    mkdir("top/in/deep", 0755);
    mkdir("outside", 0755);
    make("file");
    make("top/file");
    make("top/in/file");
    make("outside/file");
    symlink("file", "top/link");
    symlink("../file", "top/up");
    symlink("../file", "top/in/up");
    symlink("../../file", "top/in/up2");
    char here[512], target[600];
    getcwd(here, sizeof here);
    snprintf(target, sizeof target, "%s/top/file", here);
    symlink(target, "top/absolute");
    symlink("/in/file", "top/rooted");
    symlink("in", "top/to-dir");
    symlink("loop", "top/loop");
    symlink("made", "top/dangling");
    symlink("../escaped", "top/up-new");
    symlink("/proc/self/exe", "top/proc-link");
    symlink("../outside", "top/out");
    symlink("../top", "top/updir");
    int at = open("top", O_RDONLY | O_DIRECTORY);
    rules(at);
    last_links(at);
    creating(at);
    magic(at);
    refused(at);
    chdir("top");
    SAY("from the working directory: %s", found(AT_FDCWD, "../file", O_RDONLY, BENEATH));
    SAY("%s", found(AT_FDCWD, "../file", O_RDONLY, IN_ROOT));
    chdir("/");
    SAY("from the root: %s", found(AT_FDCWD, "..", O_RDONLY, BENEATH));
    SAY("%s", found(AT_FDCWD, "..", O_RDONLY, IN_ROOT));
    SAY("%s", found(AT_FDCWD, "../proc", O_RDONLY, BENEATH));
    SAY("%s", found(AT_FDCWD, "proc", O_RDONLY, BENEATH));
    SAY("%s", found(AT_FDCWD, "proc/..", O_RDONLY, BENEATH));
    SAY("%s", found(AT_FDCWD, "proc/..", O_RDONLY, NO_XDEV));
    SAY("%s", found(AT_FDCWD, "/proc/self", O_RDONLY, NO_XDEV));
    return 0;
}
