/* SPDX-License-Identifier: MIT */
/* State that the detection thread, the encoder and the server's threads share. The lock is held for a few instructions
 * at a time: never while bytes are copied, encoded or sent. */
#ifndef V5LITE_BOARD_H
#define V5LITE_BOARD_H

#include <pthread.h>
#include <stdio.h>

#include "slots.h"
#include "stream/histogram.h"
#include "stream/watch_setup.h"

enum {
    PREVIEW_MAX_CLIENTS = 8,      /* of the picture, and as many of the events */
    PREVIEW_MAX_CONNECTIONS = 32, /* those of short requests included */
    PREVIEW_MAX_FPS = 15,         /* of pictures that must be encoded */
    PREVIEW_QUALITY = 80,         /* of JPEG */
};

#define PREVIEW_DEADLINE_US 10000000u /* for a whole request, and for each picture or event that is sent */
#define PREVIEW_HEALTHY_US 5000000u   /* frames may be late by this */
#define PREVIEW_BEAT_US 2000000u      /* clients get something at least this often */
#define PREVIEW_NEVER UINT64_MAX

/* One connection of a client. */
typedef struct board_link {
    int is_open, socket;
    uint64_t deadline_us; /* CLOCK_MONOTONIC; PREVIEW_NEVER: the client waits for the server */
} board_link;

/* Copies for the server; the originals belong to the detection thread. */
typedef struct board_line {
    uint32_t right, left;
} board_line;

typedef struct board_places {
    uint64_t version; /* changes with the counts; starts at 1 */
    board_line lines[V5L_MAX_LINES];
    v5l_zone_info zones[V5L_MAX_LINES];
} board_places;

typedef struct board_counts {
    uint64_t frames, dropped, broken, skipped; /* skipped: by the preview, since all buffers were in use */
    uint64_t last_us;                          /* CLOCK_MONOTONIC of the last frame */
    double fps;
    histogram latency;
    board_places places;
} board_counts;

typedef struct board {
    const watch_setup *setup; /* fields that do not change during the run */
    pthread_mutex_t lock;
    pthread_cond_t framed, pictured, lined; /* a frame to encode; a picture to send; a line to send */
    int is_stopping;

    int video_clients, event_clients;
    int snapshots;      /* clients that wait for one picture */
    uint64_t wanted_us; /* when the encoder wants the next frame that is not a JPEG; PREVIEW_NEVER: it is busy */
    slots frames;       /* for the encoder */
    slots pictures;     /* JPEG, for the clients */
    slots lines;        /* JSON, for the clients */

    board_counts counts;
    uint64_t *classes; /* [class_count]: detections */
    int class_count;
    board_link links[PREVIEW_MAX_CONNECTIONS];
} board;

/* Reports an error and returns STATUS_BAD if out of memory. Call board_close in any case. */
int board_open(board *b, const watch_setup *setup);
void board_close(board *b);

/* Wakes all threads up to end. */
void board_stop(board *b);

/* Waits for a condition until a moment of CLOCK_MONOTONIC. The caller holds the lock. */
void board_wait(board *b, pthread_cond_t *condition, uint64_t until_us);

/* Nonzero if somebody waits for pictures. The caller holds the lock. */
int board_has_viewers(const board *b);

/* Closes the connections that are past their deadlines. */
void board_drop_late(board *b, uint64_t now_us);

/* Nonzero if frames come. */
int board_is_healthy(board *b);

#endif
