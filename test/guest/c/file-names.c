/* guest: reference=native */
/* Names and arguments that are no UTF-8, names at the limits of length. */
#include "guest.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

static void hex(const char *what, const char *bytes, size_t length) {
  printf("%s:", what);
  for (size_t i = 0; i < length; i++) printf(" %02x", (unsigned char)bytes[i]);
  SAY("%s", "");
}

/* Names that are no paths: of a socket, of a thread. */
static void other_names(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket\xff"}, bound = {0};
  socklen_t length = sizeof bound;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  CALL(bind(fd, (struct sockaddr *)&address, sizeof address));
  CALL(getsockname(fd, (struct sockaddr *)&bound, &length));
  hex("bound to", bound.sun_path, length - 2);
  CALL(unlink("socket\xff"));
  char thread[16];
  CALL(prctl(PR_SET_NAME, "a\x80\xff"));
  CALL(prctl(PR_GET_NAME, thread));
  hex("thread", thread, strlen(thread));
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(int argc, char **argv) {
  if (argc > 2) {
    for (int i = 1; i < argc; i++) hex("argument", argv[i], strlen(argv[i]));
    hex("variable", getenv("STRAY"), strlen(getenv("STRAY")));
    return 0;
  }
  char buffer[300], name[300], path[PATH_MAX + 100];
  CALL(mkdir("d", 0755));
  const char *names[] = {"d/plain", "d/\xff", "d/\xc3\xa9", "d/a\x80z", "d/\xe2\x82", "d/\xf0\x9f\x98\x80", "d/\xef\xbf\xbd", "d/\xed\xb2\x80"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) CALL(close(open(names[i], O_CREAT | O_EXCL | O_WRONLY, 0600)));
  char *found[20];
  int count = 0;
  DIR *directory = opendir("d");
  for (struct dirent *entry; (entry = readdir(directory)) && count < 20;) found[count++] = strdup(entry->d_name);
  closedir(directory);
  qsort(found, count, sizeof found[0], compare);
  for (int i = 0; i < count; i++) hex("name", found[i], strlen(found[i]));
  CALL(access("d/\xff", F_OK));
  CALL(access("d/\xfe", F_OK));
  CALL(symlink("\xff\xfe", "link"));
  ssize_t length = readlink("link", buffer, sizeof buffer);
  hex("link", buffer, length < 0 ? 0 : length);
  CALL(mkdir("\xc0", 0755));
  CALL(chdir("\xc0"));
  CHECK(getcwd(path, sizeof path) && (unsigned char)path[strlen(path) - 1] == 0xc0);
  CALL(chdir(".."));
  CALL(rename("d/\xff", "d/\xfe"));
  CALL(unlink("d/\xfe"));

  memset(name, 'n', sizeof name);
  name[255] = 0;
  CALL(close(open(name, O_CREAT | O_WRONLY, 0600)));
  name[255] = 'n';
  name[256] = 0;
  CALL(close(open(name, O_CREAT | O_WRONLY, 0600)));
  memset(path, '/', sizeof path);
  path[PATH_MAX - 1] = 0;
  struct stat st;
  CHECK(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
  path[PATH_MAX - 1] = '/';
  path[PATH_MAX] = 0;
  CALL(stat(path, &st));

  other_names();
  pid_t child = fork();
  if (child == 0) {
    char *arguments[] = {argv[0], "\xff\x80", "\xc3\xa9\xc3", NULL}, *environment[] = {"STRAY=\x81", NULL};
    execve("/proc/self/exe", arguments, environment);
    exit(1);
  }
  waitpid(child, NULL, 0);
  return 0;
}
