/* SPDX-License-Identifier: MIT */
/* Runs a model on a picture and passes the output of every op to a callback. */
#ifndef V5LITE_OP_OUTPUTS_H
#define V5LITE_OP_OUTPUTS_H

#include "image_file.h"
#include "session.h"

/* Callbacks. Both return STATUS_OK, or another status to stop further calls. */
typedef struct op_receiver {
    void *user;
    int raw; /* 1: data of S8 outputs are integers; 0: the numbers that these stand for */
    /* The letterboxed picture, [height][width][3] bytes R, G, B, before any op. NULL: not needed. */
    int (*picture)(void *user, const uint8_t *rgb, int height, int width);
    /* data: [view->height][view->width][view->channels], channels in the order of the original network. Heads are
     * raw. */
    int (*op)(void *user, int op, const v5l_op_info *info, const v5l_view *view, const float *data);
} op_receiver;

/* Creates a net for an input of `size`, runs it on the picture and frees it. Reports an error and returns STATUS_BAD
 * if that fails; otherwise returns the last status of the receiver. */
int outputs_of_ops(session *s, args_size size, const image *picture, const op_receiver *w);

#endif
