/* /proc/sysvipc: the header of each file, and the rows of objects of our own. */
/* guest: reference=native */
#include "guest.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

/* Prints the header, and of the row with this identifier the mode and the columns from `first` on. */
static void show(const char *path, int id, int first, int count)
{
    char line[400], *fields[24];
    FILE *file = fopen(path, "r");
    CHECK(file && fgets(line, sizeof line, file));
    SAY("%s", line);
    while (fgets(line, sizeof line, file)) {
        int n = 0;
        for (char *word = strtok(line, " \n"); word && n < 24; word = strtok(NULL, " \n"))
            fields[n++] = word;
        if (n < 2 || atoi(fields[1]) != id)
            continue;
        SAY("%d columns, mode %s", n, fields[2]);
        for (int i = first; i < first + count; i++)
            SAY("%s", fields[i]);
    }
    fclose(file);
}

int main(void)
{
    struct {
        long type;
        char text[8];
    } message = {1, "seven"};
    umask(022);
    int queue = msgget(IPC_PRIVATE, 0640), set = semget(IPC_PRIVATE, 3, 0600), memory = shmget(IPC_PRIVATE, 10000, 0666);
    CALL(msgsnd(queue, &message, 7, 0));
    void *at = shmat(memory, NULL, 0);
    CHECK(at != (void *)-1);
    show("/proc/sysvipc/msg", queue, 3, 2);
    show("/proc/sysvipc/sem", set, 3, 1);
    show("/proc/sysvipc/shm", memory, 3, 1);
    show("/proc/sysvipc/shm", memory, 6, 1);
    CALL(shmctl(memory, IPC_RMID, NULL));
    show("/proc/sysvipc/shm", memory, 6, 1);
    CALL(msgctl(queue, IPC_RMID, NULL));
    CALL(semctl(set, 0, IPC_RMID));
    show("/proc/sysvipc/msg", queue, 3, 2);
    return 0;
}
