/* Delays fsync and fdatasync by FSYNC_DELAY_MS milliseconds, like a slow disk: cc -shared -fPIC -o slow-fsync.so slow-fsync.c; LD_PRELOAD=slow-fsync.so */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static int slowly(const char *name, int fd) {
  const char *delay = getenv("FSYNC_DELAY_MS");
  const long ms = delay ? atol(delay) : 0;
  const struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&wait, NULL);
  return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
