/* SPDX-License-Identifier: MIT */
/* Counts the integers of a quantised network at the ends of their range, for one picture. */
#ifndef V5LITE_SATURATION_H
#define V5LITE_SATURATION_H

#include "image_file.h"
#include "session.h"

typedef struct saturation {
    uint64_t values;    /* of the op's S8 output; 0 for other types and for views */
    uint64_t low, high; /* how many are -128 and 127, unless that stands for the number 0 in their channel */
} saturation;

/* Runs the session's model with an input of `size` on the picture. counts: [op_count], zeros. Leaves the session
 * without a net. Reports an error and returns STATUS_BAD if that fails. */
int saturation_count(session *s, args_size size, const image *picture, saturation *counts);

#endif
