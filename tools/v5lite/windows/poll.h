/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_WINDOWS_POLL_H
#define V5LITE_WINDOWS_POLL_H

enum { POLLIN = 1, POLLOUT = 4 };

struct pollfd {
    int fd;
    short events, revents;
};

/* No descriptor here is non-blocking, so nothing waits for one. */
static inline int poll(struct pollfd *files, unsigned count, int milliseconds) {
    (void)files, (void)milliseconds;
    return (int)count;
}

#endif
