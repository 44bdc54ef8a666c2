/* SPDX-License-Identifier: MIT */
#include "camera_device.h"

#if defined(V5LITE_V4L2)

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int system_open(const char *path) { return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC); }

static int system_ioctl(int file, unsigned long request, void *argument) {
    int status;
    do {
#if defined(__GLIBC__)
        status = ioctl(file, request, argument);
#else
        status = ioctl(file, (int)request, argument);
#endif
    } while (status != 0 && errno == EINTR);
    return status;
}

static void *system_map(int file, size_t size, uint32_t offset) {
    void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, file, (off_t)offset);
    if (at == MAP_FAILED) return NULL;
    return at;
}

static void system_unmap(void *at, size_t size) { (void)munmap(at, size); }

static int system_poll(struct pollfd *files, int count, int milliseconds) {
    return poll(files, (nfds_t)count, milliseconds);
}

const camera_calls camera_system = {system_open, close, system_ioctl, system_map, system_unmap, system_poll};

#endif
