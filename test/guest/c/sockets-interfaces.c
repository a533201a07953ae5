/* Interfaces and addresses of the system's network: netlink, ioctls, getifaddrs, name resolution. */
/* guest: reference=file */
#include "guest.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(void) {
  struct if_nameindex *all = if_nameindex();
  for (struct if_nameindex *i = all; i && i->if_name; i++) SAY("%u %s", i->if_index, i->if_name);
  if_freenameindex(all);
  SAY("%u %u %u", if_nametoindex("lo"), if_nametoindex("eth0"), if_nametoindex("none"));
  char name[IF_NAMESIZE] = "";
  CHECK(if_indextoname(2, name) == name);
  SAY("%s", name);
  struct ifaddrs *list;
  CALL(getifaddrs(&list));
  for (struct ifaddrs *i = list; i; i = i->ifa_next) {
    char text[64] = "-", mask[64] = "-";
    int family = i->ifa_addr ? i->ifa_addr->sa_family : 0;
    if (family == AF_INET) {
      inet_ntop(family, &((struct sockaddr_in *)i->ifa_addr)->sin_addr, text, 64);
      inet_ntop(family, &((struct sockaddr_in *)i->ifa_netmask)->sin_addr, mask, 64);
    }
    if (family == AF_INET6) inet_ntop(family, &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, text, 64);
    SAY("%s family %d %s %s%s", i->ifa_name, family, text, mask, i->ifa_flags & IFF_UP ? " up" : "");
  }
  freeifaddrs(list);

  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct ifreq r = {0};
  strcpy(r.ifr_name, "eth0");
  CALL(ioctl(s, SIOCGIFADDR, &r));
  SAY("%s", inet_ntoa(((struct sockaddr_in *)&r.ifr_addr)->sin_addr));
  CALL(ioctl(s, SIOCGIFBRDADDR, &r));
  SAY("%s", inet_ntoa(((struct sockaddr_in *)&r.ifr_addr)->sin_addr));
  CALL(ioctl(s, SIOCGIFFLAGS, &r));
  SAY("%#x", r.ifr_flags & 0xffff);
  CALL(ioctl(s, SIOCGIFMTU, &r));
  SAY("%d", r.ifr_mtu);
  strcpy(r.ifr_name, "none");
  CALL(ioctl(s, SIOCGIFADDR, &r));
  CALL(ioctl(0, SIOCGIFADDR, &r));
  struct ifreq many[4];
  struct ifconf conf = {.ifc_len = sizeof many, .ifc_req = many};
  CALL(ioctl(s, SIOCGIFCONF, &conf));
  SAY("%zu", conf.ifc_len / sizeof(struct ifreq));
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("10.0.0.1")};
  CALL(bind(s, (struct sockaddr *)&own, sizeof own));

  int n = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  struct sockaddr_nl a = {.nl_family = AF_NETLINK};
  CALL(bind(n, (struct sockaddr *)&a, sizeof a));
  socklen_t size = sizeof a;
  CALL(getsockname(n, (struct sockaddr *)&a, &size));
  CHECK(size == sizeof a && a.nl_pid == (unsigned)getpid());
  struct {
    struct nlmsghdr h;
    struct rtgenmsg g;
  } ask = {{sizeof ask, 99, NLM_F_REQUEST | NLM_F_ACK, 5, 0}, {AF_UNSPEC}};
  VALUE(send(n, &ask, sizeof ask, 0));
  struct {
    struct nlmsghdr h;
    struct nlmsgerr e;
  } reply;
  VALUE(recv(n, &reply, sizeof reply, 0));
  SAY("%d %d %u", reply.h.nlmsg_type, reply.e.error, reply.h.nlmsg_seq);
  CALL(socket(AF_NETLINK, SOCK_RAW, 99));
  VALUE(recv(n, &reply, sizeof reply, MSG_DONTWAIT));
  return 0;
}
