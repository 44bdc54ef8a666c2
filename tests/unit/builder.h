/* SPDX-License-Identifier: MIT */
/* Makes .v5l files in memory, so that tests have models of any shape, valid or not, without an exporter. */
#ifndef BUILDER_H
#define BUILDER_H

#include "format.h"
#include "v5lite.h"

enum { B_TENSORS = 96, B_OPS = 96, B_SPANS = 1024, B_ORDERS = 4096, B_STRINGS = 4096, B_FLOATS = 1 << 18 };

typedef struct {
    v5l_file_header header;
    v5l_file_tensor tensors[B_TENSORS];
    v5l_file_op ops[B_OPS];
    v5l_file_span spans[B_SPANS];
    v5l_file_head heads[V5L_MAX_HEADS];
    uint16_t orders[B_ORDERS];
    char strings[B_STRINGS];
    float weights[B_FLOATS];
    uint32_t floats;
    uint32_t seed;
    int shared_panels; /* set: output spans of the convolutions to come share panels */
    uint16_t narrow;   /* type of maps to come, but of those of heads: F32, S8 or F16 */
} builder;

typedef struct {
    unsigned char *bytes; /* aligned to 64, from malloc; free with blob_free */
    size_t size;
    void *allocation;
} blob;

/* Makes an empty file with `classes` classes named c0, c1, ..; tensor 0 is the picture. */
void builder_init(builder *b, uint32_t classes);

uint32_t builder_tensor(builder *b, uint32_t channels, uint32_t stride);

/* Adds a span. Operands are consecutive spans, so add those of one operand in a row. */
uint32_t builder_span(builder *b, uint32_t tensor, uint32_t first, uint32_t count, uint32_t upsample);

/* Adds an op whose operand A is the last `a_count` spans before the output's `out_count` spans, which were added last.
 * Weights are random, of the size that the spans require. */
v5l_file_op *builder_op(builder *b, v5l_op_kind kind, const char *name, uint32_t a_count, uint32_t out_count,
                        uint32_t kernel, uint32_t stride);

typedef struct {
    uint32_t kernel_h, kernel_w, stride, pad;
} builder_window;
/* The same with any window. Returns NULL, and adds no op, if the builder has no room for the weights. */
v5l_file_op *builder_window_op(builder *b, v5l_op_kind kind, const char *name, uint32_t a_count, uint32_t out_count,
                               builder_window window);

/* Sets operand B of the ADD or SCALE op that was added last: of the two spans before the output the first is A, the
 * second B. */
v5l_file_op *builder_second_operand(v5l_file_op *op);

/* Adds a head over `map`, whose DETECT op was added last, with anchors (8 i + 10, 6 i + 12). The caller sets its
 * channels. */
v5l_file_head *builder_head(builder *b, v5l_file_op *op, uint32_t map, uint32_t anchors);

/* Adds a detect op over a whole tensor with its head (literal channel order) and anchors (8 i + 10, 6 i + 12). */
void builder_detect(builder *b, uint32_t tensor, uint32_t stride, uint32_t anchors);
/* The same in the channel order of planned files: objectness first, 1 + anchors output spans. */
void builder_detect_planned(builder *b, uint32_t tensor, uint32_t stride, uint32_t anchors);
/* Adds the head of the detect op with that channel order that was added last. */
void builder_head_planned(builder *b, v5l_file_op *op, uint32_t map, uint32_t anchors);

/* ---- quantised ops (builder_s8.c) ---- */

/* The arrays of a quantised op's block, in the builder's own memory; NULL where the block has none. */
typedef struct {
    float *multiplier, *steps, *scale, *ratio;
    int32_t *a, *b, *c;
    int8_t *zero_a, *zero, *padding;
    uint32_t outputs, bytes; /* elements of all arrays but padding; of the block */
} builder_block;
builder_block builder_block_of(builder *b, const v5l_file_op *op);

int builder_is_quantised(const builder *b, const v5l_file_op *op);

/* Returns the weights of an output channel of a quantised dense op, group padding included. */
uint32_t builder_s8_depth(const builder *b, const v5l_file_op *op);

/* For builder_window_op: gives the op, if it is quantised, random weights, bias and block. Returns 0 if there is no
 * room. */
int builder_quantise(builder *b, v5l_file_op *op);

/* Sets the activation of the last op; of a quantised op also zero points and multipliers that suit it. */
void builder_activate(builder *b, v5l_file_op *op, int activation);

/* Moves the payload to the order that files with S8 tensors have. Call it when all ops and heads are there. */
void builder_order_payload(builder *b);

/* ---- half floats (builder_f16.c) ---- */

/* Returns the value of a half. */
double builder_half(uint16_t half);

/* Returns whether an op reads or writes maps that are F16: its weights are. */
int builder_is_f16(const builder *b, const v5l_file_op *op);

/* Rounds and stores the weights of such ops in 16 bits, and moves the payload to the order that their files have.
 * Call it once, when all ops and heads are there. */
void builder_store_f16(builder *b);

/* Rounds the weights that a file in F16 stores in 16 bits. stored: makes a net of F32 such a file. Call it when all
 * ops and heads are there. */
void builder_make_f16(builder *b, int stored);

/* Returns floats -1 .. 1, reproducible. */
float builder_random(builder *b);

/* Returns the file, with counts, offsets and CRC of the builder's current tables. */
blob builder_finish(const builder *b);
/* Sets a valid CRC after changes of bytes. */
void blob_seal(blob *f);
void blob_free(blob *f);

/* Makes a small network with every op kind: 3 classes, one head of 2 anchors at stride 4; input sizes are multiples of
 * 8. */
void builder_small_net(builder *b);
/* The same in 8 bits, in half floats. */
void builder_small_net_s8(builder *b);
void builder_small_net_f16(builder *b);

/* Replaces the weights of the last op, a 3x3 convolution of stride 1, by transformed weights. */
void builder_transform(builder *b);

/* Makes a 3x3 convolution of 128 tiles at 64 x 32, from `channels`, which are even, to half as many more in two spans,
 * 16 to 13 and 11 for instance; one head of 2 anchors at stride 2. */
void builder_winograd_net(builder *b, uint32_t channels, int shared_panels, int transformed);
/* The same convolution in 8 bits, which no transform computes. */
void builder_square_net_s8(builder *b, uint32_t channels, int shared_panels);

/* Makes a network whose ops can run as chains where its maps are large (256 x 256 and up): stem and pool, squeeze and
 * excitation, which no chain crosses, an in-place block of 1x1, depthwise and 1x1, and a 1x1 followed by a 3x3. 2
 * classes, heads at strides 4 and 8, planned and literal. */
void builder_chain_net(builder *b);
/* The same in 8 bits, in half floats. */
void builder_chain_net_s8(builder *b);
void builder_chain_net_f16(builder *b);

#endif
