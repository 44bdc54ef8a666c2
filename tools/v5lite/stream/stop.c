/* SPDX-License-Identifier: MIT */
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

static atomic_int requested;
static int ends[2] = {-1, -1}; /* of a pipe: reading, writing */

enum { SIGNALS = 2 };
static const int stopping[SIGNALS] = {SIGINT, SIGTERM};
static struct sigaction usual[SIGNALS];

/* Signal handler: calls only async-signal-safe functions. The next signal of the kind has its usual effect. */
static void on_signal(int number) {
    const int reason = errno;
    for (int i = 0; i < SIGNALS; i++)
        if (stopping[i] == number) sigaction(number, &usual[i], NULL);
    stop_request();
    errno = reason;
}

static int open_pipe(void) {
    if (pipe(ends) != 0) return 0;
    int done = 1;
    for (int i = 0; i < 2 && done; i++)
        done = fcntl(ends[i], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[i], F_SETFL, O_NONBLOCK) == 0;
    for (int i = 0; i < 2 && !done; i++) {
        const int reason = errno; /* of fcntl, for the message */
        close(ends[i]);
        ends[i] = -1;
        errno = reason;
    }
    return done;
}

int stop_on_signals(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    if (ends[0] >= 0) return STATUS_OK;
    if (!open_pipe()) return report_error("cannot wait for signals", "pipe", "%s", strerror(errno));
    sigfillset(&action.sa_mask);
    for (int i = 0; i < SIGNALS; i++)
        if (sigaction(stopping[i], NULL, &usual[i]) == 0 && usual[i].sa_handler != SIG_IGN) /* nohup */
            sigaction(stopping[i], &action, NULL);
    return STATUS_OK;
}

void stop_request(void) {
    atomic_store(&requested, 1);
    if (ends[1] >= 0 && write(ends[1], "", 1) != 1) return; /* full: it is readable already */
}

int stop_requested(void) { return atomic_load(&requested); }

int stop_descriptor(void) { return ends[0]; }

int stop_open_pipe(const char *path) {
    enum { TRY_MS = 20 };
    struct pollfd stop = {.fd = ends[0], .events = POLLIN};
    while (!stop_requested()) {
        const int file = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (file >= 0) {
            (void)fcntl(file, F_SETFL, O_WRONLY); /* writes wait */
            return file;
        }
        if (errno != ENXIO) return -1; /* ENXIO: no reader */
        (void)poll(&stop, 1, TRY_MS);
    }
    errno = EINTR;
    return -1;
}
