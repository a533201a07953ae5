/* getdents64 through the C library: all names, rewinding, telldir and seekdir, removal while reading. */
#include "guest.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { FILES = 500 };

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int list(DIR *directory, int show) {
  char *names[FILES + 10];
  int count = 0;
  for (struct dirent *entry; (entry = readdir(directory)) && count < FILES + 10;) names[count++] = strdup(entry->d_name);
  qsort(names, count, sizeof names[0], compare);
  unsigned hash = 0;
  for (int i = 0; i < count; i++) {
    for (char *c = names[i]; *c; c++) hash = hash * 31 + (unsigned char)*c;
    if (show) SAY("  %s", names[i]);
  }
  SAY("%d names, hash %u", count, hash);
  return count;
}

int main(void) {
  char name[64];
  CALL(mkdir("d", 0755));
  for (int i = 0; i < FILES; i++) {
    snprintf(name, sizeof name, "d/file-%d-%.*s", i, i % 40, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    close(open(name, O_CREAT | O_WRONLY, 0600));
  }
  CALL(mkdir("d/directory", 0755));
  CALL(symlink("x", "d/symlink"));
  CALL(mkfifo("d/fifo", 0600));
  DIR *directory = opendir("d");
  list(directory, 0);
  CHECK(readdir(directory) == NULL);
  rewinddir(directory);
  list(directory, 0);

  rewinddir(directory);
  for (int i = 0; i < 100; i++) readdir(directory);
  long position = telldir(directory);
  char expected[256];
  strcpy(expected, readdir(directory)->d_name);
  for (int i = 0; i < 300; i++) readdir(directory);
  seekdir(directory, position);
  CHECK(strcmp(readdir(directory)->d_name, expected) == 0);

  rewinddir(directory);
  int types[16] = {0};
  for (struct dirent *entry; (entry = readdir(directory));) types[entry->d_type]++;
  SAY("files %d directories %d links %d fifos %d", types[DT_REG], types[DT_DIR], types[DT_LNK], types[DT_FIFO]);

  rewinddir(directory);
  int removed = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (entry->d_type != DT_REG) continue;
    if (unlinkat(dirfd(directory), entry->d_name, 0) == 0) removed++;
  }
  SAY("removed %d", removed);
  rewinddir(directory);
  list(directory, 1);
  closedir(directory);

  int fd = (int)CALL(open("d", O_RDONLY | O_DIRECTORY));
  char buffer[4096];
  VALUE(syscall(SYS_getdents64, fd, buffer, 10));
  CHECK(syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 0);
  VALUE(syscall(SYS_getdents64, fd, buffer, sizeof buffer));
  VALUE(lseek(fd, 0, SEEK_SET));
  CHECK(syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 0);
  VALUE(syscall(SYS_getdents64, open("d/fifo", O_RDWR), buffer, sizeof buffer));
  VALUE(syscall(SYS_getdents64, 99, buffer, sizeof buffer));
  lseek(fd, 0, SEEK_SET);
  CHECK(read(fd, buffer, 1) == -1 && errno == EISDIR);
  CALL(chdir("d"));
  CALL(mkdir("deep", 0700));
  CALL(chdir("deep"));
  CHECK(getcwd(buffer, sizeof buffer) && strcmp(buffer + strlen(buffer) - 7, "/d/deep") == 0);
  CHECK(getcwd(buffer, 3) == NULL && errno == ERANGE);
  CALL(rmdir("../deep"));
  CHECK(getcwd(buffer, sizeof buffer) == NULL && errno == ENOENT);
  CALL(open("x", O_CREAT | O_WRONLY, 0600));
  CALL(chdir(".."));
  CALL(chdir("fifo"));
  CALL(fchdir(fd));
  return 0;
}
