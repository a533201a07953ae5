/* inotify(7): which events, in which order, for what is done to files and directories. */
#include "guest.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static int in;

static const char *names[] = {"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM",
                              "MOVED_TO", "CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF"};

static void drain(const char *after) {
  char buffer[4096] __attribute__((aligned(8)));
  uint32_t cookie = 0;
  SAY("-- %s", after);
  for (;;) {
    struct pollfd p = {in, POLLIN, 0};
    if (poll(&p, 1, 0) <= 0) return;
    ssize_t got = read(in, buffer, sizeof buffer);
    if (got <= 0) return;
    for (char *at = buffer; at < buffer + got;) {
      struct inotify_event *e = (struct inotify_event *)at;
      printf("%d", e->wd);
      for (int i = 0; i < 12; i++)
        if (e->mask & (1u << i)) printf(" %s", names[i]);
      if (e->mask & IN_ISDIR) printf(" ISDIR");
      if (e->mask & IN_IGNORED) printf(" IGNORED");
      if (e->mask & IN_UNMOUNT) printf(" UNMOUNT");
      if (e->mask & IN_Q_OVERFLOW) printf(" OVERFLOW");
      if (e->cookie) {
        printf(cookie == e->cookie ? " same-cookie" : " cookie");
        cookie = e->cookie;
      }
      printf(" len %u %s\n", e->len, e->len ? e->name : "");
      at += sizeof *e + e->len;
    }
    fflush(stdout);
  }
}

static void put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (write(fd, text, strlen(text)) < 0) SAY("write: %s", ERROR_NAME(errno));
  close(fd);
}

int main(void) {
  char buffer[64];
  mkdir("d", 0755);
  mkdir("e", 0755);
  in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  VALUE(inotify_add_watch(in, "d", IN_ALL_EVENTS));
  VALUE(inotify_add_watch(in, "e", IN_ALL_EVENTS));
  put("d/f", "text");
  drain("made and written");
  int fd = open("d/f", O_RDWR);
  CHECK(read(fd, buffer, 2) == 2);
  CHECK(pread(fd, buffer, 2, 0) == 2);
  CHECK(pwrite(fd, "x", 1, 0) == 1);
  CALL(ftruncate(fd, 1));
  CALL(fchmod(fd, 0600));
  close(fd);
  drain("read, written, cut, changed");
  put("d/f", "again");
  drain("truncated by open");
  CALL(chmod("d/f", 0644));
  CALL(truncate("d/f", 0));
  CALL(utimensat(AT_FDCWD, "d/f", NULL, 0));
  CALL(link("d/f", "e/l"));
  CALL(symlink("x", "e/s"));
  drain("attributes, links");
  CALL(rename("d/f", "e/moved-name-long-enough"));
  drain("moved");
  CALL(rename("e/l", "e/l2"));
  CALL(unlink("e/l2"));
  CALL(unlink("e/moved-name-long-enough"));
  drain("renamed, removed");
  CALL(mkdir("d/sub", 0755));
  VALUE(inotify_add_watch(in, "d/sub", IN_ALL_EVENTS));
  CALL(rename("d/sub", "e/sub"));
  drain("directory moved");
  CALL(rmdir("e/sub"));
  drain("directory removed");
  put("d/g", "x");
  put("d/h", "y");
  drain("two files");
  VALUE(inotify_add_watch(in, "d/g", IN_ALL_EVENTS));
  VALUE(inotify_add_watch(in, "d/h", IN_ALL_EVENTS));
  CALL(rename("d/g", "d/h"));
  drain("replaced");
  fd = open("d/h", O_RDONLY);
  CALL(unlink("d/h"));
  drain("unlinked while open");
  close(fd);
  drain("closed");
  int wd = VALUE(inotify_add_watch(in, "d", IN_CREATE | IN_ONESHOT));
  put("d/i", "x");
  put("d/j", "x");
  drain("one shot");
  CALL(inotify_rm_watch(in, wd));
  CALL(inotify_rm_watch(in, 2));
  drain("watch removed");
  CALL(inotify_add_watch(in, "none", IN_CREATE));
  CALL(inotify_add_watch(in, "d/i", IN_CREATE | IN_ONLYDIR));
  CALL(inotify_add_watch(in, "d/i", 0));
  CALL(inotify_add_watch(in, "d/i", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
  VALUE(inotify_add_watch(in, "d/i", IN_OPEN));
  CALL(inotify_add_watch(in, "d/i", IN_OPEN | IN_MASK_CREATE));
  put("d/i", "x");
  CALL(read(in, buffer, 8));
  int left = 0;
  CALL(ioctl(in, FIONREAD, &left));
  SAY("left %d", left);
  drain("at the end");
  CALL(read(in, buffer, sizeof buffer));
  CALL(write(in, "x", 1));
  CALL(lseek(in, 0, SEEK_SET));
  return 0;
}
