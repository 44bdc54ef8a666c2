/* SPDX-License-Identifier: MIT */
/* Standard output that does not block, as some parents leave it: stdio would lose what a full pipe does not take at once. A thread
 * between it and the program waits instead. The descriptor itself is not changed, for other programs share it. */
#ifndef V5LITE_PUMP_H
#define V5LITE_PUMP_H

/* Puts the thread in place if standard output is a pipe, a socket or a terminal with O_NONBLOCK. */
void pump_start(void);

/* Why the thread ended: an errno value, 0 while it works or where there is none. */
int pump_error(void);

/* Waits until all that was written to standard output has left, and closes that. Returns pump_error. */
int pump_end(void);

#endif
