/* Sockets of the UNIX family: pairs, streams, datagrams, descriptor passing, errors. */
#include "guest.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static void send_fd(int s, int fd) {
  char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 'F';
  struct iovec v = {&byte, 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &fd, sizeof fd);
  VALUE(sendmsg(s, &m, 0));
}
static int receive_fd(int s) {
  char control[CMSG_SPACE(sizeof(int))], byte;
  struct iovec v = {&byte, 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  VALUE(recvmsg(s, &m, 0));
  int fd;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
  return fd;
}

int main(void) {
  int s[2];
  char b[100] = "";
  CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  VALUE(write(s[0], "hello", 5));
  VALUE(recv(s[1], b, 100, MSG_PEEK));
  VALUE(read(s[1], b, 100));
  SAY("%s", b);
  int file = open("passed", O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(file, "content", 7);
  send_fd(s[0], file);
  close(file);
  int got = receive_fd(s[1]);
  VALUE(pread(got, b, 7, 0));
  SAY("%.7s", b);
  CALL(shutdown(s[0], SHUT_WR));
  VALUE(read(s[1], b, 100));
  close(s[0]);
  VALUE(send(s[1], "x", 1, MSG_NOSIGNAL));

  struct sockaddr_un address = {AF_UNIX, "sock"};
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  CALL(bind(server, (struct sockaddr *)&address, sizeof address));
  CALL(bind(server, (struct sockaddr *)&address, sizeof address));
  CALL(listen(server, 5));
  pid_t pid = fork();
  if (pid == 0) {
    int c = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(c, (struct sockaddr *)&address, sizeof address) < 0) _exit(1);
    write(c, "from the client", 15);
    read(c, b, 100);
    _exit(b[0] == 'r' ? 7 : 2);
  }
  struct sockaddr_un peer;
  socklen_t size = sizeof peer;
  int c = CALL(accept(server, (struct sockaddr *)&peer, &size));
  memset(b, 0, sizeof b);
  VALUE(read(c, b, 100));
  SAY("%s", b);
  struct ucred credentials;
  size = sizeof credentials;
  CALL(getsockopt(c, SOL_SOCKET, SO_PEERCRED, &credentials, &size));
  CHECK(credentials.pid == pid && credentials.uid == getuid());
  VALUE(write(c, "reply", 5));
  int status;
  waitpid(pid, &status, 0);
  SAY("client %d", WEXITSTATUS(status));
  close(c), close(server);
  int late = socket(AF_UNIX, SOCK_STREAM, 0);
  CALL(connect(late, (struct sockaddr *)&address, sizeof address));
  unlink("sock");
  CALL(connect(late, (struct sockaddr *)&address, sizeof address));

  CALL(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
  VALUE(send(s[0], "one", 3, 0));
  VALUE(send(s[0], "second", 6, 0));
  VALUE(recv(s[1], b, 2, 0));
  VALUE(recv(s[1], b, 100, 0));
  VALUE(recv(s[1], b, 100, MSG_DONTWAIT));
  struct pollfd p = {s[1], POLLIN | POLLOUT, 0};
  VALUE(poll(&p, 1, 0));
  SAY("%x", p.revents);
  int type;
  size = sizeof type;
  CALL(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &type, &size));
  SAY("type %d", type);
  CALL(socket(AF_UNIX, 77, 0));
  CALL(socket(999, SOCK_STREAM, 0));
  CALL(listen(got, 1));
  return 0;
}
