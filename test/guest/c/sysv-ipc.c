/* System V IPC: queues, semaphores with undo, shared memory between processes. */
/* guest: reference=native sites=2 */
#include "guest.h"
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>

struct message {
  long type;
  char text[9000];
};
union semun {
  int val;
  struct semid_ds *buf;
  unsigned short *array;
  struct seminfo *info;
};

static void queues(void) {
  struct message m = {0};
  key_t key = ftok("/", 'q') ^ getpid();
  CALL(msgget(key, 0));
  int q = CALL(msgget(key, IPC_CREAT | 0600));
  CHECK(msgget(key, 0) == q);
  CALL(msgget(key, IPC_CREAT | IPC_EXCL | 0600));
  CALL(msgsnd(q, &m, 1, 0));
  m.type = 1;
  CALL(msgsnd(q, &m, 8193, 0));
  CALL(msgsnd(q, &m, -1, 0));
  CALL(msgsnd(q, &m, 8192, 0));
  CALL(msgsnd(q, &m, 8192, IPC_NOWAIT));
  CALL(msgsnd(q, &m, 1, IPC_NOWAIT));
  CALL(msgsnd(q, &m, 0, IPC_NOWAIT));
  VALUE(msgrcv(q, &m, 10, 0, 0));
  VALUE(msgrcv(q, &m, 10, 0, MSG_NOERROR));
  VALUE(msgrcv(q, &m, 10, 5, IPC_NOWAIT));
  VALUE(msgrcv(q, &m, 9000, 1, IPC_NOWAIT | MSG_EXCEPT));
  VALUE(msgrcv(q, &m, 9000, 0, 0));
  for (int type = 5; type > 2; type--) {
    m.type = type;
    sprintf(m.text, "type %d", type);
    msgsnd(q, &m, 6, 0);
  }
  VALUE(msgrcv(q, &m, 9000, 0, MSG_COPY | IPC_NOWAIT));
  VALUE(msgrcv(q, &m, 9000, 0, MSG_COPY));
  VALUE(msgrcv(q, &m, 9000, -4, 0));
  SAY("%ld %.6s", m.type, m.text);
  struct msqid_ds ds;
  CALL(msgctl(q, IPC_STAT, &ds));
  SAY("%lu messages, %lu bytes of %lu, mode %o", ds.msg_qnum, ds.__msg_cbytes, ds.msg_qbytes, ds.msg_perm.mode);
  CHECK(ds.msg_lspid == getpid() && ds.msg_lrpid == getpid());
  CHECK(ds.msg_perm.__key == key && labs(ds.msg_ctime - time(0)) < 5);
  ds.msg_qbytes = 100;
  ds.msg_perm.mode = 0640;
  CALL(msgctl(q, IPC_SET, &ds));
  CALL(msgctl(q, IPC_STAT, &ds));
  SAY("%lu, mode %o", ds.msg_qbytes, ds.msg_perm.mode);
  pid_t child = fork();
  if (child == 0) {
    struct message r;
    long n = msgrcv(q, &r, 100, 77, 0);
    _exit(n == -1 && errno == EIDRM ? 3 : 4);
  }
  usleep(50000);
  CALL(msgctl(q, IPC_RMID, 0));
  int status;
  waitpid(child, &status, 0);
  SAY("waiting child %d", WEXITSTATUS(status));
  CALL(msgsnd(q, &m, 1, 0));
  CALL(msgctl(-1, IPC_STAT, &ds));
  CALL(msgctl(0, 77, &ds));
}

static void on_alarm(int sig) { (void)sig; }

