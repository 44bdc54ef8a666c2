/* SPDX-License-Identifier: MIT */
/* Clients of /stream.mjpeg and /events: responses that go on until the client or the program ends. */
#ifndef V5LITE_CLIENTS_H
#define V5LITE_CLIENTS_H

#include <microhttpd.h>

#include "board.h"

#define CLIENTS_BOUNDARY "v5lite-frame"

/* Makes the response of one client. NULL: there are PREVIEW_MAX_CLIENTS already, or out of memory. */
struct MHD_Response *clients_video(board *b, board_link *link);
struct MHD_Response *clients_events(board *b, board_link *link);

/* Makes the response to HEAD of either. NULL: out of memory. */
struct MHD_Response *clients_headers(void);

#endif
