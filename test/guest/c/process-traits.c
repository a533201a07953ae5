/* personality(2), prctl(2) with wrong arguments, PR_SET_NO_NEW_PRIVS across fork and exec, and who capget and
 * capset may be asked about. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <linux/random.h>
#include <mqueue.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void traits(const char *who)
{
    SAY("%s: personality %x, no new privileges %d", who, personality(0xffffffff), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void refused(void)
{
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
    CALL(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CALL(prctl(PR_SET_THP_DISABLE, 0, 1, 0, 0));
    CALL(prctl(PR_GET_THP_DISABLE, 1, 1, 0, 0));
    CALL(prctl(PR_SET_DUMPABLE, 2, 0, 0, 0));
    CALL(prctl(PR_SET_PDEATHSIG, -1L, 0, 0, 0));
    CALL(prctl(-1, 0, 0, 0, 0));
}

static void capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    CALL(syscall(SYS_capget, &header, data));
    header.pid = -1;
    CALL(syscall(SYS_capget, &header, data));
    header.pid = 0x7ffffff;
    CALL(syscall(SYS_capget, &header, data));
    header.pid = 0;
    unsigned versions[] = {_LINUX_CAPABILITY_VERSION_1, _LINUX_CAPABILITY_VERSION_2, 0};
    for (int i = 0; i < 3; i++) {
        header.version = versions[i];
        CALL(syscall(SYS_capget, &header, data));
        SAY("version %x", header.version);
    }
    header.version = 0;
    CALL(syscall(SYS_capget, &header, NULL));
    CALL(syscall(SYS_capget, &header, data));
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    header.pid = child;
    CALL(syscall(SYS_capset, &header, data));
    header.pid = 0;
    data[0].effective |= 1;
    data[0].permitted &= ~1u;
    CALL(syscall(SYS_capset, &header, data));
    header.version = 7;
    CALL(syscall(SYS_capset, &header, data));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void others(void)
{
    int bits = 0, fd = open("/dev/urandom", O_RDONLY);
    CALL(ioctl(fd, RNDGETENTCNT, &bits));
    SAY("entropy %d", bits);
    CALL(ioctl(open("/dev/null", O_RDONLY), RNDGETENTCNT, &bits));
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65};
    CALL(syscall(SYS_mq_notify, 0, &event));
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length = 16;
    CALL(accept(listener, (struct sockaddr *)3, &length));
    char *at = mmap(NULL, 4096, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), line[200];
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long start, end;
    char rights[8];
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %4s", &start, &end, rights) == 3 && start <= (unsigned long)at && (unsigned long)at < end)
            SAY("writable only: %s", rights);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        traits("after exec");
        return 0;
    }
    traits("at first");
    refused();
    capabilities();
    others();
    CALL(personality(PER_LINUX | ADDR_NO_RANDOMIZE | STICKY_TIMEOUTS));
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    if (fork() == 0) {
        traits("child");
        execl("/proc/self/exe", argv[0], "again", NULL);
        _exit(1);
    }
    wait(NULL);
    struct timespec wait_ = {0, 1000000}, sticky = wait_;
    CALL(pselect(0, NULL, NULL, NULL, &sticky, NULL));
    syscall(SYS_pselect6, 0, NULL, NULL, NULL, &sticky, NULL);
    SAY("sticky %d", sticky.tv_nsec == wait_.tv_nsec);
    CALL(personality(0));
    syscall(SYS_pselect6, 0, NULL, NULL, NULL, &sticky, NULL);
    SAY("left %ld", sticky.tv_nsec);
    traits("at last");
    return 0;
}
