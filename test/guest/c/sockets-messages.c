/* Messages with control data, many at once; options; waiting without blocking; epoll on sockets. */
/* guest: reference=native sites=2 */
#include "guest.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static void control_data(void) {
  int s[2], on = 1;
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  CALL(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
  char data[2][8] = {"first", "second"};
  struct iovec out[2] = {{data[0], 5}, {data[1], 6}};
  int fds[3] = {0, 1, 2};
  char control[CMSG_SPACE(sizeof fds)] = {0};
  struct msghdr m = {.msg_iov = out, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(c), fds, sizeof fds);
  VALUE(sendmsg(s[0], &m, 0));
  char room[2][6];
  struct iovec in[2] = {{room[0], 3}, {room[1], 6}};
  char got[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(2 * sizeof(int))];
  struct sockaddr_un from;
  struct msghdr r = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = in, .msg_iovlen = 2,
                     .msg_control = got, .msg_controllen = sizeof got};
  VALUE(recvmsg(s[1], &r, MSG_CMSG_CLOEXEC));
  SAY("%.3s|%.6s name %u flags %#x", room[0], room[1], r.msg_namelen, r.msg_flags);
  for (c = CMSG_FIRSTHDR(&r); c; c = CMSG_NXTHDR(&r, c)) {
    SAY("level %d type %d length %zu", c->cmsg_level, c->cmsg_type, c->cmsg_len);
    if (c->cmsg_type == SCM_CREDENTIALS) {
      struct ucred *u = (struct ucred *)CMSG_DATA(c);
      CHECK(u->pid == getpid() && u->uid == getuid() && u->gid == getgid());
    } else {
      int first;
      memcpy(&first, CMSG_DATA(c), sizeof first);
      SAY("cloexec %d", fcntl(first, F_GETFD));
    }
  }
  c = CMSG_FIRSTHDR(&m);
  c->cmsg_len = 5;
  VALUE(sendmsg(s[0], &m, 0));
  c->cmsg_len = CMSG_LEN(sizeof fds), c->cmsg_type = 99;
  VALUE(sendmsg(s[0], &m, 0));
  close(s[0]), close(s[1]);
}

static void many(void) {
  int s[2];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
  struct mmsghdr out[3] = {0}, in[5] = {0};
  struct iovec v[3], w[5];
  char room[5][16];
  for (int i = 0; i < 3; i++) {
    v[i] = (struct iovec){"0123456789", 3 + i};
    out[i].msg_hdr.msg_iov = &v[i], out[i].msg_hdr.msg_iovlen = 1;
  }
  for (int i = 0; i < 5; i++) {
    w[i] = (struct iovec){room[i], 4};
    in[i].msg_hdr.msg_iov = &w[i], in[i].msg_hdr.msg_iovlen = 1;
  }
  VALUE(sendmmsg(s[0], out, 3, 0));
  SAY("%u %u %u", out[0].msg_len, out[1].msg_len, out[2].msg_len);
  VALUE(recvmmsg(s[1], in, 5, MSG_WAITFORONE, NULL));
  SAY("%u %u %u, %#x", in[0].msg_len, in[1].msg_len, in[2].msg_len, in[2].msg_hdr.msg_flags);
  VALUE(recvmmsg(s[1], in, 5, MSG_DONTWAIT, NULL));
  VALUE(send(s[0], "abcdef", 6, 0));
  VALUE(recv(s[1], room[0], 2, MSG_TRUNC | MSG_PEEK));
  int waiting = -1;
  CALL(ioctl(s[1], FIONREAD, &waiting));
  SAY("%d bytes", waiting);
  close(s[0]), close(s[1]);
}

static int option(int fd, int level, int name) {
  int value = -77;
  socklen_t size = sizeof value;
  return getsockopt(fd, level, name, &value, &size) ? -errno : value;
}

