/* SPDX-License-Identifier: MIT */
#include "encoder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "jpeg_codec.h"
#include "whole_jpeg.h"

enum { WATCH_US = 500000 }; /* between two looks at the deadlines */

struct encoder {
    board *board;
    pthread_t thread;
    jpeg_encoder *jpeg; /* NULL before the first picture */
    uint8_t *rgb;
    int width, height; /* largest picture that it takes */
    uint64_t done;     /* number of the last frame, in the slots */
};

/* ---- JPEG ---- */

static int copy_bytes(slot *to, const uint8_t *bytes, size_t size) {
    if (!slot_reserve(to, size)) return 0;
    memcpy(to->bytes, bytes, size);
    to->size = size;
    return 1;
}

/* Makes an encoder and memory for pictures as large as this one. Returns 0 if out of memory. */
static int make_room(encoder *e, const v5l_image *pixels) {
    if (e->jpeg != NULL && pixels->width <= e->width && pixels->height <= e->height) return 1;
    jpeg_encoder_free(e->jpeg);
    free(e->rgb);
    e->width = pixels->width > e->width ? pixels->width : e->width;
    e->height = pixels->height > e->height ? pixels->height : e->height;
    e->jpeg = jpeg_encoder_create(e->width, e->height, PREVIEW_QUALITY);
    e->rgb = malloc((size_t)e->width * (size_t)e->height * 3);
    if (e->jpeg != NULL && e->rgb != NULL) return 1;
    jpeg_encoder_free(e->jpeg);
    e->jpeg = NULL;
    return 0;
}

static int encode(encoder *e, slot *to, const v5l_image *pixels) {
    const uint8_t *bytes;
    if (!make_room(e, pixels) || v5l_image_to_rgb(pixels, e->rgb) != V5L_OK) return 0;
    const size_t size = jpeg_encoder_encode(e->jpeg, e->rgb, pixels->width, pixels->height, &bytes);
    return size > 0 && copy_bytes(to, bytes, size);
}

/* ---- thread ---- */

/* Makes the picture of a frame and publishes it. The caller holds the lock. */
static void make_picture(encoder *e, const slot *from) {
    board *b = e->board;
    slot *picture = slots_begin(&b->pictures);
    if (picture == NULL) return;
    pthread_mutex_unlock(&b->lock);
    const int made =
        from->image.width > 0 ? encode(e, picture, &from->image) : copy_whole_jpeg(picture, from->bytes, from->size);
    pthread_mutex_lock(&b->lock);
    picture->frame = from->frame;
    if (made)
        slots_publish(&b->pictures, picture);
    else
        slots_cancel(picture);
    if (made) pthread_cond_broadcast(&b->pictured);
}

/* When the next RGB picture is wanted: encoding takes at most half of a core's time. */
static uint64_t next_wanted(uint64_t started_us) {
    const uint64_t took = clock_us() - started_us, least = 1000000u / PREVIEW_MAX_FPS;
    return started_us + (2 * took > least ? 2 * took : least);
}

static void *run(void *of) {
    encoder *e = of;
    board *b = e->board;
#if defined(__linux__)
    (void)setpriority(PRIO_PROCESS, 0, 10); /* of this thread only: detection comes first */
#endif
    pthread_mutex_lock(&b->lock);
    while (!b->is_stopping) {
        slot *from = slots_pin_newest(&b->frames, e->done);
        if (from == NULL) {
            board_wait(b, &b->framed, clock_us() + WATCH_US);
        } else {
            const uint64_t started_us = clock_us();
            e->done = from->number;
            make_picture(e, from);
            if (from->image.width > 0) b->wanted_us = next_wanted(started_us);
            slots_unpin(from);
        }
        pthread_mutex_unlock(&b->lock);
        board_drop_late(b, clock_us());
        pthread_mutex_lock(&b->lock);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

encoder *encoder_start(board *b) {
    encoder *e = calloc(1, sizeof *e);
    if (e == NULL) return NULL;
    e->board = b;
    if (pthread_create(&e->thread, NULL, run, e) == 0) return e;
    free(e);
    return NULL;
}

void encoder_stop(encoder *e) {
    if (e == NULL) return;
    pthread_join(e->thread, NULL);
    jpeg_encoder_free(e->jpeg);
    free(e->rgb);
    free(e);
}
