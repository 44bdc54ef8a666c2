/* SPDX-License-Identifier: MIT */
/* What the tests of ops share: steps made by hand, on operands of several spans of wider tensors, some of them
 * upsampled. */
#ifndef STEP_CASE_H
#define STEP_CASE_H

#include "check.h"

#include "ops/ops.h"

enum { MAX_SPANS = 4 };

typedef struct {
    int spans;
    int channels[MAX_SPANS], upsample[MAX_SPANS];
} shape;

typedef struct {
    v5l_span spans[MAX_SPANS];
    float *memory[MAX_SPANS];
    size_t floats[MAX_SPANS];
} operand;

extern builder step_rng;                /* for builder_random only */
extern v5l_kernels step_kernels;        /* those of this CPU level */
extern v5l_letterbox_source *step_rows; /* what feeds a step that reads the picture row by row, or NULL */
extern int step_dense;                  /* operands are no wider than needed */
extern int step_shared_panels;          /* output spans of the convolution under test share panels */

/* Group setup of cmocka. */
int step_setup(void **state);

float *random_floats(size_t n);

/* Spans of tensors that are 3 channels wider than needed (or not: step_dense), with NaN wherever the op may neither
 * read nor write. */
operand make_operand(const shape *s, int height, int width, int random);
void free_operand(operand *o, int spans);

int total(const shape *s);
size_t padded_channels(const shape *to);

/* Channel c of an operand at pixel (y, x); 0 outside. */
double value_at(const operand *o, int height, int width, int y, int x, int c);
void check_untouched(const operand *o, const shape *s);
double act(double x, int activation);

v5l_step make_step(v5l_file_op *op, operand *a, operand *out, const shape *in, const shape *to, int h, int w);

/* Runs a step with its own scratch, split in two before row `cut`; run_step at a place that is odd where it can be. */
void run_rows(v5l_step *step, int cut);
void run_step(v5l_step *step);

#endif
