/* SPDX-License-Identifier: MIT */
/* Ops: geometry, edges and tiling around the kernels. A step is one op of the file, planned for one input size, with
 * every pointer resolved. Running a step cannot fail. Ops do not depend on element types: data are `void *`, offsets
 * are bytes. */
#ifndef V5L_OPS_H
#define V5L_OPS_H

#include "../arena.h"
#include "../bytes.h"
#include "../decode.h"
#include "../kernels/select.h"
#include "../letterbox.h"
#include "../model.h"
#include "../quant.h"

typedef struct v5l_step v5l_step;

/* Per-thread context. */
typedef struct {
    void *scratch;              /* this thread's: the largest v5l_step_scratch of the plan, aligned to 64 */
    v5l_letterbox_source *rows; /* picture rows, for a step that streams its input; else NULL */
} v5l_worker;

/* Computes output rows row0 .. row1-1. Workers with disjoint rows may run at the same time. */
typedef void v5l_step_fn(const v5l_step *step, const v5l_worker *worker, int row0, int row1);

struct v5l_step {
    /* The op at this input size; plan.c sets these. */
    const v5l_file_op *op;
    const v5l_kernels *kernels;
    int reads_picture;                    /* operand A is the network input [in_height][in_width][3] */
    int in_height, in_width, in_channels; /* of operand A, after upsampling */
    int out_height, out_width, out_channels;
    v5l_type in_type, out_type; /* of operand A and of the output, as the net stores them */
    v5l_type weight_type;       /* in the file */
    uint32_t out_spans;         /* output spans that run computes: op->out_count; deferred head: 1, the objectness */
    uint32_t out_padded;   /* output channels, rounded up to whole panels (span by span unless they share panels) */
    uint32_t panel_depth;  /* rows of a weight panel */
    uint32_t widest;       /* channels of the widest output span */
    uint32_t lowres_spans; /* 1x1 convolution: leading upsampled spans of A, summed before upsampling */
    int winograd;          /* 3x3 convolution that uses Winograd (winograd.c) */

    /* Chosen from the op's kind and types by v5l_step_bind. */
    v5l_step_fn *run;                           /* NULL: a view, nothing to compute */
    const char *kernel;                         /* name of the kernel that does most of the work; "view" if none */
    uint32_t in_bytes, out_bytes, weight_bytes; /* of an element */

    /* Pointers; plan.c sets these. */
    const v5l_span *a, *b, *out; /* a->data is NULL if the worker's source makes the picture rows */
    const void *weights, *bias;
    const v5l_quant *quant;  /* quantised ops: the arrays of quant.h; else NULL */
    const void *padding;     /* elements outside the picture: quant->padding, or a zero for each channel of the widest
                              * span or output, in whole panels */
    uint32_t padding_stride; /* bytes from the padding of a channel to that of the next; 0: all spans share it */
    const void *winograd_weights; /* with winograd only: in the file, or made by v5l_winograd_prepare */
    const v5l_step *next; /* in a chain (chain.c): the step that reads this one's output row by row; else NULL */
    int batch;            /* last step of a chain: rows that it computes at a time */
};

/* Bytes of a bias, and of a sum before its activation: a float, or an int32 in quantised ops. */
enum { V5L_SUM_BYTES = 4 };

enum { V5L_MAX_CHAIN = 4 };

/* Runs rows row0 .. row1-1 of the last step of a chain, and the rows of earlier steps that those rows need. */
void v5l_chain_run(const v5l_step *first, const v5l_worker *worker, int row0, int row1);

/* Sets the fields that depend only on the op and the size of the network input, and all other fields to 0. */
void v5l_step_shape(v5l_step *step, const v5l_model *m, const v5l_file_op *op, int height, int width);

/* Chooses function, kernel and element sizes. No other function chooses by element type. Needs no pointers except op
 * and kernels. */
void v5l_step_bind(v5l_step *step);

/* Returns the bytes of scratch that a worker needs for a bound step. Needs no pointers except op and kernels. */
uint64_t v5l_step_scratch(const v5l_step *step);
uint64_t v5l_conv_scratch(const v5l_step *step);
uint64_t v5l_winograd_scratch(const v5l_step *step);
uint64_t v5l_head_scratch(const v5l_step *step); /* added to the scratch of the convolution */

/* Returns the multiply-accumulates of the step; 0 for anything but convolutions. */
uint64_t v5l_step_macs(const v5l_step *step);

/* Makes the weights that the step needs and the file lacks, in memory from bump. If bump only measures, only counts the
 * bytes. */
void v5l_step_prepare(v5l_step *step, v5l_bump *bump);

/* Returns the bytes of the weights that v5l_winograd_prepare makes from step->weights; 0 if the file has them. */
uint64_t v5l_winograd_weight_bytes(const v5l_step *step);
void v5l_winograd_prepare(const v5l_step *step, void *transformed);

/* Computes output span `span` of a convolution at `count` arbitrary pixels (at most max_pixels of gemm). cells:
 * [count], y * out_width + x. Pixel m goes to dst + m * dst_pixel_stride (bytes). */
void v5l_conv_pixels(const v5l_step *step, const v5l_worker *worker, uint32_t span, const uint32_t *cells,
                     uint32_t count, void *dst, size_t dst_pixel_stride);

/* Runs the second part of a deferred head, after its step: computes box and classes only for anchors whose objectness
 * passes, and decodes them. */
void v5l_head_decode(const v5l_step *step, const v5l_worker *worker, const v5l_decode_level *level,
                     const v5l_net_options *options, v5l_candidates *list);

#define V5L_OP_FN(function) v5l_step_fn function;
#include "ops.def"
#undef V5L_OP_FN

static inline int v5l_min(int a, int b) { return a < b ? a : b; }
static inline int v5l_max(int a, int b) { return a > b ? a : b; }

/* Returns the offset of row y in the memory of a tensor, which may be a rolling window. */
static inline size_t v5l_row_offset(const v5l_span *s, int y) {
    const size_t row = s->window_rows != 0 ? (size_t)((uint32_t)y % s->window_rows) : (size_t)y;
    return row * s->row_stride;
}
/* Returns the address of pixel (y, x) of an operand, after upsampling. */
static inline const void *v5l_span_pixel(const v5l_span *s, int y, int x) {
    return v5l_advance_const(s->data,
                             v5l_row_offset(s, y >> s->upsample) + (size_t)(x >> s->upsample) * s->pixel_stride);
}
static inline void *v5l_output_row(const v5l_span *s, int y) { return v5l_advance(s->data, v5l_row_offset(s, y)); }

#endif
