/* SPDX-License-Identifier: MIT */
/* Every op's output as NumPy files, written while the net runs. */
#ifndef V5LITE_DUMP_H
#define V5LITE_DUMP_H

#include "image_file.h"
#include "session.h"

enum { MAX_DUMP_NAME = 200 }; /* of an op's name in a file name, which may be 255 bytes at most */

/* Notes all these files by guard_output. Reports an error and returns STATUS_BAD if one would
 * replace an input or another output; nothing is written then. */
int dump_prepare(const session *s, const char *directory);

/* Runs the session's model for an input of `size` on the picture and writes into the directory, for each op,
 * NNN_NAME.npy (its number and name) and for each head head_sS.npy (S: its stride; a second head of that stride is
 * head_sS_1). float32, shape [height, width, channels], channels in the original network's order; heads have anchors *
 * (5 + classes) channels, raw. input.npy is the letterboxed picture, uint8. Leaves the session without a net. Reports an error
 * and returns STATUS_BAD if anything fails. */
int dump_ops(session *s, args_size size, const image *picture, const char *directory);

/* An op's NAME in file names: of its first MAX_DUMP_NAME bytes, those that are no letter, digit, dot or minus are '_'. Model files
 * are not trusted: a name must not lead out of the directory. */
void dump_name(const char *name, char out[MAX_DUMP_NAME + 1]);

/* head_sS or head_sS_N without the NULL-terminated suffix of files: the N-th head of that stride, from 0. */
void dump_head_name(int stride, int n, char out[40]);

#endif
