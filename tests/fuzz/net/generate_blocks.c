/* SPDX-License-Identifier: MIT */
/* Runs of ops that the library may compute row by row, in place, or at low resolution. */
#include "maker.h"

static const builder_window one_by_one = {1, 1, 1, 0};

static int pick_tensor(maker *m, uint32_t *t) {
    const uint32_t tensors = m->b->header.tensor_count, from = choose(m->c, tensors);
    for (uint32_t i = 0; i < tensors; i++) {
        *t = chance(m->c, 50) ? tensors - 1 - i : (from + i) % tensors;
        if (maker_readable(m, *t) && !m->hidden[*t] && !m->is_head[*t] && m->b->tensors[*t].stride != 0) return 1;
    }
    return 0;
}

/* Adds a convolution or a pool of all of the newest tensor, to a new one. */
static int add_link(maker *m) {
    const v5l_file_tensor from = m->b->tensors[m->newest];
    const uint32_t kind = choose(m->c, 5);
    const v5l_op_kind op_kind = kind < 2 ? V5L_OP_CONV : kind < 4 ? V5L_OP_DWCONV : V5L_OP_MAXPOOL;
    const builder_window window =
        op_kind == V5L_OP_CONV && chance(m->c, 60) ? one_by_one : maker_window(m, from.stride);
    builder_span(m->b, m->newest, 0, from.channels, 0);
    m->was_read[m->newest] = 1;
    m->hidden[m->newest] = m->newest != m->origin && chance(m->c, 80);
    m->type = from.type;
    m->newest = maker_new_tensor(m, op_kind == V5L_OP_CONV ? maker_few(m) : from.channels, from.stride * window.stride);
    m->b->shared_panels = 0;
    builder_span(m->b, m->newest, 0, m->b->tensors[m->newest].channels, 0);
    m->written[m->newest] = m->b->tensors[m->newest].channels;
    v5l_file_op *op = maker_op(m, op_kind, 1, 1, window);
    if (op != NULL && op_kind != V5L_OP_MAXPOOL) maker_activate(m, op);
    return op != NULL;
}

void maker_add_chain(maker *m) {
    if (!pick_tensor(m, &m->newest)) return;
    m->origin = 0;
    for (uint32_t links = 2 + choose(m->c, 3); links > 0; links--) {
        maker_attempt(m, add_link);
        if (chance(m->c, 10)) maker_attempt(m, maker_add_any); /* which may use the tensor between two links */
    }
}

/* Adds a 1x1 convolution of some channels of the origin, to a new tensor. */
static int add_expansion(maker *m) {
    const v5l_file_tensor origin = m->b->tensors[m->origin];
    m->origin_count = 1 + choose(m->c, origin.channels);
    m->origin_first = choose(m->c, origin.channels - m->origin_count + 1);
    builder_span(m->b, m->origin, m->origin_first, m->origin_count, 0);
    m->was_read[m->origin] = 1;
    m->type = origin.type;
    m->newest = maker_new_tensor(m, maker_few(m), origin.stride);
    builder_span(m->b, m->newest, 0, m->b->tensors[m->newest].channels, 0);
    m->written[m->newest] = m->b->tensors[m->newest].channels;
    m->b->shared_panels = chance(m->c, 10);
    v5l_file_op *op = maker_op(m, V5L_OP_CONV, 1, 1, chance(m->c, 85) ? one_by_one : maker_window(m, 128));
    if (op != NULL) maker_activate(m, op);
    return op != NULL;
}

