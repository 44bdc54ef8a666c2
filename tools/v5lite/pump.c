/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    pthread_t thread;
    int running, from, to; /* read end of the pipe; original standard output */
    atomic_int error;
} pump;

/* Returns 0, or an errno value. */
static int write_all(int file, const char *data, size_t size) {
    while (size > 0) {
        const ssize_t done = write(file, data, size);
        if (done >= 0) {
            data += done;
            size -= (size_t)done;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            poll(&(struct pollfd){.fd = file, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

static void *work(void *unused) {
    char data[4096];
    ssize_t size;
    int error = 0;
    while (error == 0 && (size = read(pump.from, data, sizeof data)) != 0)
        error = size > 0 ? write_all(pump.to, data, (size_t)size) : errno == EINTR ? 0 : errno;
    atomic_store(&pump.error, error);
    close(pump.from); /* further writes fail */
    return unused;
}

/* Starts the thread with all signals blocked: other threads handle them. */
static int start_thread(void) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&pump.thread, NULL, work, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

void pump_start(void) {
    struct stat status;
    int ends[2];
    const int flags = fcntl(STDOUT_FILENO, F_GETFL);
    if (flags == -1 || (flags & O_NONBLOCK) == 0 || fstat(STDOUT_FILENO, &status) != 0 || S_ISREG(status.st_mode))
        return;
    if (pipe(ends) != 0) return;
    pump.from = ends[0];
    pump.to = dup(STDOUT_FILENO);
    pump.running = pump.to >= 0 && start_thread();
    if (pump.running)
        dup2(ends[1], STDOUT_FILENO);
    else
        close(ends[0]);
    close(ends[1]);
}

int pump_error(void) { return atomic_load(&pump.error); }

int pump_end(void) {
    if (!pump.running) return 0;
    close(STDOUT_FILENO);
    pthread_join(pump.thread, NULL);
    pump.running = 0;
    return pump_error();
}
