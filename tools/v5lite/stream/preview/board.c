/* SPDX-License-Identifier: MIT */
#include "board.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "message.h"
#include "stream/pixel_names.h"

enum {
    FRAMES = 3,    /* the newest, one that is encoded, one that is written */
    PICTURES = 12, /* one for each client, the newest, one that is written, and two for snapshots */
    LINES = 16
};

/* Bytes of a JSON line: a part that every line has, and the most that a detection or an event of usual names takes.
 * Longer lines are not sent. */
enum { LINE_BYTES = 1024, DETECTION_BYTES = 160, MAX_LINE_BYTES = 1 << 18 };

static size_t line_bytes(int max_detections) {
    const size_t bytes = LINE_BYTES + (size_t)max_detections * DETECTION_BYTES;
    return bytes < MAX_LINE_BYTES ? bytes : MAX_LINE_BYTES;
}

static void make_conditions(board *b) {
    pthread_condattr_t by_clock;
    pthread_condattr_init(&by_clock);
    pthread_condattr_setclock(&by_clock, CLOCK_MONOTONIC);
    pthread_cond_init(&b->framed, &by_clock);
    pthread_cond_init(&b->pictured, &by_clock);
    pthread_cond_init(&b->lined, &by_clock);
    pthread_condattr_destroy(&by_clock);
    pthread_mutex_init(&b->lock, NULL);
}

int board_open(board *b, const watch_setup *setup) {
    v5l_model_info info;
    const v5l_image *format = &setup->source->format;
    memset(b, 0, sizeof *b);
    b->setup = setup;
    b->counts.places.version = 1;
    v5l_model_get_info(setup->model, &info);
    b->class_count = info.class_count;
    b->classes = calloc((size_t)info.class_count, sizeof *b->classes);
    make_conditions(b);
    const size_t rgb = (size_t)format->width * (size_t)format->height * 3, own = pixel_frame_bytes(format);
    if (b->classes == NULL || !slots_open(&b->frames, FRAMES, rgb > own ? rgb : own) ||
        !slots_open(&b->pictures, PICTURES, 0) ||
        !slots_open(&b->lines, LINES, line_bytes(setup->options->max_detections)))
        return report_error("out of memory", "--preview", "expected more memory");
    return STATUS_OK;
}

void board_close(board *b) {
    slots_close(&b->frames);
    slots_close(&b->pictures);
    slots_close(&b->lines);
    free(b->classes);
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->framed);
    pthread_cond_destroy(&b->pictured);
    pthread_cond_destroy(&b->lined);
}

void board_stop(board *b) {
    pthread_mutex_lock(&b->lock);
    b->is_stopping = 1;
    pthread_cond_broadcast(&b->framed);
    pthread_cond_broadcast(&b->pictured);
    pthread_cond_broadcast(&b->lined);
    pthread_mutex_unlock(&b->lock);
}

void board_wait(board *b, pthread_cond_t *condition, uint64_t until_us) {
    const struct timespec until = {.tv_sec = (time_t)(until_us / 1000000u),
                                   .tv_nsec = (long)(until_us % 1000000u) * 1000};
    pthread_cond_timedwait(condition, &b->lock, &until);
}

int board_has_viewers(const board *b) { return b->video_clients + b->snapshots > 0; }

void board_drop_late(board *b, uint64_t now_us) {
    pthread_mutex_lock(&b->lock);
    for (int i = 0; i < PREVIEW_MAX_CONNECTIONS; i++) {
        board_link *link = &b->links[i];
        if (!link->is_open || link->deadline_us >= now_us) continue;
        shutdown(link->socket, SHUT_RDWR); /* the server's thread wakes up, and closes it */
        link->deadline_us = PREVIEW_NEVER;
    }
    pthread_mutex_unlock(&b->lock);
}

int board_is_healthy(board *b) {
    pthread_mutex_lock(&b->lock);
    const uint64_t last_us = b->counts.last_us;
    pthread_mutex_unlock(&b->lock);
    const double periods_us = b->setup->fps > 0 ? 2e6 / b->setup->fps : 0; /* two: the source's clock is not ours */
    return last_us != 0 && (double)(clock_us() - last_us) < PREVIEW_HEALTHY_US + periods_us;
}