/* Adds a 1x1 convolution of the newest tensor, back to the origin's channels: in place. */
static int add_return(maker *m) {
    const v5l_file_tensor from = m->b->tensors[m->newest], origin = m->b->tensors[m->origin];
    if (m->newest == m->origin || from.stride != origin.stride || from.type != origin.type) return 0;
    builder_span(m->b, m->newest, 0, from.channels, 0);
    m->was_read[m->newest] = 1;
    m->hidden[m->newest] = (uint8_t)chance(m->c, 80);
    const uint32_t half = chance(m->c, 40) ? m->origin_count / 2 : 0;
    if (half > 0) builder_span(m->b, m->origin, m->origin_first + half, m->origin_count - half, 0);
    builder_span(m->b, m->origin, m->origin_first, half > 0 ? half : m->origin_count, 0);
    m->b->shared_panels = half > 0 && chance(m->c, 50);
    v5l_file_op *op = maker_op(m, V5L_OP_CONV, 1, half > 0 ? 2 : 1, one_by_one);
    if (op != NULL) maker_activate(m, op);
    return op != NULL;
}

void maker_add_in_place(maker *m) {
    if (!pick_tensor(m, &m->origin)) return;
    m->newest = m->origin;
    if (!maker_attempt(m, add_expansion)) return;
    for (uint32_t links = choose(m->c, 3); links > 0; links--)
        maker_attempt(m, add_link);
    if (chance(m->c, 10)) maker_attempt(m, maker_add_any);
    maker_attempt(m, add_return);
}

/* Adds a 1x1 convolution of spans that are upsampled, and then of others. */
static int add_upsampled(maker *m) {
    builder *b = m->b;
    uint32_t low, in, out, inputs = 0;
    for (uint32_t tries = 0; tries < 8; tries++) {
        if (!pick_tensor(m, &low) || b->tensors[low].stride < 2) continue;
        const uint32_t stride = b->tensors[low].stride / 2;
        builder_span(b, low, 0, b->tensors[low].channels, 1);
        m->was_read[low] = 1;
        m->type = b->tensors[low].type;
        inputs = maker_operand(m, stride, 3, 0, 1, &in);
        if (inputs == 0) return 0;
        b->shared_panels = chance(m->c, 20);
        maker_output(m, stride, 1, 0, &out);
        v5l_file_op *op = maker_op(m, V5L_OP_CONV, 1 + inputs, 1, one_by_one);
        if (op != NULL) maker_activate(m, op);
        return op != NULL;
    }
    return 0;
}

void maker_add_pyramid(maker *m) {
    if (!pick_tensor(m, &m->newest)) return;
    m->origin = m->newest;
    maker_attempt(m, add_link);
    maker_attempt(m, add_upsampled);
    if (chance(m->c, 50)) maker_attempt(m, add_upsampled);
}

/* Adds a 3x3 convolution of all of the newest tensor, which uses Winograd if channels and map suffice. */
static int add_square(maker *m) {
    static const builder_window three = {3, 3, 1, 1};
    const v5l_file_tensor from = m->b->tensors[m->newest];
    builder_span(m->b, m->newest, 0, from.channels, chance(m->c, 10) && from.stride >= 2);
    const uint32_t stride = (uint32_t)from.stride >> m->b->spans[m->b->header.span_count - 1].upsample;
    const uint32_t to = 16 + choose(m->c, 20), cut = chance(m->c, 40) ? 1 + choose(m->c, to - 1) : 0;
    m->was_read[m->newest] = 1;
    m->type = from.type;
    m->newest = maker_new_tensor(m, to, stride);
    if (cut > 0) builder_span(m->b, m->newest, cut, to - cut, 0);
    builder_span(m->b, m->newest, 0, cut > 0 ? cut : to, 0);
    m->written[m->newest] = to;
    m->b->shared_panels = chance(m->c, 30);
    v5l_file_op *op = maker_op(m, V5L_OP_CONV, 1, cut > 0 ? 2 : 1, three);
    if (op != NULL) maker_activate(m, op);
    return op != NULL;
}

void maker_add_squares(maker *m) {
    if (!pick_tensor(m, &m->newest)) return;
    for (uint32_t squares = 1 + choose(m->c, 3); squares > 0; squares--)
        maker_attempt(m, add_square);
}
