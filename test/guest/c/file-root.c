/* chroot, mount errors, working directories of root and others, rights of users. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void as_user(int uid) {
  if (setgid(uid) != 0 || setuid(uid) != 0) SAY("setuid: %s", ERROR_NAME(errno));
}

int main(void) {
  char buffer[256];
  umask(022);
  mkdir("root", 0755);
  mkdir("root/in", 0755);
  close(open("root/in/file", O_RDWR | O_CREAT, 0644));
  symlink("/in/file", "root/absolute");
  symlink("../../../../in/file", "root/in/up");
  int outside = open(".", O_RDONLY | O_DIRECTORY);
  pid_t child = fork();
  if (child == 0) {
    CALL(chroot("root"));
    CALL(chdir("/"));
    CHECK(getcwd(buffer, sizeof buffer) && strcmp(buffer, "/") == 0);
    CALL(fchdir(outside));
    memset(buffer, 0, sizeof buffer);
    CHECK(syscall(SYS_getcwd, buffer, sizeof buffer) > 0 && strncmp(buffer, "(unreachable)/", 14) == 0);
    CHECK(getcwd(buffer, sizeof buffer) == NULL && errno == ENOENT);
    CALL(chdir("/"));
    CALL(access("/in/file", F_OK));
    CALL(access("/absolute", F_OK));
    CALL(access("in/up", F_OK));
    CALL(access("../../in/file", F_OK));
    CALL(access("/root", F_OK));
    CALL(fchdir(outside));
    CALL(access("root/in/file", F_OK));
    CALL(chroot("none"));
    exit(0);
  }
  waitpid(child, NULL, 0);

  mkdir("private", 0700);
  mkdir("sticky", 01777);
  chmod("sticky", 01777);
  close(open("private/file", O_RDWR | O_CREAT, 0644));
  close(open("sticky/roots", O_RDWR | O_CREAT, 0666));
  close(open("readable", O_RDWR | O_CREAT, 0644));
  close(open("secret", O_RDWR | O_CREAT, 0600));
  chmod("sticky/roots", 0666);
  chmod(".", 0755);
  child = fork();
  if (child == 0) {
    as_user(1234);
    CALL(open("private/file", O_RDONLY));
    CALL(open("readable", O_RDONLY));
    CALL(open("readable", O_WRONLY));
    CALL(open("secret", O_RDONLY));
    CALL(open("new", O_RDWR | O_CREAT, 0600));
    CALL(open("sticky/mine", O_RDWR | O_CREAT, 0600));
    CALL(unlink("sticky/roots"));
    CALL(rename("sticky/roots", "sticky/renamed"));
    CALL(unlink("sticky/mine"));
    CALL(chmod("readable", 0777));
    CALL(chown("readable", 1234, 1234));
    CALL(utimensat(AT_FDCWD, "readable", NULL, 0));
    CALL(chroot("root"));
    CALL(mount("none", "root", "tmpfs", 0, NULL));
    CALL(umount("root"));
    CALL(access("readable", W_OK));
    CALL(access("private", X_OK));
    CALL(mknod("sticky/device", S_IFCHR | 0600, 0x103));
    CALL(link("secret", "sticky/linked"));
    CALL(truncate("readable", 3));
    CALL(chdir("private"));
    CALL(mkdir("sticky/dir", 0755));
    CALL(rmdir("sticky/dir"));
    CALL(rmdir("root/in"));
    CALL(open("/proc/1/environ", O_RDONLY));
    exit(0);
  }
  waitpid(child, NULL, 0);
  CALL(umount("root"));
  CALL(umount("none"));
  close(open("setid", O_RDWR | O_CREAT, 0755));
  CALL(chown("setid", 5, 5));
  CALL(chmod("setid", 06755));
  struct stat st;
  CHECK(stat("setid", &st) == 0 && (st.st_mode & 07777) == 06755);
  CALL(chown("setid", 6, -1));
  CHECK(stat("setid", &st) == 0 && (st.st_mode & 07777) == 0755 && st.st_uid == 6 && st.st_gid == 5);
  return 0;
}