static void semaphores(void) {
  CALL(semget(IPC_PRIVATE, 0, 0600));
  CALL(semget(IPC_PRIVATE, 32001, 0600));
  int s = CALL(semget(IPC_PRIVATE, 3, 0600));
  union semun u = {.val = 2};
  CALL(semctl(s, 0, SETVAL, u));
  u.val = 32768;
  CALL(semctl(s, 0, SETVAL, u));
  u.val = -1;
  CALL(semctl(s, 0, SETVAL, u));
  VALUE(semctl(s, 0, GETVAL));
  VALUE(semctl(s, 3, GETVAL));
  struct sembuf o[2] = {{0, -1, IPC_NOWAIT}, {1, -1, IPC_NOWAIT}};
  CALL(semop(s, o, 2));
  VALUE(semctl(s, 0, GETVAL));
  o[1].sem_op = 1;
  CALL(semop(s, o, 2));
  CHECK(semctl(s, 1, GETPID) == getpid());
  o[0].sem_num = 3;
  CALL(semop(s, o, 1));
  CALL(semop(s, o, 0));
  CALL(semop(s, o, 501));
  o[0] = (struct sembuf){0, 32767, 0};
  CALL(semop(s, o, 1));
  unsigned short values[3] = {7, 8, 9};
  u.array = values;
  CALL(semctl(s, 0, SETALL, u));
  memset(values, 0, sizeof values);
  CALL(semctl(s, 0, GETALL, u));
  SAY("%d %d %d", values[0], values[1], values[2]);
  struct timespec limit = {0, 1000000};
  o[0] = (struct sembuf){0, -100, 0};
  CALL(semtimedop(s, o, 1, &limit));
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, 0);
  alarm(1);
  CALL(semop(s, o, 1));

  pid_t child = fork();
  if (child == 0) {
    struct sembuf take = {2, -9, SEM_UNDO};
    semop(s, &take, 1);
    _exit(semctl(s, 2, GETVAL));
  }
  int status;
  waitpid(child, &status, 0);
  SAY("child saw %d", WEXITSTATUS(status));
  VALUE(semctl(s, 2, GETVAL));
  child = fork();
  if (child == 0) {
    struct sembuf wait = {0, 0, 0};
    _exit(semop(s, &wait, 1) == 0 ? 5 : 6);
  }
  while (semctl(s, 0, GETZCNT) == 0) usleep(1000);
  o[0] = (struct sembuf){0, -7, 0};
  CALL(semop(s, o, 1));
  waitpid(child, &status, 0);
  SAY("child %d", WEXITSTATUS(status));
  struct semid_ds ds;
  u.buf = &ds;
  CALL(semctl(s, 0, IPC_STAT, u));
  SAY("%lu semaphores", ds.sem_nsems);
  CALL(semctl(s, 0, IPC_RMID));
  CALL(semop(s, o, 1));
}

static void shared_memory(void) {
  CALL(shmget(IPC_PRIVATE, 0, 0600));
  key_t key = ftok("/", 'm') ^ getpid();
  int h = CALL(shmget(key, 5000, IPC_CREAT | 0600));
  CALL(shmget(key, 5001, 0));
  CHECK(shmget(key, 10, 0) == h);
  char *p = shmat(h, 0, 0);
  CHECK(p != (void *)-1 && p[0] == 0 && p[4999] == 0);
  strcpy(p + 4090, "written before the fork");
  pid_t child = fork();
  if (child == 0) {
    int same = !strcmp(p + 4090, "written before the fork");
    strcpy(p, "written by the child");
    _exit(same);
  }
  int status;
  waitpid(child, &status, 0);
  SAY("%d %s", WEXITSTATUS(status), p);
  char *again = shmat(h, 0, SHM_RDONLY);
  CHECK(again != (void *)-1 && again != p && !strcmp(again, p));
  p[0] = 'W';
  CHECK(again[0] == 'W');
  struct shmid_ds ds;
  CALL(shmctl(h, IPC_STAT, &ds));
  SAY("%lu bytes, %lu attaches, mode %o", ds.shm_segsz, ds.shm_nattch, ds.shm_perm.mode);
  CHECK(ds.shm_cpid == getpid() && ds.shm_lpid == getpid());
  CALL(shmdt(again));
  CALL(shmctl(h, IPC_RMID, 0));
  CALL(shmctl(h, IPC_STAT, &ds));
  SAY("%lu attaches, mode %o, key %d", ds.shm_nattch, ds.shm_perm.mode, ds.shm_perm.__key);
  CALL(shmget(key, 10, 0));
  SAY("%s", p);
  CALL(shmdt(p));
  CALL(shmdt(p));
  CALL(shmat(h, 0, 0));
  h = shmget(IPC_PRIVATE, 8192, 0600);
  CALL(shmat(h, (void *)0x10000001, 0));
  p = shmat(h, (void *)0x20000123, SHM_RND);
  CHECK(p == (void *)0x20000000);
  CALL(shmat(h, p, 0));
  CHECK(shmat(h, p, SHM_REMAP) == p);
  CALL(shmctl(h, IPC_RMID, 0));
}

int main(void) {
  queues();
  semaphores();
  shared_memory();
  return 0;
}
