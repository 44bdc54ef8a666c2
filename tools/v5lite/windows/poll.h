/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_WINDOWS_POLL_H
#define V5LITE_WINDOWS_POLL_H

enum { POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 16 };

struct pollfd {
    int fd;
    short events, revents;
};

/* No descriptor here is non-blocking, so nothing waits for one. */
static inline int poll(struct pollfd *files, unsigned count, int milliseconds) {
    (void)milliseconds;
    for (unsigned i = 0; i < count; i++)
        files[i].revents = files[i].events;
    return (int)count;
}

#endif
