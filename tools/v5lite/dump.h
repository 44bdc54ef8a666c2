/* SPDX-License-Identifier: MIT */
/* Every op's output as NumPy files, written while the net runs. */
#ifndef V5LITE_DUMP_H
#define V5LITE_DUMP_H

#include "image_file.h"
#include "session.h"

/* Runs the session's model for an input of `size` on the picture and writes into the directory, for each op,
 * NNN_NAME.npy (its number and name) and for each head head_sS.npy (S: its stride; a second head of that stride is
 * head_sS_1). float32, shape [height, width, channels], channels in the original network's order; heads have anchors *
 * (5 + classes) channels, raw. Leaves the session without a net. Complains and returns STATUS_BAD if anything fails. */
int dump_ops(session *s, args_size size, const image *picture, const char *directory);

#endif
