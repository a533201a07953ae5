/* guest: reference=native */
/* Pseudo-terminals: opening, attributes, size, job control, canonical and raw input. */
#include "guest.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

static void show(const struct termios *t) {
  SAY("i %o o %o c %o l %o", t->c_iflag, t->c_oflag, t->c_cflag & (CSIZE | CREAD), t->c_lflag);
  SAY("intr %d quit %d erase %d kill %d eof %d time %d min %d", t->c_cc[VINTR], t->c_cc[VQUIT], t->c_cc[VERASE],
      t->c_cc[VKILL], t->c_cc[VEOF], t->c_cc[VTIME], t->c_cc[VMIN]);
}

static void take(int fd) {
  char buffer[100];
  ssize_t n = read(fd, buffer, sizeof buffer);
  if (n < 0) {
    SAY("read: %s", ERROR_NAME(errno));
    return;
  }
  printf("read %zd:", n);
  for (ssize_t i = 0; i < n; i++) printf(" %02x", (unsigned char)buffer[i]);
  SAY("%s", "");
}

/* An address that is never mapped, which the compiler does not see through. */
static void *volatile bad = (void *)8;

int main(void) {
  struct termios t;
  struct winsize size = {0};
  int master = (int)CALL(posix_openpt(O_RDWR | O_NOCTTY));
  CALL(grantpt(master));
  CALL(unlockpt(master));
  CHECK(ptsname(master) && strncmp(ptsname(master), "/dev/pts/", 9) == 0);
  int slave = (int)CALL(open(ptsname(master), O_RDWR | O_NOCTTY));
  VALUE(isatty(slave));
  VALUE(isatty(master));
  int file = open("f", O_RDWR | O_CREAT, 0600);
  VALUE(isatty(file));
  CALL(tcgetattr(slave, &t));
  show(&t);
  CALL(ioctl(slave, TIOCGWINSZ, &size));
  SAY("%d %d", size.ws_row, size.ws_col);
  size.ws_row = 40, size.ws_col = 132;
  CALL(ioctl(master, TIOCSWINSZ, &size));
  memset(&size, 0, sizeof size);
  CALL(ioctl(slave, TIOCGWINSZ, &size));
  SAY("%d %d", size.ws_row, size.ws_col);
  CALL(ioctl(file, TIOCGWINSZ, &size));
  CALL(ioctl(99, TIOCGWINSZ, &size));
  CALL(ioctl(slave, TIOCGWINSZ, bad));

  VALUE(write(master, "line\n", 5));
  take(slave);
  take(master);
  VALUE(write(slave, "out\n", 4));
  take(master);
  VALUE(write(master, "abc\177d\025x\n", 8));
  take(slave);
  int count = -1;
  write(master, "12345\n", 6);
  /* Linux hands typed bytes over a moment later. */
  struct pollfd typed = {slave, POLLIN, 0};
  poll(&typed, 1, 2000);
  CALL(ioctl(slave, FIONREAD, &count));
  SAY("%d", count);
  CALL(tcflush(slave, TCIFLUSH));
  CALL(ioctl(slave, FIONREAD, &count));
  SAY("%d", count);
  t.c_lflag &= ~(ICANON | ECHO);
  t.c_cc[VMIN] = 1;
  t.c_cc[VTIME] = 0;
  CALL(tcsetattr(slave, TCSAFLUSH, &t));
  CALL(tcgetattr(slave, &t));
  SAY("l %o", t.c_lflag);
  VALUE(write(master, "r", 1));
  take(slave);
  cfmakeraw(&t);
  CALL(tcsetattr(slave, TCSANOW, &t));
  CALL(tcgetattr(slave, &t));
  show(&t);
  VALUE(write(slave, "raw\n", 4));
  fcntl(master, F_SETFL, O_NONBLOCK);
  char drained[200];
  while (read(master, drained, sizeof drained) > 0) {}
  SAY("%s", ERROR_NAME(errno));
  VALUE(tcgetpgrp(slave));
  VALUE(tcgetsid(slave));
  CALL(tcdrain(slave));
  CALL(tcsendbreak(slave, 0));
  CALL(tcgetattr(file, &t));

  pid_t child = fork();
  if (child == 0) {
    CALL(setsid() >= 0 ? 0 : -1);
    int own = open(ptsname(master), O_RDWR);
    CHECK(tcgetsid(own) == getpid());
    CHECK(tcgetpgrp(own) == getpgrp());
    int tty = (int)CALL(open("/dev/tty", O_RDWR));
    CHECK(tcgetpgrp(tty) == getpgrp());
    CALL(tcsetpgrp(tty, getpgrp()));
    CALL(tcsetpgrp(tty, 1000000));
    CALL(ioctl(tty, TIOCNOTTY));
    CALL(open("/dev/tty", O_RDWR));
    exit(0);
  }
  waitpid(child, NULL, 0);
  close(slave);
  struct pollfd poll_fd = {master, POLLIN, 0};
  poll(&poll_fd, 1, 100);
  SAY("%x", poll_fd.revents & POLLHUP);
  take(master);
  return 0;
}
