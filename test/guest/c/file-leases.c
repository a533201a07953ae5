/* Leases: who may have one, and what an open or truncate that breaks it does to both sides. */
/* guest: reference=native sites=2 */
#include "guest.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static const char *lease_of(int fd)
{
    int type = fcntl(fd, F_GETLEASE);
    return type == F_RDLCK ? "F_RDLCK" : type == F_WRLCK ? "F_WRLCK" : type == F_UNLCK ? "F_UNLCK" : ERROR_NAME(errno);
}

static const char *told(int sig, int fd)
{
    static char text[80];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, sig);
    siginfo_t info;
    if (sigtimedwait(&set, &info, &(struct timespec){0, 100000000}) < 0)
        return ERROR_NAME(errno);
    if (info.si_code == SI_KERNEL)
        return "SI_KERNEL";
    snprintf(text, sizeof text, "code %d band %lx fd %s", info.si_code, (long)info.si_band, info.si_fd == fd ? "of the lease" : "other");
    return text;
}

static void who_may(void)
{
    int fd = open("file", O_RDONLY | O_CREAT, 0666);
    SAY("at first %s", lease_of(fd));
    CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
    SAY("%s", lease_of(fd));
    CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
    SAY("alone: %s", lease_of(fd));
    CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
    CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
    SAY("%s", lease_of(fd));
    CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
    CALL(fcntl(fd, F_SETLEASE, 7));
    int second = open("file", O_RDONLY);
    CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
    CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
    CALL(fcntl(second, F_SETLEASE, F_RDLCK));
    SAY("two readers: %s", lease_of(fd));
    SAY("%s", lease_of(second));
    CALL(fcntl(second, F_SETLEASE, F_UNLCK));
    CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
    close(second);
    int writer = open("file", O_RDWR);
    CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
    CALL(fcntl(writer, F_SETLEASE, F_RDLCK));
    CALL(fcntl(writer, F_SETLEASE, F_WRLCK));
    close(fd);
    CALL(fcntl(writer, F_SETLEASE, F_WRLCK));
    CALL(fcntl(writer, F_SETLEASE, F_RDLCK));
    int copy = dup(writer);
    SAY("by a copy: %s", lease_of(copy));
    close(writer);
    SAY("one of two closed: %s", lease_of(copy));
    close(copy);
    int ends[2];
    pipe(ends);
    CALL(fcntl(ends[0], F_SETLEASE, F_RDLCK));
    int directory = open(".", O_RDONLY);
    CALL(fcntl(directory, F_SETLEASE, F_WRLCK));
    CALL(fcntl(99, F_SETLEASE, F_RDLCK));
    close(open("of-another", O_RDWR | O_CREAT, 0666));
    chmod("of-another", 0666);
    chmod(".", 0777);
    fflush(stdout);
    if (fork() == 0) {
        setuid(4321);
        int others = open("of-another", O_RDONLY);
        CALL(fcntl(others, F_SETLEASE, F_RDLCK));
        CALL(fcntl(others, F_GETLEASE));
        int mine = open("mine", O_RDONLY | O_CREAT, 0600);
        CALL(fcntl(mine, F_SETLEASE, F_RDLCK));
        _exit(0);
    }
    wait(NULL);
}

/* A child that does `what`, without the file that has the lease; its answer is its exit status. */
static pid_t doing(int (*what)(void), int leased)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(leased);
        _exit(what());
    }
    return child;
}

static int ended(pid_t child, int wait_for_it)
{
    int status;
    for (int i = 0; i < (wait_for_it ? 3000 : 150); i++) {
        if (waitpid(child, &status, WNOHANG) == child)
            return WEXITSTATUS(status);
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return -1;
}

static int open_read(void) { return open("file", O_RDONLY) < 0 ? errno : 0; }
static int open_write(void) { return open("file", O_RDWR) < 0 ? errno : 0; }
static int open_now(void) { return open("file", O_WRONLY | O_NONBLOCK) < 0 ? errno : 0; }
static int open_place(void) { return open("file", O_PATH) < 0 ? errno : 0; }
static int cut(void) { return truncate("file", 1) < 0 ? errno : 0; }
static int other_calls(void)
{
    struct stat st;
    return stat("file", &st) || chmod("file", 0640) || rename("file", "renamed") || rename("renamed", "file") ? errno : 0;
}

static void broken(const char *what, int type, int (*by)(void), int answer)
{
    int fd = open("file", type == F_RDLCK || answer == F_RDLCK ? O_RDONLY : O_RDWR);
    SAY("%s", what);
    CALL(fcntl(fd, F_SETLEASE, type));
    CALL(fcntl(fd, F_SETSIG, SIGRTMIN));
    pid_t child = doing(by, fd);
    int status = ended(child, 0);
    if (status >= 0) {
        SAY("  it did not wait: %s", ERROR_NAME(status));
        SAY("  the signal: %s", told(SIGRTMIN, fd));
    } else {
        SAY("  it waits; the signal: %s", told(SIGRTMIN, fd));
        SAY("  the lease is to be %s", lease_of(fd));
        CALL(fcntl(fd, F_SETLEASE, answer));
        SAY("  then: %s", ERROR_NAME(ended(child, 1)));
        SAY("  the lease is %s", lease_of(fd));
    }
    close(fd);
}

static void unanswered(void)
{
    int fd = open("file", O_RDONLY);
    fcntl(fd, F_SETLEASE, F_RDLCK);
    pid_t child = doing(open_write, fd);
    SAY("waits: %d", ended(child, 0));
    SAY("without F_SETSIG: %s", told(SIGIO, fd));
    close(fd);
    SAY("the close is an answer: %d", ended(child, 1));
    fd = open("file", O_RDONLY);
    fcntl(fd, F_SETLEASE, F_RDLCK);
    child = doing(open_write, fd);
    SAY("waits: %d", ended(child, 0));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    SAY("the signal came: %s", told(SIGIO, fd));
    close(fd);
}

int main(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGIO), sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    who_may();
    broken("a reader, by a reader", F_RDLCK, open_read, F_UNLCK);
    close(open("file", O_RDWR));
    broken("a reader, by a writer", F_RDLCK, open_write, F_UNLCK);
    broken("a writer, by a reader, made a reader", F_WRLCK, open_read, F_RDLCK);
    broken("a writer, by a reader", F_WRLCK, open_read, F_UNLCK);
    broken("a writer, by a writer", F_WRLCK, open_write, F_UNLCK);
    broken("by one that does not wait", F_RDLCK, open_now, F_UNLCK);
    broken("by a place", F_WRLCK, open_place, F_UNLCK);
    broken("by truncate", F_RDLCK, cut, F_UNLCK);
    broken("by others", F_WRLCK, other_calls, F_UNLCK);
    unanswered();
    return 0;
}
