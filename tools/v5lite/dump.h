/* SPDX-License-Identifier: MIT */
/* Outputs of all ops as NumPy files, written while the net runs. */
#ifndef V5LITE_DUMP_H
#define V5LITE_DUMP_H

#include "image_file.h"
#include "session.h"

enum { MAX_DUMP_NAME = 200 }; /* bytes of an op's name in a file name of at most 255 bytes */

/* Registers all files by guard_output, before any is written. Reports an error and returns STATUS_BAD if one would
 * replace an input or another output. */
int dump_prepare(const session *s, const char *directory);

/* Runs the session's model with an input of `size` on the picture. Writes for each op NNN_NAME.npy (number and
 * name), and for each head head_sS.npy (S: stride; a second head of that stride is head_sS_1): float32, shape
 * [height, width, channels], channels in the order of the original network; heads have anchors * (5 + classes) raw
 * channels. raw: the integers of S8 outputs, as int8, not the numbers that they stand for. input.npy is the letterboxed
 * picture, uint8. The directory exists. Leaves the session without a net. Reports an error and returns STATUS_BAD if
 * anything fails. */
int dump_ops(session *s, args_size size, const image *picture, const char *directory, int raw);

/* Makes NAME of an op: its first MAX_DUMP_NAME bytes, with '_' for all but letters, digits, dot and minus. Model
 * files are not trusted: a name must not lead out of the directory. */
void dump_name(const char *name, char out[MAX_DUMP_NAME + 1]);

/* Makes the name of the n-th head of a stride, without suffix: head_sS for n = 0, head_sS_N for others. */
void dump_head_name(int stride, int n, char out[40]);

#endif
