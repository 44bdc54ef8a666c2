/* SPDX-License-Identifier: MIT */
/* Every op's output beside that of the original's module of the same name. */
#ifndef V5LITE_COMPARE_H
#define V5LITE_COMPARE_H

#include "image_file.h"
#include "reference.h"
#include "session.h"

/* What an array of a reference is compared with, besides ops by their number. */
enum { WITH_PICTURE = -1, WITH_NOTHING = -2 };

/* A value passes if |value - reference| is at most `absolute`, or at most `relative` * the largest |reference| of its op, as sums of
 * large terms may be small; and for a float16 reference what its rounding explains on top. The picture has to be equal. */
typedef struct tolerance {
    double absolute, relative;
} tolerance;

typedef struct comparison_row {
    int array; /* of the reference */
    int op;    /* or WITH_PICTURE */
    npy_type type;
    uint64_t count, over; /* elements; how many of them do not pass */
    double error,
        reference_max; /* max |value - reference|, infinite if one of them is not a number; max |reference|, of finite ones */
    double used;       /* max error / what is allowed: 1 = at the tolerance */
    char shape[64]; /* empty, or the reference's if it is another than the op's, and nothing was compared */
} comparison_row;

typedef struct comparison {
    const reference *reference;
    tolerance tolerance;
    int *with;            /* [reference->count]: an op, WITH_PICTURE, WITH_NOTHING */
    comparison_row *rows; /* in the order in which ops run */
    int row_count;
    int ops_compared, ops_failed;
    int first_failed, worst; /* rows: the first that fails; the one with the largest error. -1: none */
    unsigned char *compared; /* [op_count] */
} comparison;

/* Runs the session's model for an input of `size` on the picture and compares. Leaves the session without a net. Reports an error and
 * returns STATUS_BAD if that is impossible. compare_free in any case. */
int compare_ops(comparison *c, session *s, args_size size, const image *picture, const reference *r, tolerance t);

/* Whether a row passes, and whether all rows do and at least one op was compared. */
int row_passes(const comparison_row *row);
int comparison_passes(const comparison *c);

/* error / reference_max, 0 for 0 / 0. */
double row_relative(const comparison_row *row);

/* One line, without its end, that says how it ended. */
void comparison_verdict(const comparison *c, const session *s, char *text, size_t size);

void compare_free(comparison *c);

#endif
