/* SPDX-License-Identifier: MIT */
/* Makes JPEGs for the clients on a thread of its own, only while there are any. */
#ifndef V5LITE_ENCODER_H
#define V5LITE_ENCODER_H

#include "board.h"

typedef struct encoder encoder;

/* Starts the thread, which also drops clients that are past their deadlines. Returns NULL if out of memory, or if the
 * system refuses a thread. */
encoder *encoder_start(board *b);

/* Ends and joins the thread, after board_stop. NULL: does nothing. */
void encoder_stop(encoder *e);

#endif
