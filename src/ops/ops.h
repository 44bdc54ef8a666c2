/* SPDX-License-Identifier: MIT */
/* Ops: geometry, edges and tiling around the kernels. A step is one op of the file, planned for one input size, with
 * every pointer resolved; running it cannot fail. Ops know no element types: data are `void *`, and offsets are
 * bytes. */
#ifndef V5L_OPS_H
#define V5L_OPS_H

#include "../arena.h"
#include "../bytes.h"
#include "../decode.h"
#include "../kernels/kernels.h"
#include "../letterbox.h"
#include "../model.h"

typedef struct v5l_step v5l_step;

/* Per-thread context. */
typedef struct {
    void *scratch;              /* its own: the largest v5l_step_scratch of the plan, aligned to 64 */
    v5l_letterbox_source *rows; /* of the picture, for a step that streams its input; else NULL */
    const void *zeros;          /* shared: as many zeros as the widest span or output has channels, in whole panels */
} v5l_worker;

/* Computes output rows row0 .. row1-1. Workers given disjoint rows may run at the same time. */
typedef void v5l_step_fn(const v5l_step *step, const v5l_worker *worker, int row0, int row1);

struct v5l_step {
    /* The op at this input size; plan.c sets these. */
    const v5l_file_op *op;
    const v5l_kernels *kernels;
    int reads_picture;                    /* operand A is the network input [in_height][in_width][3] */
    int in_height, in_width, in_channels; /* of operand A, after upsampling */
    int out_height, out_width, out_channels;
    v5l_type in_type, out_type; /* of operand A and of the output */
    uint32_t out_spans;    /* output spans that run computes: op->out_count, or 1, objectness, of a deferred head */
    uint32_t out_padded;   /* output channels, rounded up to whole panels (span by span unless they share panels) */
    uint32_t widest;       /* channels of the widest output span */
    uint32_t lowres_spans; /* of a 1x1 convolution: leading spans of A, upsampled, that are summed before upsampling */
    int winograd;          /* 3x3 by Winograd's transform (winograd.c) */

    /* Chosen from the op's kind and types by v5l_step_bind. */
    v5l_step_fn *run;                           /* NULL: a view, nothing to do */
    const char *kernel;                         /* name of the kernel that does most of the work; "view" if none */
    uint32_t in_bytes, out_bytes, weight_bytes; /* of an element */

    /* Pointers; plan.c sets these. */
    const v5l_span *a, *b, *out; /* A is NULL data where the worker's source makes the rows of the picture */
    const void *weights, *bias;
    const void *winograd_weights; /* with winograd only: in the file, or made by v5l_winograd_prepare */
    const v5l_step *next;         /* not NULL: chained, the next step reads this one's output row by row (chain.c) */
    int batch;                    /* the last of a chain computes so many rows at a time */
};

/* Bytes of a bias, and of a sum before its activation: float, or int32 of quantised ops. */
enum { V5L_SUM_BYTES = 4 };

enum { V5L_MAX_CHAIN = 4 };

/* Runs a chain: rows row0 .. row1-1 of its last step, and the rows of the steps before it that those need. */
void v5l_chain_run(const v5l_step *first, const v5l_worker *worker, int row0, int row1);

/* Sets all that follows from the op and the size of the network input; everything else to 0. */
void v5l_step_shape(v5l_step *step, const v5l_model *m, const v5l_file_op *op, int height, int width);

/* Chooses function, kernel and element sizes: the one place that knows types. Needs no pointers but op and kernels. */
void v5l_step_bind(v5l_step *step);

/* Bytes of scratch that a worker needs for a bound step. Needs no pointers but op and kernels. */
uint64_t v5l_step_scratch(const v5l_step *step);
uint64_t v5l_conv_scratch(const v5l_step *step);
uint64_t v5l_winograd_scratch(const v5l_step *step);
uint64_t v5l_head_scratch(const v5l_step *step); /* after that of the convolution */

/* Multiply-accumulates of the step, 0 for anything but convolutions. */
uint64_t v5l_step_macs(const v5l_step *step);

/* Makes the weights that the step needs and the file lacks, in memory from bump; if bump only measures, takes the
 * bytes. */
void v5l_step_prepare(v5l_step *step, v5l_bump *bump);

/* Bytes of the weights that v5l_winograd_prepare makes of step->weights; 0 if the file has them. */
uint64_t v5l_winograd_weight_bytes(const v5l_step *step);
void v5l_winograd_prepare(const v5l_step *step, void *transformed);

/* Computes output span `span` of a convolution at `count` (at most max_pixels of gemm) pixels anywhere: cells are
 * y * out_width + x. Pixel m goes to dst + m * dst_pixel_stride (bytes). */
void v5l_conv_pixels(const v5l_step *step, const v5l_worker *worker, uint32_t span, const uint32_t *cells,
                     uint32_t count, void *dst, size_t dst_pixel_stride);

/* A deferred head, after its step has run: computes box and classes only for anchors whose objectness passes, and
 * decodes them. */
void v5l_head_decode(const v5l_step *step, const v5l_worker *worker, const v5l_decode_level *level,
                     const v5l_net_options *options, v5l_candidates *list);

#define V5L_OP_FN(function) v5l_step_fn function;
#include "ops.def"
#undef V5L_OP_FN

static inline int v5l_min(int a, int b) { return a < b ? a : b; }
static inline int v5l_max(int a, int b) { return a > b ? a : b; }

/* Offset of row y of a tensor, in the rows that are kept of it. */
static inline size_t v5l_row_offset(const v5l_span *s, int y) {
    const size_t row = s->window_rows != 0 ? (size_t)((uint32_t)y % s->window_rows) : (size_t)y;
    return row * s->row_stride;
}
/* Pixel (y, x) as an operand, after upsampling. */
static inline const void *v5l_span_pixel(const v5l_span *s, int y, int x) {
    return v5l_advance_const(s->data,
                             v5l_row_offset(s, y >> s->upsample) + (size_t)(x >> s->upsample) * s->pixel_stride);
}
static inline void *v5l_output_row(const v5l_span *s, int y) { return v5l_advance(s->data, v5l_row_offset(s, y)); }

#endif
