/* SPDX-License-Identifier: MIT */
/* Comparison of each op's output with the reference array of the same name. */
#ifndef V5LITE_COMPARE_H
#define V5LITE_COMPARE_H

#include "image_file.h"
#include "reference.h"
#include "session.h"

/* Partners of a reference array other than the number of an op. */
enum { WITH_PICTURE = -1, WITH_NOTHING = -2 };

/* A value passes if |value - reference| <= max(absolute, relative * the largest |reference| of its op), plus the
 * rounding error of a float16 reference. The largest value is used since sums of large terms may be small. The
 * picture has to be equal. snr > 0, for int8 networks: an op passes if its signal to noise ratio is at least that many
 * dB, whatever its values. */
typedef struct tolerance {
    double absolute, relative, snr;
} tolerance;

typedef struct comparison_row {
    int array; /* index in the reference */
    int op;    /* or WITH_PICTURE */
    npy_type type;
    uint64_t count, over; /* number of elements; number of those beyond the absolute and relative tolerance */
    int failed;
    double error;                            /* max |value - reference|; infinite if a value is NaN */
    double reference_max;                    /* max |reference| of finite values */
    double used;                             /* max error / allowed error; 1: at the tolerance */
    double error_squares, reference_squares; /* sums over all elements */
    char shape[64]; /* shape of the reference if it differs from the op's and nothing was compared; else empty */
} comparison_row;

typedef struct comparison {
    const reference *reference;
    tolerance tolerance;
    int *with;            /* [reference->count]: an op, WITH_PICTURE or WITH_NOTHING */
    comparison_row *rows; /* in the order of the ops */
    int row_count;
    int ops_compared, ops_failed;
    int first_failed, worst; /* row that fails first; row with the largest error; -1: none */
    unsigned char *compared; /* [op_count] */
} comparison;

/* Runs the session's model with an input of `size` on the picture and compares. Leaves the session without a net.
 * Reports an error and returns STATUS_BAD if that fails. Call compare_free in any case. */
int compare_ops(comparison *c, session *s, args_size size, const image *picture, const reference *r, tolerance t);

/* Return whether a row passes, and whether all rows pass and at least one op was compared. */
int row_passes(const comparison_row *row);
int comparison_passes(const comparison *c);

/* Returns error / reference_max; 0 for 0 / 0. */
double row_relative(const comparison_row *row);

/* Return the root of the mean squared error, and the signal to noise ratio in dB: infinite without an error. NaN values
 * make both infinite or NaN. */
double row_rms(const comparison_row *row);
double row_snr(const comparison_row *row);

/* Formats the verdict: one line without line feed. */
void comparison_verdict(const comparison *c, const session *s, char *text, size_t size);

void compare_free(comparison *c);

#endif
