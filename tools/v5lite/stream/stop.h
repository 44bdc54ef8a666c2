/* SPDX-License-Identifier: MIT */
/* Requests to stop: SIGINT and SIGTERM, or the program itself. */
#ifndef V5LITE_STOP_H
#define V5LITE_STOP_H

/* From now on SIGINT and SIGTERM request a stop; a second one ends the program as usual. Reports an error and returns
 * STATUS_BAD if that fails. */
int stop_on_signals(void);

/* Callable from any thread. */
void stop_request(void);
int stop_requested(void);

/* A descriptor that becomes readable with the request: for poll() with another one. -1 before stop_on_signals. */
int stop_descriptor(void);

/* Opens a named pipe for writing as soon as it has a reader. Returns its descriptor, or -1 with errno: EINTR after a
 * stop request. */
int stop_open_pipe(const char *path);

#endif
