/* stat, fstat, lstat, statx, statfs: what they say of files of every sort. */
#include "guest.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

static void show(const char *path) {
  struct stat st;
  struct statx stx;
  if (lstat(path, &st) != 0) {
    SAY("%s: %s", path, ERROR_NAME(errno));
    return;
  }
  statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx);
  SAY("%s: mode %o uid %d gid %d size %ld rdev %u:%u", path, st.st_mode, st.st_uid, st.st_gid,
      S_ISDIR(st.st_mode) ? 0L : (long)st.st_size, major(st.st_rdev), minor(st.st_rdev));
  CHECK(stx.stx_mode == st.st_mode && stx.stx_ino == st.st_ino && stx.stx_size == (uint64_t)st.st_size);
  CHECK(stx.stx_nlink == st.st_nlink && stx.stx_blocks == (uint64_t)st.st_blocks);
  CHECK(stx.stx_mtime.tv_sec == st.st_mtim.tv_sec && stx.stx_mtime.tv_nsec == (uint32_t)st.st_mtim.tv_nsec);
  CHECK(makedev(stx.stx_dev_major, stx.stx_dev_minor) == st.st_dev);
  CHECK(stx.stx_rdev_major == major(st.st_rdev) && stx.stx_rdev_minor == minor(st.st_rdev));
  CHECK((stx.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
}

/* An address that is never mapped, which the compiler does not see through. */
static void *volatile bad = (void *)8;

int main(void) {
  struct stat st, again;
  struct statx stx;
  umask(022);
  int fd = (int)CALL(open("file", O_RDWR | O_CREAT, 0640));
  write(fd, "12345", 5);
  CALL(mkdir("directory", 0755));
  CALL(symlink("file", "link"));
  CALL(mkfifo("fifo", 0600));
  show("file");
  show("directory");
  show("link");
  show("fifo");
  show("/dev/null");
  show("none");
  CALL(stat("link", &st));
  CALL(fstat(fd, &again));
  CHECK(st.st_ino == again.st_ino && st.st_dev == again.st_dev);
  CALL(fstatat(fd, "", &st, AT_EMPTY_PATH));
  CALL(fstatat(fd, "", &st, 0));
  CALL(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
  CHECK(S_ISDIR(st.st_mode));
  CALL(fstatat(AT_FDCWD, "file", &st, 0x8000));
  CALL(stat("file", bad));
  CALL(fstat(99, &st));
  CALL(statx(AT_FDCWD, "file", 0, 0x80000000, &stx));
  CALL(statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, 0, &stx));
  CALL(statx(fd, "", AT_EMPTY_PATH, 0, &stx));
  int ends[2];
  CALL(pipe(ends));
  CHECK(fstat(ends[0], &st) == 0 && S_ISFIFO(st.st_mode));
  CHECK(fstat(ends[1], &again) == 0 && again.st_ino == st.st_ino);

  CALL(chmod("file", 04755));
  CHECK(stat("file", &st) == 0 && (st.st_mode & 07777) == 04755);
  CALL(fchmod(fd, 0));
  CHECK(stat("file", &st) == 0 && (st.st_mode & 07777) == 0);
  CALL(chmod("none", 0));
  CALL(chmod("link", 0600));
  CHECK(stat("file", &st) == 0 && (st.st_mode & 07777) == 0600);
  CALL(link("file", "second"));
  CHECK(stat("file", &st) == 0 && st.st_nlink == 2);
  CALL(unlink("file"));
  CHECK(fstat(fd, &st) == 0 && st.st_nlink == 1);
  CALL(unlink("second"));
  CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0 && st.st_size == 5);

  struct statfs fs;
  CALL(statfs(".", &fs));
  CHECK(fs.f_bsize > 0 && fs.f_blocks >= fs.f_bfree && fs.f_namelen == 255);
  CALL(fstatfs(fd, &fs));
  CALL(statfs("none", &fs));
  CALL(statfs("/proc", &fs));
  SAY("%lx", (long)fs.f_type);
  struct statvfs vfs;
  CALL(statvfs("/", &vfs));
  return 0;
}
