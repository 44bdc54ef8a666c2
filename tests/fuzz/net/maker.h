/* SPDX-License-Identifier: MIT */
/* The tensors that a net under construction lets the next op read and write (generate.c). */
#ifndef MAKER_H
#define MAKER_H

#include "builder.h"
#include "choices.h"

enum { MAKER_ANY = 0xFFFF };

typedef struct {
    builder *b;
    choices *c;
    uint32_t written[B_TENSORS]; /* channels that some op has written, from 0 up */
    uint8_t is_head[B_TENSORS], was_read[B_TENSORS];
    uint8_t hidden[B_TENSORS]; /* used only by the two ops around it */
    uint32_t largest_stride;
    int is_cheap;                   /* few products for each pixel: the picture may be large */
    double products, most_products; /* of all convolutions, for each pixel of the picture */
    uint32_t first_span;            /* of the op under construction */
    uint16_t type;                  /* of its maps, operands and output; MAKER_ANY until its first operand */
    int extreme;                    /* some weights are huge or subnormal */
    /* For blocks: the tensor that the last op wrote, the block's first tensor, and its channels in use. */
    uint32_t newest, origin, origin_first, origin_count;
} maker;

int maker_readable(const maker *m, uint32_t t);
/* Adds a tensor for the output of the op under construction, of its type. */
uint32_t maker_new_tensor(maker *m, uint32_t channels, uint32_t stride);

/* Adds the op that `add` makes, or nothing if that returns 0 or the builder's tables are full. */
int maker_attempt(maker *m, int (*add)(maker *m));

/* Adds an op of any kind: for maker_attempt. */
int maker_add_any(maker *m);

/* Add blocks of a few ops (generate_blocks.c): windowed ops in a row; 1x1, depthwise and 1x1 back into the channels
 * that the first reads; a small map and 1x1 convolutions that read it upsampled; 3x3 convolutions. */
void maker_add_chain(maker *m);
void maker_add_in_place(maker *m);
void maker_add_pyramid(maker *m);
void maker_add_squares(maker *m);

/* Returns 4 to 24 channels. */
uint32_t maker_few(maker *m);

/* Returns the common stride of spans of one operand, from strides of readable tensors, upsampling included; 0 if there
 * are none. */
uint32_t maker_stride(maker *m);

/* Adds the spans of an operand with this stride: at most `most`, and if `want` is not 0 one of so many channels.
 * upsampled: whether they may be. Returns their number; 0: no tensor suits. *channels: their sum. */
uint32_t maker_operand(maker *m, uint32_t stride, uint32_t most, uint32_t want, int upsampled, uint32_t *channels);

/* Adds an output: `want` channels in one span, or if `want` is 0 any number in at most `most` spans: into new tensors,
 * partly written tensors, or in place. Returns the number of spans; *channels: their sum. */
uint32_t maker_output(maker *m, uint32_t stride, uint32_t most, uint32_t want, uint32_t *channels);

/* Completes the op whose spans were added last. Returns NULL if the builder has no room, or if it would cost too
 * much. */
v5l_file_op *maker_op(maker *m, v5l_op_kind kind, uint32_t a_count, uint32_t out_count, builder_window window);

/* Chooses an activation for an op that the builder has added. */
void maker_activate(maker *m, v5l_file_op *op);

/* Chooses a window for an input of this stride. */
builder_window maker_window(maker *m, uint32_t stride);

/* Gives the op, of n channels, an order in some cases. */
void maker_order(maker *m, v5l_file_op *op, uint32_t n);

#endif
