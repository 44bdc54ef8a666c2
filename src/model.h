/* SPDX-License-Identifier: MIT */
/* Typed access to the tables of a checked weights file. v5l_model_open (open.c) checks every record first; afterwards
 * this needs no further checks. */
#ifndef V5L_MODEL_H
#define V5L_MODEL_H

#include "format.h"
#include "v5lite.h"

static inline const v5l_file_header *v5l_header(const v5l_model *m) {
    return (const v5l_file_header *)(const void *)m->bytes;
}
static inline const void *v5l_section(const v5l_model *m, uint64_t at) { return m->bytes + (size_t)at; }
static inline const v5l_file_tensor *v5l_tensors(const v5l_model *m) {
    return (const v5l_file_tensor *)v5l_section(m, v5l_header(m)->tensors_at);
}
static inline const v5l_file_op *v5l_ops(const v5l_model *m) {
    return (const v5l_file_op *)v5l_section(m, v5l_header(m)->ops_at);
}
static inline const v5l_file_span *v5l_spans(const v5l_model *m) {
    return (const v5l_file_span *)v5l_section(m, v5l_header(m)->spans_at);
}
static inline const v5l_file_head *v5l_heads(const v5l_model *m) {
    return (const v5l_file_head *)v5l_section(m, v5l_header(m)->heads_at);
}
static inline const uint16_t *v5l_orders(const v5l_model *m) {
    return (const uint16_t *)v5l_section(m, v5l_header(m)->orders_at);
}
static inline const char *v5l_strings(const v5l_model *m) {
    return (const char *)v5l_section(m, v5l_header(m)->strings_at);
}
static inline const void *v5l_weights(const v5l_model *m, uint64_t offset) {
    return v5l_section(m, v5l_header(m)->weights_at + offset);
}

/* Returns 0 for NULL and for a model that was never opened. */
static inline int v5l_is_open(const v5l_model *m) { return m != NULL && m->bytes != NULL; }

static inline int v5l_is_view(const v5l_file_op *op) { return (op->flags & V5L_FLAG_VIEW) != 0; }
/* Returns whether the output spans of a convolution share panels. */
static inline int v5l_shares_panels(const v5l_file_op *op) { return (op->flags & V5L_FLAG_SHARED_PANELS) != 0; }
/* Returns whether the file stores the weights of a 3x3 convolution transformed for Winograd. */
static inline int v5l_has_winograd_weights(const v5l_file_op *op) { return (op->flags & V5L_FLAG_WINOGRAD) != 0; }
static inline int v5l_has_weights(const v5l_file_op *op) {
    return op->kind == V5L_OP_CONV || op->kind == V5L_OP_DETECT || op->kind == V5L_OP_DWCONV;
}
static inline int v5l_reads_b(const v5l_file_op *op) { return op->kind == V5L_OP_ADD || op->kind == V5L_OP_SCALE; }

/* First span and number of spans of an operand. B is empty unless v5l_reads_b; the output of a view is empty. */
static inline uint32_t v5l_operand_first(const v5l_file_op *op, v5l_operand which) {
    return which == V5L_OPERAND_A ? op->a_first : which == V5L_OPERAND_B ? op->b_first : op->out_first;
}
static inline uint32_t v5l_operand_count(const v5l_file_op *op, v5l_operand which) {
    return which == V5L_OPERAND_A ? op->a_count : which == V5L_OPERAND_B ? op->b_count : op->out_count;
}

/* Returns the channels of an operand: the sum over its spans, at most 64 * 8192. */
uint32_t v5l_operand_channels(const v5l_model *m, const v5l_file_op *op, v5l_operand which);

/* Returns the stride of a span, in input pixels per pixel: its tensor's stride, halved if upsampled; 0: the tensor is
 * one pixel. */
uint32_t v5l_span_stride(const v5l_model *m, const v5l_file_span *s);

/* Returns the stride of an operand's first span. All spans of an operand have the same stride. */
uint32_t v5l_operand_stride(const v5l_model *m, const v5l_file_op *op, v5l_operand which);

/* Returns the pixels along a side of a map with this stride. side: of the network input. */
static inline int v5l_pixels_along(int side, uint32_t stride) { return stride == 0 ? 1 : side / (int)stride; }

/* Returns the type in which a net stores elements of a type of its file. widens: it stores F16 as F32, because no
 * kernel computes in F16. */
static inline v5l_type v5l_stored_type(uint32_t type, int widens) {
    return widens && type == V5L_TYPE_F16 ? V5L_TYPE_F32 : (v5l_type)type;
}

/* Returns the bytes of a row of a tensor that keeps `channels` of each pixel. width: of the network input. */
static inline uint64_t v5l_tensor_row_bytes(const v5l_file_tensor *t, int widens, int width, uint32_t channels) {
    const uint32_t element = v5l_type_bytes(v5l_stored_type(t->type, widens));
    return (uint64_t)v5l_pixels_along(width, t->stride) * channels * element;
}

/* Returns the output channels rounded up to whole panels: for each span, or for their sum if the spans share panels. */
uint32_t v5l_padded_channels(const v5l_model *m, const v5l_file_op *op);

/* Returns the rows of a weight panel: the inputs of an output pixel. Quantised weights are stored in groups of 4, so
 * each segment (kernels.h, gemm) counts as a multiple of 4. */
uint32_t v5l_panel_depth(const v5l_model *m, const v5l_file_op *op);

/* Returns the rows that `inputs` adjacent inputs take in a panel. */
static inline uint32_t v5l_group_rows(uint32_t inputs, int quantised) {
    return quantised ? (inputs + 3) / 4 * 4 : inputs;
}

/* Returns the type of an operand's elements. All spans of an operand have one type. */
v5l_type v5l_operand_type(const v5l_model *m, const v5l_file_op *op, v5l_operand which);

/* Returns the type of an op that reads or writes narrow maps, S8 or F16; otherwise F32. Its weights have this type. */
v5l_type v5l_op_type(const v5l_model *m, const v5l_file_op *op);

/* Returns whether the op reads or writes S8. */
static inline int v5l_has_s8(const v5l_model *m, const v5l_file_op *op) {
#if defined(V5L_NO_S8)
    return (void)m, (void)op, 0;
#else
    return v5l_op_type(m, op) == V5L_TYPE_S8;
#endif
}

/* Returns the narrow type of a file; F32: it has none. Needs no checked tensor. */
v5l_type v5l_narrow_type(const v5l_model *m);

/* Returns the place of an output channel among the padded ones: of its bias, for instance. */
uint32_t v5l_padded_index(const v5l_model *m, const v5l_file_op *op, uint32_t channel);

/* Returns whether spans x and y have a channel in common. */
int v5l_spans_overlap(const v5l_file_span *x, const v5l_file_span *y);

#endif
