/* Supplementary groups: what they open, and where only the effective group counts. */
/* guest: reference=native sites=2 */
#include "guest.h"
#include <fcntl.h>
#include <grp.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { MINE = 1234, FIRST = 77, SECOND = 88, FOREIGN = 99 };

static void make(const char *path, int uid, int gid, int mode)
{
    close(open(path, O_WRONLY | O_CREAT, 0600));
    chown(path, uid, gid);
    chmod(path, mode);
}

static int mode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int)(st.st_mode & 07777) : -1;
}

static int group_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int)st.st_gid : -1;
}

static void files(void)
{
    CALL(open("of-first", O_RDWR));
    CALL(open("of-second", O_RDONLY));
    CALL(open("of-second", O_RDWR));
    CALL(open("of-foreign", O_RDONLY));
    CALL(open("of-mine", O_RDONLY));
    CALL(open("mine-without-rights", O_RDONLY));
    CALL(access("of-first", R_OK | W_OK));
    CALL(access("of-second", W_OK));
    CALL(faccessat(AT_FDCWD, "of-first", R_OK, AT_EACCESS));
    CALL(open("directory/inside", O_WRONLY | O_CREAT, 0644));
    SAY("group of the new file %d", group_of("directory/inside"));
    CALL(mkdir("directory/deeper", 02755));
    SAY("its mode %o group %d", mode_of("directory/deeper"), group_of("directory/deeper"));
    CALL(open("directory/program", O_WRONLY | O_CREAT, 02755));
    SAY("S_ISGID stays: %o", mode_of("directory/program"));
    CALL(chown("owned", -1, SECOND));
    CALL(chown("owned", -1, FOREIGN));
    CALL(chown("owned", -1, MINE));
    CALL(chown("owned", -1, FIRST));
    CALL(chmod("owned", 02750));
    SAY("S_ISGID of one's group: %o", mode_of("owned"));
    CALL(chmod("owned-of-foreign", 02750));
    SAY("of a foreign one: %o", mode_of("owned-of-foreign"));
    CALL(open("fifo", O_RDWR | O_NONBLOCK));
    CALL(unlink("directory/inside"));
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = {AF_UNIX, "socket"};
    CALL(connect(s, (struct sockaddr *)&name, sizeof name));
}

static void ipc(int queue, int set, int segment)
{
    struct msqid_ds ds;
    CALL(msgctl(queue, IPC_STAT, &ds));
    CALL(msgsnd(queue, &(long[2]){1, 1}, 8, IPC_NOWAIT));
    CALL(semctl(set, 0, GETVAL));
    CALL(semctl(set, 0, SETVAL, 1));
    CALL((long)shmat(segment, NULL, SHM_RDONLY));
    CALL((long)shmat(segment, NULL, 0));
    CALL(shmctl(segment, IPC_RMID, NULL));
}

static void as_member(int queue, int set, int segment)
{
    gid_t groups[] = {FIRST, SECOND};
    CALL(setgroups(2, groups));
    if (setresgid(MINE, MINE, MINE) || setresuid(MINE, MINE, MINE))
        SAY("no user: %s", ERROR_NAME(errno));
    CALL(setgroups(0, NULL));
    gid_t got[8];
    SAY("%d groups", getgroups(8, got));
    SAY("%d %d", got[0], got[1]);
    CALL(getgroups(1, got));
    SAY("counted %d", getgroups(0, NULL));
    files();
    ipc(queue, set, segment);
    fflush(stdout);
    if (fork() == 0) {
        CALL(open("of-first", O_RDWR));
        CALL(open("of-foreign", O_RDONLY));
        _exit(0);
    }
    wait(NULL);
}

static void as_outsider(int queue)
{
    CALL(setgroups(0, NULL));
    if (setresgid(MINE, MINE, MINE) || setresuid(MINE, MINE, MINE))
        SAY("no user: %s", ERROR_NAME(errno));
    CALL(open("of-first", O_RDONLY));
    CALL(open("of-mine", O_RDONLY));
    CALL(access("directory", X_OK));
    struct msqid_ds ds;
    CALL(msgctl(queue, IPC_STAT, &ds));
}

static void run(void (*work)(int, int, int), int queue, int set, int segment)
{
    fflush(stdout);
    if (fork() == 0) {
        work(queue, set, segment);
        _exit(0);
    }
    wait(NULL);
}

static void outsider(int queue, int set, int segment)
{
    (void)set, (void)segment;
    as_outsider(queue);
}

int main(void)
{
    umask(0);
    chmod(".", 0755);
    make("of-first", 0, FIRST, 0060);
    make("of-second", 0, SECOND, 0040);
    make("of-foreign", 0, FOREIGN, 0060);
    make("of-mine", 0, MINE, 0060);
    make("mine-without-rights", MINE, FIRST, 0060);
    make("owned", MINE, MINE, 0755);
    make("owned-of-foreign", MINE, FOREIGN, 0755);
    mkdir("directory", 0700);
    chown("directory", 0, FIRST);
    chmod("directory", 02770);
    mkfifo("fifo", 0600);
    chown("fifo", 0, SECOND);
    chmod("fifo", 0060);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = {AF_UNIX, "socket"};
    bind(s, (struct sockaddr *)&name, sizeof name);
    listen(s, 5);
    chown("socket", 0, SECOND);
    chmod("socket", 0060);
    int queue = msgget(IPC_PRIVATE, 0), set = semget(IPC_PRIVATE, 1, 0), segment = shmget(IPC_PRIVATE, 4096, 0);
    struct msqid_ds q;
    msgctl(queue, IPC_STAT, &q);
    q.msg_perm.gid = FIRST, q.msg_perm.mode = 0040;
    CALL(msgctl(queue, IPC_SET, &q));
    struct semid_ds e;
    semctl(set, 0, IPC_STAT, &e);
    e.sem_perm.gid = SECOND, e.sem_perm.mode = 0060;
    CALL(semctl(set, 0, IPC_SET, &e));
    struct shmid_ds m;
    shmctl(segment, IPC_STAT, &m);
    m.shm_perm.gid = SECOND, m.shm_perm.mode = 0040;
    CALL(shmctl(segment, IPC_SET, &m));
    run(as_member, queue, set, segment);
    run(outsider, queue, set, segment);
    msgctl(queue, IPC_RMID, NULL);
    semctl(set, 0, IPC_RMID);
    shmctl(segment, IPC_RMID, NULL);
    return 0;
}
