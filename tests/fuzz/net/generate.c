/* SPDX-License-Identifier: MIT */
#include "generate.h"

#include <string.h>

#include "maker.h"

static const builder_window no_window = {0, 0, 0, 0}, one_by_one = {1, 1, 1, 0};

/* ---- one op each; return 0 if no tensor suits or no room is left ---- */

static int add_conv_from_picture(maker *m) {
    uint32_t channels;
    const builder_window window = maker_window(m, 1);
    builder_span(m->b, 0, 0, 3, 0);
    m->type = m->b->narrow && chance(m->c, 85) ? m->b->narrow : V5L_TYPE_F32;
    m->b->shared_panels = chance(m->c, 20);
    const uint32_t outputs = maker_output(m, window.stride, 3, 0, &channels);
    v5l_file_op *op = maker_op(m, V5L_OP_CONV, 1, outputs, window);
    if (op == NULL) return 0;
    maker_activate(m, op);
    maker_order(m, op, channels);
    return 1;
}

static int add_conv(maker *m) {
    uint32_t in, out;
    const uint32_t stride = maker_stride(m), inputs = maker_operand(m, stride, 4, 0, 1, &in);
    if (stride == 0 || inputs == 0) return 0;
    const builder_window window = maker_window(m, stride);
    m->b->shared_panels = chance(m->c, 25);
    const uint32_t outputs = maker_output(m, stride * window.stride, 4, 0, &out);
    v5l_file_op *op = maker_op(m, V5L_OP_CONV, inputs, outputs, window);
    if (op == NULL) return 0;
    maker_activate(m, op);
    maker_order(m, op, out);
    const int winograd = window.kernel_h == 3 && window.kernel_w == 3 && window.stride == 1;
    if (winograd && m->extreme == 0 && m->type == V5L_TYPE_F32 && chance(m->c, 20) &&
        m->b->floats + 2 * op->weight_count + 64 < B_FLOATS)
        builder_transform(m->b);
    return 1;
}

/* Adds an op with as many output channels as operand A has: one output span. */
static int add_same(maker *m, v5l_op_kind kind, uint32_t most_spans) {
    uint32_t in, out;
    const uint32_t stride = maker_stride(m), inputs = maker_operand(m, stride, most_spans, 0, 1, &in);
    if (stride == 0 || inputs == 0) return 0;
    const int windowed = kind == V5L_OP_DWCONV || kind == V5L_OP_MAXPOOL;
    const builder_window window = windowed ? maker_window(m, stride) : no_window;
    maker_output(m, windowed ? stride * window.stride : stride, 1, in, &out);
    v5l_file_op *op = maker_op(m, kind, inputs, 1, window);
    if (op == NULL) return 0;
    if (kind == V5L_OP_DWCONV) maker_activate(m, op);
    if (kind == V5L_OP_SHUFFLE) {
        op->groups = 1 + choose(m->c, 4);
        while (in % op->groups != 0)
            op->groups--;
    }
    if (kind != V5L_OP_MAXPOOL) maker_order(m, op, in);
    return 1;
}

static int add_sum(maker *m) {
    uint32_t in, same, out;
    const uint32_t stride = maker_stride(m);
    if (stride == 0 || maker_operand(m, stride, 1, 0, 1, &in) == 0 || maker_operand(m, stride, 1, in, 1, &same) == 0)
        return 0;
    maker_output(m, stride, 1, in, &out);
    v5l_file_op *op = maker_op(m, V5L_OP_ADD, 1, 1, no_window);
    if (op == NULL) return 0;
    builder_second_operand(op);
    op->alpha = chance(m->c, 50) ? 1.0f : builder_random(m->b) * 2.0f;
    maker_activate(m, op);
    return 1;
}

static int add_upsample(maker *m) {
    uint32_t in, out;
    const uint32_t stride = maker_stride(m);
    if (stride < 2 || maker_operand(m, stride, 1, 0, 0, &in) == 0) return 0;
    maker_output(m, stride / 2, 1, in, &out);
    return maker_op(m, V5L_OP_UPSAMPLE, 1, 1, no_window) != NULL;
}