static void options(void) {
  int t = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_UNIX, SOCK_DGRAM, 0);
  SAY("%d %d %d", option(t, SOL_SOCKET, SO_TYPE), option(t, SOL_SOCKET, SO_DOMAIN), option(t, SOL_SOCKET, SO_PROTOCOL));
  SAY("%d %d", option(u, IPPROTO_TCP, TCP_NODELAY), option(t, SOL_SOCKET, 200));
  int on = 1;
  CALL(setsockopt(t, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  CALL(setsockopt(t, IPPROTO_TCP, TCP_NODELAY, &on, 2));
  CALL(setsockopt(t, SOL_SOCKET, SO_TYPE, &on, sizeof on));
  CALL(setsockopt(t, SOL_SOCKET, SO_KEEPALIVE, (void *)8, sizeof on));
  SAY("%d %d", option(t, IPPROTO_TCP, TCP_NODELAY), option(t, SOL_SOCKET, SO_KEEPALIVE));
  struct timeval time = {1, 500000}, back;
  socklen_t size = sizeof back;
  CALL(setsockopt(t, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  CALL(getsockopt(t, SOL_SOCKET, SO_RCVTIMEO, &back, &size));
  SAY("%ld.%06ld, %u bytes", back.tv_sec, back.tv_usec, size);
  time.tv_usec = 1000000;
  CALL(setsockopt(t, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  struct linger linger = {1, 5};
  CALL(setsockopt(t, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  linger = (struct linger){0, 0}, size = sizeof linger;
  CALL(getsockopt(t, SOL_SOCKET, SO_LINGER, &linger, &size));
  SAY("linger %d %d", linger.l_onoff, linger.l_linger);
  char byte[2] = "zz";
  size = 1;
  CALL(getsockopt(t, SOL_SOCKET, SO_TYPE, byte, &size));
  SAY("%d %c %u", byte[0], byte[1], size);
  close(t), close(u);
}

static void addresses(void) {
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un a = {AF_UNIX, "\0name"};
  struct sockaddr_un b;
  socklen_t size = sizeof b;
  CALL(bind(s, (void *)&a, offsetof(struct sockaddr_un, sun_path) + 5));
  CALL(getsockname(s, (void *)&b, &size));
  SAY("%u %d %.4s", size, b.sun_path[0], b.sun_path + 1);
  size = 4;
  memset(&b, 'x', sizeof b);
  CALL(getsockname(s, (void *)&b, &size));
  SAY("%u %d %c", size, b.sun_path[0], b.sun_path[2]);
  size = -1;
  CALL(getsockname(s, (void *)&b, &size));
  size = sizeof b;
  CALL(getpeername(s, (void *)&b, &size));
  CALL(bind(s, (void *)&a, 1));
  CALL(bind(s, (void *)&a, 200));
  CALL(connect(s, (void *)8, 16));
  int automatic = socket(AF_UNIX, SOCK_DGRAM, 0);
  CALL(bind(automatic, (void *)&a, sizeof(sa_family_t)));
  size = sizeof b;
  CALL(getsockname(automatic, (void *)&b, &size));
  SAY("%u", size);
  int six = socket(AF_INET6, SOCK_DGRAM, 0);
  struct sockaddr_in6 i6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}, back;
  CALL(bind(six, (void *)&i6, sizeof i6));
  size = sizeof back;
  CALL(getsockname(six, (void *)&back, &size));
  SAY("%u %d", size, IN6_IS_ADDR_LOOPBACK(&back.sin6_addr) && back.sin6_port != 0);
  CALL(bind(six, (void *)&i6, 20));
  close(s), close(automatic), close(six);
}

static void waiting(void) {
  int l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  bind(l, (void *)&a, sizeof a);
  listen(l, 1);
  getsockname(l, (void *)&a, &size);
  CALL(accept(l, NULL, NULL));
  int e = epoll_create1(0);
  struct epoll_event event = {EPOLLIN, {.u32 = 1}}, ready[4];
  epoll_ctl(e, EPOLL_CTL_ADD, l, &event);
  VALUE(epoll_wait(e, ready, 4, 0));
  int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CALL(connect(c, (void *)&a, sizeof a));
  event = (struct epoll_event){EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, {.u32 = 2}};
  epoll_ctl(e, EPOLL_CTL_ADD, c, &event);
  usleep(20000);
  VALUE(epoll_wait(e, ready, 4, 1000));
  SAY("error %d", option(c, SOL_SOCKET, SO_ERROR));
  int s = CALL(accept4(l, NULL, NULL, SOCK_CLOEXEC));
  SAY("cloexec %d", fcntl(s, F_GETFD));
  VALUE(epoll_wait(e, ready, 4, 0));
  write(s, "x", 1);
  VALUE(epoll_wait(e, ready, 4, 1000));
  SAY("%u %#x", ready[0].data.u32, ready[0].events);
  VALUE(epoll_wait(e, ready, 4, 0));
  shutdown(s, SHUT_WR);
  VALUE(epoll_wait(e, ready, 4, 1000));
  SAY("%#x", ready[0].events);
  char b[4];
  VALUE(read(c, b, 4));
  VALUE(read(c, b, 4));
  CALL(fcntl(c, F_SETFL, 0));
  close(s);
  signal(SIGPIPE, SIG_IGN);
  int n = 0;
  while (n < 100 && write(c, "x", 1) == 1) usleep(1000), n++;
  CHECK(errno == EPIPE || errno == ECONNRESET);
  close(c), close(l), close(e);
}

static void flow(void) {
  int s[2];
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s);
  static char block[65536];
  long total = 0, n;
  while ((n = write(s[0], block, sizeof block)) > 0) total += n;
  CHECK(errno == EAGAIN && total >= 65536);
  struct pollfd p = {s[0], POLLOUT, 0};
  VALUE(poll(&p, 1, 0));
  while ((n = read(s[1], block, sizeof block)) > 0) total -= n;
  SAY("left %ld", total);
  VALUE(poll(&p, 1, 0));
  struct timeval limit = {0, 20000};
  fcntl(s[1], F_SETFL, 0);
  CALL(setsockopt(s[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  VALUE(recv(s[1], block, 1, 0));
  if (fork() == 0) {
    for (int i = 0; i < 5; i++) usleep(2000), write(s[0], block, 3000);
    _exit(0);
  }
  limit.tv_sec = 5;
  setsockopt(s[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  VALUE(recv(s[1], block, 15000, MSG_WAITALL));
}

int main(void) {
  control_data();
  many();
  options();
  addresses();
  waiting();
  flow();
  return 0;
}
