/* TCP and UDP on the loopback interface. */
#include "guest.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>

int main(void) {
  char b[100] = "";
  int server = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  CALL(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  CALL(bind(server, (struct sockaddr *)&address, sizeof address));
  CALL(listen(server, 5));
  socklen_t size = sizeof address;
  CALL(getsockname(server, (struct sockaddr *)&address, &size));
  CHECK(address.sin_port != 0);
  pid_t pid = fork();
  if (pid == 0) {
    int c = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c, (struct sockaddr *)&address, sizeof address) < 0) _exit(1);
    setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    unsigned sum = 0;
    unsigned char block[3000];
    for (ssize_t n; (n = read(c, block, sizeof block)) > 0;) {
      for (ssize_t i = 0; i < n; i++) sum = sum * 31 + block[i];
    }
    write(c, &sum, 4);
    _exit(0);
  }
  int c = CALL(accept(server, NULL, NULL));
  unsigned sum = 0, answer = 0;
  for (int i = 0; i < 300; i++) {
    unsigned char block[1000];
    for (int k = 0; k < 1000; k++) sum = sum * 31 + (block[k] = (unsigned char)(i * k));
    if (write(c, block, 1000) != 1000) SAY("short write");
  }
  CALL(shutdown(c, SHUT_WR));
  VALUE(read(c, &answer, 4));
  CHECK(answer == sum);
  VALUE(read(c, &answer, 4));
  waitpid(pid, NULL, 0);
  close(server);
  int refused = socket(AF_INET, SOCK_STREAM, 0);
  CALL(connect(refused, (struct sockaddr *)&address, sizeof address));

  int u1 = socket(AF_INET, SOCK_DGRAM, 0), u2 = socket(AF_INET, SOCK_DGRAM, 0);
  address.sin_port = 0;
  CALL(bind(u1, (struct sockaddr *)&address, sizeof address));
  CALL(getsockname(u1, (struct sockaddr *)&address, &size));
  VALUE(sendto(u2, "datagram", 8, 0, (struct sockaddr *)&address, sizeof address));
  struct sockaddr_in from;
  size = sizeof from;
  VALUE(recvfrom(u1, b, sizeof b, 0, (struct sockaddr *)&from, &size));
  SAY("%s from %s", b, inet_ntoa(from.sin_addr));
  VALUE(sendto(u1, "back", 4, 0, (struct sockaddr *)&from, size));
  VALUE(recv(u2, b, sizeof b, 0));
  CALL(connect(u2, (struct sockaddr *)&address, sizeof address));
  VALUE(send(u2, "connected", 9, 0));
  VALUE(recv(u1, b, sizeof b, MSG_TRUNC));
  CALL(bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&(struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x08080808)}, sizeof address));
  CALL(accept(u1, NULL, NULL));
  return 0;
}
