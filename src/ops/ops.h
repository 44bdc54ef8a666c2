/* SPDX-License-Identifier: MIT */
/* Ops: geometry, edges and tiling around the kernels. A step is one op of the file planned for one input size, with every
 * pointer resolved; running it cannot fail. */
#ifndef V5L_OPS_H
#define V5L_OPS_H

#include "../arena.h"
#include "../decode.h"
#include "../kernels/kernels.h"
#include "../letterbox.h"
#include "../model.h"

typedef struct v5l_step v5l_step;

/* What a thread brings along. */
typedef struct {
    void *scratch;              /* as many bytes as the largest v5l_step_scratch of the plan, aligned to 64; its own */
    v5l_letterbox_source *rows; /* of the picture, for a step that streams its input; else NULL */
    const float *zeros; /* V5L_MAX_CHANNELS zeros at most: as many as the widest span or output has channels; shared */
} v5l_worker;

/* Computes output rows row0 .. row1-1. Workers given disjoint rows may run at the same time. */
typedef void v5l_step_fn(const v5l_step *step, const v5l_worker *worker, int row0, int row1);

struct v5l_step {
    v5l_step_fn *run;   /* NULL: a view, nothing to do */
    const char *kernel; /* name of the function that does the work */
    const v5l_file_op *op;
    const v5l_kernels *kernels;
    int reads_picture;      /* operand A is the network input, in_height x in_width x 3 bytes .. */
    const uint8_t *picture; /* .. here; NULL: the worker's source makes the rows that are read */
    const v5l_span *a, *b, *out;
    const float *weights, *bias;
    const float *winograd_weights;        /* with winograd only: in the file or made by v5l_winograd_prepare */
    int in_height, in_width, in_channels; /* of operand A, upsampling applied */
    int out_height, out_width, out_channels;
    uint32_t out_spans;   /* output spans that run computes: op->out_count, or 1, objectness, of a deferred head */
    int winograd;         /* 3x3 by Winograd's transform (winograd.c) */
    uint32_t out_padded;  /* output channels, rounded up to whole panels, of each span if they are not joined */
    uint32_t widest;      /* channels of the widest output span */
    uint32_t low_spans;   /* of a 1x1 convolution: leading spans of A, upsampled, to be summed up before upsampling */
    const v5l_step *next; /* not NULL: chained, the next step takes this one's output row by row (chain.c) */
    int batch;            /* not the first of a chain: rows that it computes at a time as the last */
};

enum { V5L_MAX_CHAIN = 4 };

/* Runs a chain: rows row0 .. row1-1 of its last step, and of the steps before it whatever rows those need. */
void v5l_chain_run(const v5l_step *first, const v5l_worker *worker, int row0, int row1);

/* Sets run and kernel from the op's kind. */
void v5l_step_bind(v5l_step *step);

/* Makes the weights that the step needs and the file lacks, in memory from bump; if bump only measures, takes the bytes. */
void v5l_step_prepare(v5l_step *step, v5l_bump *bump);

/* Bytes of a step's transformed weights, 0 if the file has them; and the transform of step->weights. */
uint64_t v5l_winograd_weight_bytes(const v5l_step *step);
void v5l_winograd_prepare(const v5l_step *step, float *transformed);

/* Bytes of scratch a worker needs for this step; uses no pointers but op and kernels. */
uint64_t v5l_step_scratch(const v5l_step *step);

/* Multiply-accumulates of the step, 0 for anything but convolutions. */
uint64_t v5l_step_macs(const v5l_step *step);

static inline int v5l_min(int a, int b) { return a < b ? a : b; }
static inline int v5l_max(int a, int b) { return a > b ? a : b; }

/* Row y of a tensor, counted in what is kept of it. */
static inline size_t v5l_span_row(const v5l_span *s, int y) {
    return s->window_rows != 0 ? (size_t)((uint32_t)y % s->window_rows) : (size_t)y;
}
/* Output span `span` of a convolution at `count` (at most a tile) pixels anywhere: cells are y * out_width + x. Writes
 * dst[m * dst_pixel + channel]. */
void v5l_conv_pixels(const v5l_step *step, const v5l_worker *worker, uint32_t span, const uint32_t *cells,
                     uint32_t count, float *dst, size_t dst_pixel);

/* A deferred head, after its step has run: box and classes of just those anchors whose objectness passes, decoded on the way. */
void v5l_head_decode(const v5l_step *step, const v5l_worker *worker, const v5l_decode_level *level,
                     const v5l_net_options *options, v5l_candidates *list);

static inline const float *v5l_span_pixel(const v5l_span *s, int y, int x) {
    return s->data + v5l_span_row(s, y >> s->upsample) * s->row + (size_t)(x >> s->upsample) * s->pixel;
}
static inline float *v5l_output_row(const v5l_span *s, int y) { return s->data + v5l_span_row(s, y) * s->row; }

uint64_t v5l_conv_scratch(const v5l_step *step);
uint64_t v5l_winograd_scratch(const v5l_step *step);
uint64_t v5l_head_scratch(const v5l_step *step); /* behind that of the convolution */

#define V5L_STEP(function) v5l_step_fn function;
#include "ops.def"
#undef V5L_STEP

#endif
