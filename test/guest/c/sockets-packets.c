/* guest: reference=native */
/* Local packets: half of SO_SNDBUF is one, two fill what may wait, and the third waits for a reader. */
#include "guest.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void fill(int type) {
  int ends[2], bytes = 0;
  socklen_t length = sizeof bytes;
  CALL(socketpair(AF_UNIX, type, 0, ends));
  CALL(getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, &length));
  size_t half = (size_t)bytes / 2;
  char *packet = calloc(1, half);
  for (int i = 0; i < 2; i++) CHECK(send(ends[0], packet, half, MSG_DONTWAIT) == (ssize_t)half);
  VALUE(send(ends[0], packet, half, MSG_DONTWAIT));
  struct pollfd p = {ends[0], POLLOUT, 0};
  VALUE(poll(&p, 1, 0));
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    usleep(30000);
    for (int i = 0; i < 3; i++) CHECK(recv(ends[1], packet, half, 0) == (ssize_t)half);
    _exit(0);
  }
  ssize_t sent = send(ends[0], packet, half, 0);
  waitpid(child, NULL, 0);
  CHECK(sent == (ssize_t)half);
  free(packet), close(ends[0]), close(ends[1]);
}

int main(void) {
  fill(SOCK_DGRAM);
  fill(SOCK_SEQPACKET);
  return 0;
}