static int add_view(maker *m) {
    uint32_t in;
    const v5l_op_kind kind = (v5l_op_kind)(V5L_OP_SPLIT + choose(m->c, 4));
    const uint32_t stride = maker_stride(m), inputs = maker_operand(m, stride, 3, 0, 1, &in);
    if (stride == 0 || inputs == 0) return 0;
    v5l_file_op *op = maker_op(m, kind, inputs, 0, no_window);
    if (op == NULL) return 0;
    if (kind == V5L_OP_SHUFFLE) op->groups = in % 2 == 0 ? 2 : 1;
    maker_order(m, op, in);
    return 1;
}

static int add_mean(maker *m) {
    uint32_t in, out;
    const uint32_t stride = maker_stride(m);
    if (stride == 0 || maker_operand(m, stride, 1, 0, 1, &in) == 0) return 0;
    maker_output(m, 0, 1, in, &out);
    return maker_op(m, V5L_OP_AVGPOOL, 1, 1, no_window) != NULL;
}

/* Adds a layer on tensors of one pixel. */
static int add_pixel_conv(maker *m) {
    uint32_t in, out;
    const uint32_t inputs = maker_operand(m, 0, 2, 0, 0, &in);
    if (inputs == 0) return 0;
    m->b->shared_panels = chance(m->c, 20);
    const uint32_t outputs = maker_output(m, 0, 3, 0, &out);
    v5l_file_op *op = maker_op(m, V5L_OP_CONV, inputs, outputs, one_by_one);
    if (op == NULL) return 0;
    maker_activate(m, op);
    return 1;
}

static int add_scale(maker *m) {
    uint32_t in, same, out;
    const uint32_t stride = maker_stride(m);
    if (stride == 0 || maker_operand(m, stride, 1, 0, 1, &in) == 0 || maker_operand(m, 0, 1, in, 0, &same) == 0)
        return 0;
    maker_output(m, stride, 1, in, &out);
    v5l_file_op *op = maker_op(m, V5L_OP_SCALE, 1, 1, no_window);
    if (op != NULL) builder_second_operand(op);
    return op != NULL;
}

int maker_add_any(maker *m) {
    const uint32_t kind = choose(m->c, 100);
    if (kind < 34) return add_conv(m);
    if (kind < 50) return add_same(m, V5L_OP_DWCONV, 3);
    if (kind < 58) return add_same(m, V5L_OP_MAXPOOL, 1);
    if (kind < 65) return add_sum(m);
    if (kind < 69) return add_same(m, V5L_OP_SPLIT, 1);
    if (kind < 74) return add_same(m, V5L_OP_CONCAT, 4);
    if (kind < 79) return add_same(m, V5L_OP_SHUFFLE, 1);
    if (kind < 84) return add_upsample(m);
    if (kind < 88) return add_mean(m);
    if (kind < 91) return add_pixel_conv(m);
    if (kind < 94) return add_scale(m);
    if (kind < 97) return add_view(m);
    return add_conv_from_picture(m);
}

/* ---- heads ---- */

/* Adds the output spans and the channel order of a head of `anchors` anchors on tensor `map`. */
static uint32_t add_map_spans(maker *m, v5l_file_head *head, uint32_t map, uint32_t anchors) {
    builder *b = m->b;
    const uint32_t step = 4 + b->header.class_count, all = anchors * (1 + step);
    if (chance(m->c, 70)) { /* as in planned files: objectness first */
        head->obj_step = 1;
        head->box_first = anchors;
        head->cls_first = anchors + 4;
        head->box_step = head->cls_step = step;
        const uint32_t at = builder_span(b, map, 0, anchors, 0);
        for (uint32_t a = 0; a < anchors; a++)
            builder_span(b, map, anchors + a * step, step, 0);
        if (chance(m->c, 10)) { /* .. except for the order of the spans */
            const v5l_file_span first = b->spans[at];
            b->spans[at] = b->spans[at + 1];
            b->spans[at + 1] = first;
        }
        return 1 + anchors;
    }
    head->obj_first = 4;
    head->cls_first = 5;
    head->obj_step = head->box_step = head->cls_step = 1 + step;
    const uint32_t cut = chance(m->c, 50) ? 1 + choose(m->c, all - 1) : 0;
    if (cut != 0) builder_span(b, map, 0, cut, 0);
    builder_span(b, map, cut, all - cut, 0);
    return cut != 0 ? 2 : 1;
}

