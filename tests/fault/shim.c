/* Makes the n-th write, flush, truncation or renaming of this process fail, once; built and loaded by test_io.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

static int armed, left, code, calls;

void fault_arm(int at, int error) { left = at; code = error; calls = 0; armed = 1; }
int fault_disarm(void) { armed = 0; return calls; }

static int fails(void) {
    if (!armed) return 0;
    calls++;
    if (--left) return 0;
    errno = code;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t size) {
    if (fd > 2 && fails()) return -1;
    return REAL(write)(fd, data, size);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return fails() ? -1 : REAL(pwrite64)(fd, data, size, at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return fails() ? -1 : REAL(pwrite)(fd, data, size, at);
}
int fsync(int fd) { return fails() ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails() ? -1 : REAL(fdatasync)(fd); }
int ftruncate64(int fd, off64_t size) { return fails() ? -1 : REAL(ftruncate64)(fd, size); }
int ftruncate(int fd, off_t size) { return fails() ? -1 : REAL(ftruncate)(fd, size); }
int rename(const char *from, const char *to) { return fails() ? -1 : REAL(rename)(from, to); }
