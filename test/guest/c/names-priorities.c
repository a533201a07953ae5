/* guest: reference=file sites=2 */
/* Names of the host, nice values of groups and users; the uptime, which does not go with the time of day. */
#include "guest.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

static void say_names(void) {
  struct utsname name;
  uname(&name);
  SAY("%s %s", name.nodename, name.domainname);
}
static long uptime(void) {
  struct sysinfo info;
  sysinfo(&info);
  return info.uptime;
}

int main(void) {
  struct utsname before;
  uname(&before);
  CALL(sethostname("other", 5));
  CALL(setdomainname("example", 7));
  say_names();
  CALL(sethostname("", 0));
  say_names();
  static volatile size_t negative = -1, large = 65;
  static char *volatile bad = (char *)8;
  CALL(sethostname("x", negative));
  CALL(sethostname("x", large));
  CALL(sethostname(bad, 5));
  CALL(seteuid(1));
  CALL(sethostname("x", 1));
  CALL(seteuid(0));
  CALL(sethostname(before.nodename, strlen(before.nodename)));
  CALL(setdomainname(before.domainname, strlen(before.domainname)));

  long up = uptime();
  struct timespec now, early = {86400 * 365, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  CALL(clock_settime(CLOCK_REALTIME, &early));
  CHECK(uptime() >= up && uptime() < up + 60);
  CALL(clock_settime(CLOCK_REALTIME, &now));

  setpgid(0, 0);
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  CALL(setpriority(PRIO_PGRP, 0, 5));
  VALUE(getpriority(PRIO_PROCESS, child));
  VALUE(getpriority(PRIO_PGRP, getpgrp()));
  CALL(setpriority(PRIO_PROCESS, child, 3));
  VALUE(getpriority(PRIO_PGRP, 0));
  VALUE(getpriority(PRIO_PGRP, 999999));
  VALUE(getpriority(PRIO_USER, 4711));
  VALUE(getpriority(7, 0));
  CALL(setpriority(PRIO_USER, 4711, 1));
  CALL(setpriority(7, 0, 1));
  CALL(setresuid(4711, 4711, 0));
  CALL(setpriority(PRIO_USER, 0, 9));
  VALUE(getpriority(PRIO_USER, 0));
  VALUE(getpriority(PRIO_PROCESS, 0));
  CALL(setpriority(PRIO_PGRP, 0, 1));
  CALL(setpriority(PRIO_PROCESS, child, 10));
  CALL(setresuid(0, 0, 0));
  kill(child, 9);
  wait(NULL);
  return 0;
}
