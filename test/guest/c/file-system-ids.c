/* guest: reference=native */
/* setfsuid, setfsgid: files are accessed with these ids, which follow the effective ones otherwise. */
#include "guest.h"
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void ids(void) {
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status)) {
    if (strncmp(line, "Uid", 3) == 0 || strncmp(line, "Gid", 3) == 0) fputs(line, stdout);
  }
  if (status) fclose(status);
  fflush(stdout);
}

static void owner(const char *path) {
  struct stat st;
  if (stat(path, &st) == 0) SAY("%s: %d %d %o", path, st.st_uid, st.st_gid, st.st_mode);
}

int main(void) {
  int fd;
  umask(022);
  chmod(".", 0777);
  close(open("secret", O_CREAT | O_WRONLY, 0600));
  VALUE(setfsgid(2000));
  VALUE(setfsuid(1000));
  ids();
  CALL(open("secret", O_RDONLY));
  VALUE(access("secret", R_OK));
  CALL(fd = open("made", O_CREAT | O_WRONLY, 0600));
  CALL(chown("made", 0, 0));
  CALL(mkdir("/own", 0700));
  VALUE(setfsuid(-1));
  VALUE(setfsuid(1001));
  CALL(open("made", O_RDONLY));
  VALUE(setfsuid(0));
  VALUE(setfsgid(0));
  owner("made");
  CALL(open("secret", O_RDONLY));
  setfsuid(1000);
  CALL(seteuid(1002));
  ids();
  CALL(open("secret", O_RDONLY));
  VALUE(setfsuid(1003));
  VALUE(setfsuid(0));
  ids();
  CALL(open("secret", O_RDONLY));
  VALUE(setfsuid(1002));
  CALL(open("secret", O_RDONLY));
  CALL(seteuid(0));
  if (fork() == 0) {
    setfsuid(1000);
    if (fork() == 0) {
      ids();
      _exit(0);
    }
    wait(NULL);
    CALL(setresuid(1000, 1001, 1002));
    VALUE(setfsuid(1000));
    VALUE(setfsuid(1002));
    VALUE(setfsuid(1001));
    VALUE(setfsuid(0));
    VALUE(setfsuid(-1));
    ids();
    _exit(0);
  }
  wait(NULL);
  return 0;
}
