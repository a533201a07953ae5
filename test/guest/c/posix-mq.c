/* POSIX message queues: priorities, limits, waits, notification. */
/* guest: reference=native flags=-lrt sites=2 */
#include "guest.h"
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static void on_signal(int sig, siginfo_t *info, void *context) {
  (void)context;
  SAY("%s code %d value %d own %d", sig == SIGUSR1 ? "SIGUSR1" : "?", info->si_code, info->si_value.sival_int,
      info->si_pid == getpid());
}

static void deadline(struct timespec *t, long ms) {
  clock_gettime(CLOCK_REALTIME, t);
  t->tv_nsec += ms * 1000000;
  if (t->tv_nsec >= 1000000000) t->tv_sec++, t->tv_nsec -= 1000000000;
}

int main(void) {
  static char b[9000];
  unsigned priority;
  struct mq_attr a, old;
  struct stat st;
  char name[400];
  sprintf(name, "/guest-mq-%d", getpid());
  CALL(mq_open(name, O_RDWR));
  CALL(mq_open("no-slash", O_RDWR | O_CREAT, 0600, NULL));
  CALL(mq_open("/a/b", O_RDWR | O_CREAT, 0600, NULL));
  CALL(mq_open("/", O_RDWR | O_CREAT, 0600, NULL));
  umask(022);
  mqd_t q = CALL(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, NULL));
  CALL(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL));
  CALL(mq_getattr(q, &a));
  SAY("%ld %ld %ld %ld", a.mq_flags, a.mq_maxmsg, a.mq_msgsize, a.mq_curmsgs);
  fstat(q, &st);
  SAY("mode %o size %ld", st.st_mode, (long)st.st_size);
  CALL(mq_send(q, "low", 3, 1));
  CALL(mq_send(q, "high", 4, 9));
  CALL(mq_send(q, "low again", 9, 1));
  CALL(mq_send(q, "x", 1, 32768));
  CALL(mq_send(q, b, 8193, 0));
  CALL(mq_send(q, b, 0, 0));
  VALUE(mq_receive(q, b, 8191, &priority));
  for (int i = 0; i < 4; i++) {
    long n = mq_receive(q, b, 8192, &priority);
    SAY("%ld %.*s %u", n, (int)n, b, priority);
  }
  struct timespec t;
  deadline(&t, 20);
  VALUE(mq_timedreceive(q, b, 8192, &priority, &t));
  t.tv_nsec = -1;
  VALUE(mq_timedreceive(q, b, 8192, &priority, &t));
  mq_send(q, "z", 1, 0);
  a.mq_flags = O_NONBLOCK;
  CALL(mq_setattr(q, &a, &old));
  SAY("%ld", old.mq_flags);
  VALUE(mq_receive(q, b, 8192, &priority));
  VALUE(mq_receive(q, b, 8192, &priority));
  a.mq_flags = 0x77;
  CALL(mq_setattr(q, &a, NULL));
  int sent = 0;
  while (mq_send(q, "f", 1, 0) == 0) sent++;
  SAY("%d, then %s", sent, strerrorname_np(errno));
  struct pollfd p = {q, POLLIN | POLLOUT, 0};
  VALUE(poll(&p, 1, 0));
  SAY("%x", p.revents);
  memset(b, 0, 200);
  VALUE(read(q, b, 200));
  SAY("[%s]", b);
  VALUE(write(q, "x", 1));
  while (mq_receive(q, b, 8192, NULL) >= 0);
  SAY("%s", strerrorname_np(errno));

  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, NULL);
  struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
  CALL(mq_notify(q, &e));
  CALL(mq_notify(q, &e));
  CALL(mq_send(q, "n", 1, 0));
  CALL(mq_notify(q, NULL));
  VALUE(mq_receive(q, b, 8192, NULL));
  CALL(mq_notify(q, &e));
  CALL(mq_notify(q, NULL));
  CALL(mq_send(q, "n", 1, 0));
  e.sigev_signo = 0;
  CALL(mq_notify(q, &e));
  CALL(mq_notify(q, NULL));
  e.sigev_signo = 99;
  CALL(mq_notify(q, &e));
  e.sigev_notify = 55;
  CALL(mq_notify(q, &e));
  e.sigev_notify = SIGEV_NONE;
  CALL(mq_notify(q, &e));

  mqd_t reader = mq_open(name, O_RDONLY), writer = mq_open(name, O_WRONLY);
  CALL(mq_send(reader, "x", 1, 0));
  VALUE(mq_receive(writer, b, 8192, NULL));
  CALL(mq_unlink(name));
  CALL(mq_unlink(name));
  CALL(mq_open(name, O_RDWR));
  VALUE(mq_receive(reader, b, 8192, NULL));
  CALL(mq_close(q));
  CALL(mq_getattr(q, &a));
  CALL(mq_send(1, "x", 1, 0));

  struct mq_attr wanted = {.mq_msgsize = 100};
  CALL(mq_open(name, O_RDWR | O_CREAT, 0600, &wanted));
  wanted.mq_maxmsg = 65537;
  CALL(mq_open(name, O_RDWR | O_CREAT, 0600, &wanted));
  wanted.mq_maxmsg = 2, wanted.mq_msgsize = 10;
  q = CALL(mq_open(name, O_RDWR | O_CREAT, 0600, &wanted));
  CALL(mq_send(q, b, 11, 0));
  CALL(fcntl(q, F_SETFD, 0));
  pid_t child = fork();
  if (child == 0) {
    usleep(20000);
    for (int i = 0; i < 5; i++) mq_send(q, "from child", 10, i & 1);
    _exit(0);
  }
  for (int i = 0; i < 5; i++) {
    usleep(i == 1 ? 30000 : 0);
    long n = mq_receive(q, b, 10, &priority);
    SAY("%ld %.*s", n, (int)n, b);
  }
  waitpid(child, NULL, 0);

  /* Any close of a queue takes back the notice, whoever else has it open; so does the end of a process. */
  e.sigev_notify = SIGEV_NONE;
  CALL(mq_notify(q, &e));
  int go[2];
  CALL(pipe(go));
  child = fork();
  if (child == 0) {
    CALL(mq_notify(q, &e));
    read(go[0], b, 1);
    CALL(mq_notify(q, &e));
    close(q);
    CALL(mq_notify(mq_open(name, O_RDWR), &e));
    _exit(0);
  }
  usleep(30000);
  CALL(mq_close(mq_open(name, O_RDONLY)));
  write(go[1], "x", 1);
  waitpid(child, NULL, 0);
  CALL(mq_notify(q, &e));
  mq_unlink(name);
  memset(name + 1, 'a', 256);
  name[257] = 0;
  CALL(mq_open(name, O_RDWR | O_CREAT, 0600, NULL));
  return 0;
}
