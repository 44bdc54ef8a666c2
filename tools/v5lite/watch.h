/* SPDX-License-Identifier: MIT */
/* Runs a model on a picture and shows what every op computed. */
#ifndef V5LITE_WATCH_H
#define V5LITE_WATCH_H

#include "image_file.h"
#include "session.h"

/* Both return STATUS_OK, or anything else to be asked nothing more. */
typedef struct watcher {
    void *user;
    /* The letterboxed picture, [height][width][3] bytes R, G, B, before any op. */
    int (*picture)(void *user, const uint8_t *rgb, int height, int width);
    /* data: [view->height][view->width][view->channels], channels in the original network's order. Heads are raw. */
    int (*op)(void *user, int op, const v5l_op_info *info, const v5l_view *view, const float *data);
} watcher;

/* Makes a net for an input of `size`, runs it on the picture and leaves the session without a net. Reports an error and returns
 * STATUS_BAD if that fails, else what the watcher returned last. */
int watch_ops(session *s, args_size size, const image *picture, const watcher *w);

#endif
