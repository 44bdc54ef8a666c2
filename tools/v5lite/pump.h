/* SPDX-License-Identifier: MIT */
/* Makes a non-blocking standard output, as some parent processes leave it, safe for stdio, which would lose data on
 * a full pipe: a thread copies the output and waits. The descriptor itself is not changed, since other programs
 * share it. */
#ifndef V5LITE_PUMP_H
#define V5LITE_PUMP_H

/* Starts the thread if standard output is a pipe, socket or terminal with O_NONBLOCK. */
void pump_start(void);

/* Returns the errno value with which the thread ended; 0 if it is running, or was not started. */
int pump_error(void);

/* Waits until all output is written, and closes standard output. Returns pump_error. */
int pump_end(void);

#endif
