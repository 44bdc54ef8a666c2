/* SPDX-License-Identifier: MIT */
/* Makes .v5l files in memory, so that tests have models of any shape, right or wrong, without an exporter. */
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
} builder;

typedef struct {
    unsigned char *bytes; /* aligned to 64, from malloc; free with blob_free */
    size_t size;
    void *allocation;
} blob;

/* An empty file with `classes` classes named c0, c1, ..; tensor 0 is the picture. */
void builder_init(builder *b, uint32_t classes);

uint32_t builder_tensor(builder *b, uint32_t channels, uint32_t stride);

/* A span; operands are consecutive spans, so add those of one operand in a row. */
uint32_t builder_span(builder *b, uint32_t tensor, uint32_t first, uint32_t count, uint32_t upsample);

/* An op whose operand A is the last `a_count` spans before the output's `out_count` spans, which were added last. Weights are
 * random, of the size that the spans ask for. */
v5l_file_op *builder_op(builder *b, v5l_op_kind kind, const char *name, uint32_t a_count, uint32_t out_count,
                        uint32_t kernel, uint32_t stride);

typedef struct {
    uint32_t kernel_h, kernel_w, stride, pad;
} builder_window;
/* The same with any window. NULL, and no op, if the builder has no room for the weights. */
v5l_file_op *builder_window_op(builder *b, v5l_op_kind kind, const char *name, uint32_t a_count, uint32_t out_count,
                               builder_window window);

/* Operand B of an ADD or SCALE op, which has just been added: of the two spans before the output the first is A, the second B. */
v5l_file_op *builder_second_operand(v5l_file_op *op);

/* A head over `map`, whose DETECT op has just been added, with anchors (8 i + 10, 6 i + 12). Its channels are still to be set. */
v5l_file_head *builder_head(builder *b, v5l_file_op *op, uint32_t map, uint32_t anchors);

/* A detect op over a whole tensor with its head (literal channel order) and anchors (8 i + 10, 6 i + 12). */
void builder_detect(builder *b, uint32_t tensor, uint32_t stride, uint32_t anchors);
/* The same in the channel order of planned files: objectness first, 1 + anchors output spans. */
void builder_detect_planned(builder *b, uint32_t tensor, uint32_t stride, uint32_t anchors);
/* The head of a detect op, which has that order of channels and has just been added. */
void builder_head_planned(builder *b, v5l_file_op *op, uint32_t map, uint32_t anchors);

/* Floats -1 .. 1, reproducible. */
float builder_random(builder *b);

/* The file, with counts, offsets and CRC as the builder's tables are now. */
blob builder_finish(const builder *b);
/* Puts a right CRC on changed bytes. */
void blob_seal(blob *f);
void blob_free(blob *f);

/* A small network with every op kind: 3 classes, one head of 2 anchors at stride 4; input sizes are multiples of 8. */
void builder_small_net(builder *b);

/* Gives the last op, a 3x3 convolution of stride 1, transformed weights for its own. */
void builder_transform(builder *b);

/* A 3x3 convolution of 128 tiles at 64 x 32, from `channels`, which are even, to half as many more in two spans, 16 to 13 and 11 for
 * instance; one head of 2 anchors at stride 2. */
void builder_winograd_net(builder *b, uint32_t channels, int shared_panels, int transformed);

/* A network whose ops can run as chains where its maps are large (256 x 256 and up): stem and pool, a gate, which no chain
 * crosses, an in-place block of 1x1, depthwise and 1x1, a 1x1 with a 3x3 behind it. 2 classes, heads at strides 4 and 8, planned and
 * literal. */
void builder_chain_net(builder *b);

#endif