static int add_head(maker *m) {
    builder *b = m->b;
    uint32_t in = 3, inputs = 1, stride = 1;
    if (b->header.head_count == V5L_MAX_HEADS) return 0;
    const int of_picture = chance(m->c, 4);
    if (of_picture) {
        builder_span(b, 0, 0, 3, 0);
    } else {
        stride = maker_stride(m);
        inputs = stride == 0 ? 0 : maker_operand(m, stride, 3, 0, 1, &in);
        if (inputs == 0) return 0;
    }
    const builder_window window = chance(m->c, 60) ? one_by_one : maker_window(m, stride);
    const uint32_t per_anchor = 5 + b->header.class_count;
    const uint32_t most_anchors = m->is_cheap ? 2 : per_anchor > 30 || chance(m->c, 80) ? 3 : 16;
    const uint32_t anchors = 1 + choose(m->c, most_anchors);
    const uint32_t map = builder_tensor(b, anchors * per_anchor, stride * window.stride);
    v5l_file_head channels = {.tensor = 0};
    const uint32_t outputs = add_map_spans(m, &channels, map, anchors);
    v5l_file_op *op = maker_op(m, V5L_OP_DETECT, inputs, outputs, window);
    if (op == NULL || b->floats + 64 > B_FLOATS) return 0;
    maker_order(m, op, anchors * per_anchor);
    m->written[map] = anchors * per_anchor;
    m->is_head[map] = 1;
    m->was_read[map] = 0;
    v5l_file_head *head = builder_head(b, op, map, anchors);
    channels.tensor = head->tensor;
    channels.stride = head->stride;
    channels.anchor_count = head->anchor_count;
    channels.anchors = head->anchors;
    *head = channels;
    return 1;
}

/* ---- nets ---- */

/* Adds squeeze and excitation, as far as tensors suit. */
static void add_gate(maker *m) {
    maker_attempt(m, add_mean);
    maker_attempt(m, add_pixel_conv);
    maker_attempt(m, add_scale);
}

/* A partly written tensor ends where the writes end: no op has read it. */
static void trim_tensors(maker *m) {
    for (uint32_t t = 1; t < m->b->header.tensor_count; t++)
        m->b->tensors[t].channels = m->written[t];
}

static void init_net(maker *m, builder *b, choices *c, v5l_type type) {
    static const uint8_t classes[] = {1, 1, 2, 3, 4, 5, 7, 8, 20, 80};
    memset(m, 0, sizeof *m);
    m->b = b;
    m->c = c;
    m->largest_stride = chance(c, 90) ? 32 : 128;
    m->is_cheap = chance(c, 65);
    m->most_products = m->is_cheap ? 250.0 + choose(c, 500) : 1e9;
    m->extreme = chance(c, 85) ? 0 : 1 + (int)choose(c, 3);
    builder_init(b, classes[choose(c, m->is_cheap ? 5 : sizeof classes)]);
    b->narrow = (uint16_t)type;
    b->seed = random_bits(c);
    b->header.form = choose(c, 2);
}

void generate_net(builder *b, choices *c, v5l_type type) {
    maker m;
    init_net(&m, b, c, type);
    maker_attempt(&m, add_conv_from_picture);
    static void (*const blocks[])(maker *) = {maker_add_chain, maker_add_in_place, maker_add_pyramid, maker_add_squares,
                                              add_gate};
    const uint32_t ops = chance(c, 40) ? 1 + choose(c, 3) : 1 + choose(c, chance(c, 80) ? 8 : 30);
    const uint32_t block_percent = chance(c, 50) ? 20 : 80;
    if (chance(c, 50)) blocks[choose(c, 2)](&m); /* on the largest maps */
    for (uint32_t i = 0; i < ops; i++) {
        if (chance(c, block_percent))
            blocks[choose(c, 5)](&m);
        else
            maker_attempt(&m, maker_add_any);
    }
    const uint32_t heads = 1 + choose(c, chance(c, 90) ? 3 : 8);
    for (uint32_t i = 0; i < heads || (b->header.head_count == 0 && i < 20); i++) {
        if (!maker_attempt(&m, add_head)) maker_attempt(&m, add_conv_from_picture); /* nothing to read yet */
        for (uint32_t after = chance(c, 50) ? 0 : 1 + choose(c, 4); after > 0; after--)
            maker_attempt(&m, maker_add_any);
    }
    trim_tensors(&m);
    if (type == V5L_TYPE_S8) builder_order_payload(b);
    if (type == V5L_TYPE_F16) builder_store_f16(b);
}
