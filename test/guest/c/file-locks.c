/* guest: reference=native */
/* flock, OFD locks, record locks that wait and deadlock, memfd seals, extended attributes. */
#include "guest.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

static struct flock range(short type, off_t start, off_t length) {
  return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

static void on_signal(int sig) { (void)sig; }

int main(void) {
  int one = (int)CALL(open("f", O_RDWR | O_CREAT, 0600)), two = (int)CALL(open("f", O_RDWR));
  CALL(flock(one, LOCK_SH));
  CALL(flock(two, LOCK_SH | LOCK_NB));
  CALL(flock(two, LOCK_EX | LOCK_NB));
  CALL(flock(one, LOCK_UN));
  CALL(flock(two, LOCK_EX | LOCK_NB));
  CALL(flock(one, LOCK_SH | LOCK_NB));
  int copy = dup(two);
  close(two);
  CALL(flock(one, LOCK_SH | LOCK_NB));
  close(copy);
  CALL(flock(one, LOCK_SH | LOCK_NB));
  CALL(flock(one, 77));
  CALL(flock(99, LOCK_SH));

  two = open("f", O_RDWR);
  struct flock lock = range(F_WRLCK, 0, 10);
  CALL(fcntl(one, F_OFD_SETLK, &lock));
  lock = range(F_WRLCK, 5, 10);
  CALL(fcntl(two, F_OFD_SETLK, &lock));
  lock = range(F_RDLCK, 5, 10);
  CALL(fcntl(two, F_OFD_GETLK, &lock));
  SAY("%d %ld %ld %d", lock.l_type, (long)lock.l_start, (long)lock.l_len, lock.l_pid);
  lock = range(F_RDLCK, 5, 10);
  lock.l_pid = 5;
  CALL(fcntl(two, F_OFD_SETLK, &lock));
  lock = range(F_RDLCK, 5, 10);
  CALL(fcntl(two, F_SETLK, &lock));
  pid_t child = fork();
  if (child == 0) {
    /* An open file description's lock is inherited with it. */
    lock = range(F_WRLCK, 0, 20);
    CALL(fcntl(one, F_OFD_SETLK, &lock));
    exit(0);
  }
  waitpid(child, NULL, 0);
  close(one);
  close(two);

  one = open("f", O_RDWR);
  int ready[2];
  pipe(ready);
  child = fork();
  if (child == 0) {
    lock = range(F_WRLCK, 0, 1);
    fcntl(one, F_SETLK, &lock);
    write(ready[1], "x", 1);
    usleep(50000);
    lock = range(F_UNLCK, 0, 1);
    CALL(fcntl(one, F_SETLK, &lock));
    exit(0);
  }
  char c;
  read(ready[0], &c, 1);
  lock = range(F_WRLCK, 0, 1);
  fcntl(one, F_SETLKW, &lock);
  waitpid(child, NULL, 0);
  SAY("waited");
  child = fork();
  if (child == 0) {
    lock = range(F_WRLCK, 100, 1);
    fcntl(one, F_SETLK, &lock);
    write(ready[1], "x", 1);
    lock = range(F_WRLCK, 0, 1);
    fcntl(one, F_SETLKW, &lock);
    exit(0);
  }
  read(ready[0], &c, 1);
  usleep(50000);
  lock = range(F_WRLCK, 100, 1);
  CALL(fcntl(one, F_SETLKW, &lock));
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGALRM, &action, NULL);
  ualarm(30000, 0);
  lock = range(F_UNLCK, 0, 1);
  fcntl(one, F_SETLK, &lock);
  waitpid(child, NULL, 0);
  usleep(60000);
  child = fork();
  if (child == 0) {
    lock = range(F_WRLCK, 0, 1);
    fcntl(one, F_SETLK, &lock);
    write(ready[1], "x", 1);
    pause();
    exit(0);
  }
  read(ready[0], &c, 1);
  ualarm(30000, 0);
  lock = range(F_WRLCK, 0, 1);
  CALL(fcntl(one, F_SETLKW, &lock));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  CALL(fcntl(one, F_SETLK, &lock));

  int memory = (int)CALL(memfd_create("name", MFD_ALLOW_SEALING | MFD_CLOEXEC));
  VALUE(write(memory, "sealed", 6));
  VALUE(fcntl(memory, F_GET_SEALS));
  CALL(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
  CALL(ftruncate(memory, 3));
  CALL(ftruncate(memory, 30));
  VALUE(pwrite(memory, "more than six", 13, 0));
  VALUE(pwrite(memory, "SEALED", 6, 0));
  CALL(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE));
  VALUE(pwrite(memory, "x", 1, 0));
  CALL(fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL));
  CALL(fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL));
  VALUE(fcntl(memory, F_GET_SEALS));
  VALUE(fcntl(one, F_GET_SEALS));
  CALL(memfd_create("name", 0x100));
  int unsealed = memfd_create("plain", 0);
  VALUE(fcntl(unsealed, F_GET_SEALS));
  CALL(fcntl(unsealed, F_ADD_SEALS, F_SEAL_WRITE));

  char value[64];
  CALL(setxattr("f", "user.a", "one", 3, XATTR_CREATE));
  CALL(setxattr("f", "user.a", "two", 3, XATTR_CREATE));
  CALL(fsetxattr(one, "user.b", "", 0, 0));
  CALL(setxattr("f", "user.c", "x", 1, XATTR_REPLACE));
  VALUE(getxattr("f", "user.a", value, sizeof value));
  VALUE(fgetxattr(one, "user.b", value, sizeof value));
  VALUE(getxattr("f", "user.a", value, 1));
  VALUE(getxattr("f", "user.a", NULL, 0));
  VALUE(getxattr("f", "user.none", value, 1));
  VALUE(listxattr("f", value, sizeof value));
  VALUE(listxattr("f", value, 3));
  CALL(removexattr("f", "user.a"));
  CALL(removexattr("f", "user.a"));
  CALL(setxattr("f", "bogus", "x", 1, 0));
  CALL(setxattr("none", "user.a", "x", 1, 0));
  return 0;
}
