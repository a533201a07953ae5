/* sendfile, copy_file_range, splice, vmsplice. */
/* guest: reference=native */
#include "guest.h"
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>

static void show(int fd) {
  char buffer[100];
  ssize_t n = pread(fd, buffer, sizeof buffer, 0);
  SAY("contents %zd: %.*s", n, (int)(n < 0 ? 0 : n), buffer);
}

int main(void) {
  int from = open("from", O_RDWR | O_CREAT, 0600), to = open("to", O_RDWR | O_CREAT, 0600);
  int append = open("append", O_WRONLY | O_CREAT | O_APPEND, 0600);
  write(from, "0123456789", 10);
  off_t offset = 2;
  VALUE(sendfile(to, from, &offset, 4));
  SAY("offset %ld position %ld", (long)offset, (long)lseek(from, 0, SEEK_CUR));
  VALUE(sendfile(to, from, NULL, 4));
  lseek(from, 5, SEEK_SET);
  VALUE(sendfile(to, from, NULL, 100));
  show(to);
  VALUE(sendfile(append, from, &offset, 4));
  VALUE(sendfile(to, 99, NULL, 4));
  offset = -1;
  VALUE(sendfile(to, from, &offset, 4));
  VALUE(sendfile(to, from, NULL, 0));

  off64_t in = 1, out = 0;
  VALUE(copy_file_range(from, &in, to, &out, 5, 0));
  SAY("%ld %ld", (long)in, (long)out);
  show(to);
  lseek(from, 8, SEEK_SET);
  lseek(to, 0, SEEK_END);
  VALUE(copy_file_range(from, NULL, to, NULL, 50, 0));
  show(to);
  in = 0, out = 2;
  VALUE(copy_file_range(from, &in, from, &out, 5, 0));
  out = 20;
  VALUE(copy_file_range(from, &in, from, &out, 5, 0));
  VALUE(copy_file_range(from, NULL, append, NULL, 5, 0));
  VALUE(copy_file_range(from, NULL, to, NULL, 5, 1));
  VALUE(copy_file_range(from, NULL, open("from", O_RDONLY), NULL, 5, 0));
  VALUE(copy_file_range(open(".", O_RDONLY), NULL, to, NULL, 5, 0));

  int ends[2], second[2];
  pipe(ends);
  pipe(second);
  in = 0;
  VALUE(splice(from, &in, ends[1], NULL, 10, 0));
  VALUE(splice(ends[0], NULL, second[1], NULL, 4, 0));
  out = 1;
  VALUE(splice(second[0], NULL, to, &out, 100, 0));
  SAY("%ld", (long)out);
  show(to);
  VALUE(splice(from, NULL, to, NULL, 5, 0));
  VALUE(splice(ends[0], &in, to, NULL, 5, 0));
  VALUE(splice(ends[0], NULL, ends[1], NULL, 5, 0));
  VALUE(splice(second[0], NULL, to, NULL, 5, SPLICE_F_NONBLOCK));
  VALUE(splice(second[0], NULL, to, NULL, 5, 0x100));
  VALUE(tee(ends[0], second[1], 4, 0));
  VALUE(read(second[0], (char[8]){0}, 8));
  VALUE(tee(ends[0], second[1], 100, 0));
  VALUE(tee(second[0], to, 100, 0));
  VALUE(tee(ends[0], ends[1], 100, 0));
  VALUE(splice(second[0], NULL, to, &out, 100, 0));
  VALUE(tee(second[0], ends[1], 5, SPLICE_F_NONBLOCK));
  struct iovec vector[2] = {{"abc", 3}, {"de", 2}};
  VALUE(vmsplice(second[1], vector, 2, 0));
  char buffer[16];
  VALUE(read(second[0], buffer, 16));
  VALUE(vmsplice(to, vector, 2, 0));
  VALUE(sendfile(second[1], from, NULL, 0));
  pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    close(second[1]);
    char piece[5000];
    long total = 0;
    for (ssize_t n; (n = read(second[0], piece, sizeof piece)) > 0;) total += n;
    SAY("child read %ld", total);
    exit(0);
  }
  char *much = calloc(1, 1000000);
  int large = open("large", O_RDWR | O_CREAT, 0600);
  write(large, much, 1000000);
  offset = 0;
  VALUE(sendfile(second[1], large, &offset, 2000000));
  close(second[1]);
  waitpid(child, NULL, 0);
  return 0;
}
