/* guest: dynamic flags=-lm args=x */
/* Linked dynamically: the loader, symbols of two libraries, dlopen of a third, thread-local data, constructors. */
#include "guest.h"
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>

static int constructed;
__attribute__((constructor)) static void construct(void) { constructed = 41; }
static __thread int local = 3;
static void *run(void *argument) {
  (void)argument;
  local++;
  return (void *)(long)local;
}

int main(int argc, char **argv) {
  SAY("constructed %d argc %d %s", constructed, argc, argv[1]);
  SAY("%.12g", sqrt((double)argc) + cos(0.5));
  pthread_t thread;
  void *result;
  pthread_create(&thread, NULL, run, NULL);
  pthread_join(thread, &result);
  SAY("thread's local %ld, main's %d", (long)result, local);
  void *library = dlopen("libresolv.so.2", RTLD_NOW);
  SAY("dlopen %s", library ? "ok" : dlerror());
  SAY("symbol %s", library && dlsym(library, "ns_get16") ? "found" : "missing");
  SAY("absent %s", dlopen("libabsent.so", RTLD_NOW) ? "?" : "refused");
  Dl_info info;
  SAY("dladdr %d", dladdr((void *)&printf, &info) != 0);
  return 0;
}
