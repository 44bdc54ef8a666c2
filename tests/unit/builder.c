/* SPDX-License-Identifier: MIT */
#include "builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t add_string(builder *b, const char *s) {
    const uint32_t at = b->header.string_bytes;
    memcpy(b->strings + at, s, strlen(s) + 1);
    b->header.string_bytes += (uint32_t)strlen(s) + 1;
    return at;
}

void builder_init(builder *b, uint32_t classes) {
    static const uint8_t magic[8] = {0x89, 'V', '5', 'L', '\r', '\n', 0x1A, '\n'};
    memset(b, 0, sizeof *b);
    b->seed = 1;
    memcpy(b->header.magic, magic, sizeof magic);
    b->header.version = V5L_FORMAT_VERSION;
    b->header.layout = V5L_LAYOUT_PANEL8;
    b->header.class_count = classes;
    b->header.max_stride = 1;
    b->header.exporter = add_string(b, "builder");
    for (uint32_t i = 0; i < classes; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%u", (unsigned)i);
        const uint32_t at = add_string(b, name);
        if (i == 0) b->header.names = at;
    }
    b->tensors[0] = (v5l_file_tensor){3, 1, V5L_TYPE_U8};
    b->header.tensor_count = 1;
}

float builder_random(builder *b) {
    b->seed = b->seed * 1664525u + 1013904223u;
    return (float)(b->seed >> 8) / 8388608.0f - 1.0f;
}

uint32_t builder_tensor(builder *b, uint32_t channels, uint32_t stride) {
    const uint32_t index = b->header.tensor_count++;
    b->tensors[index] = (v5l_file_tensor){channels, (uint16_t)stride, stride > 0 ? b->narrow : V5L_TYPE_F32};
    if (stride > b->header.max_stride) b->header.max_stride = stride;
    return index;
}

uint32_t builder_span(builder *b, uint32_t tensor, uint32_t first, uint32_t count, uint32_t upsample) {
    b->spans[b->header.span_count] = (v5l_file_span){tensor, first, count, upsample};
    return b->header.span_count++;
}

static uint32_t channels(const builder *b, uint32_t first, uint32_t count, uint32_t round) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        n += (b->spans[first + i].count + round - 1) / round * round;
    return n;
}

/* Returns the byte offset of `count` new floats in the weights section. */
static uint64_t add_floats(builder *b, uint64_t count, float scale) {
    const uint32_t at = b->floats;
    for (uint64_t i = 0; i < count; i++)
        b->weights[at + i] = builder_random(b) * scale;
    b->floats += (uint32_t)((count + 15) / 16 * 16);
    return (uint64_t)at * sizeof(float);
}

static void zero_padding(builder *b, const v5l_file_op *op) {
    const uint64_t depth = op->weight_count / op->bias_count;
    float *w = b->weights + op->weights / sizeof(float), *bias = b->weights + op->bias / sizeof(float);
    const uint32_t runs = op->flags == V5L_FLAG_SHARED_PANELS ? 1 : op->out_count;
    for (uint32_t s = 0; s < runs; s++) {
        const uint32_t n = channels(b, op->out_first + s, op->out_count / runs, 1), padded = (n + 7) / 8 * 8;
        for (uint32_t j = n; j < padded; j++) {
            bias[j] = 0.0f;
            for (uint64_t k = 0; k < depth; k++)
                w[j / 8 * depth * 8 + k * 8 + j % 8] = 0.0f;
        }
        w += padded * depth;
        bias += padded;
    }
}

/* Returns the number of floats that an op with weights needs; 0 if it has none. */
static void count_floats(const builder *b, v5l_file_op *op) {
    const uint32_t in = channels(b, op->a_first, op->a_count, 1);
    const uint64_t taps = (uint64_t)op->kernel_h * op->kernel_w;
    const int dense = op->kind == V5L_OP_CONV || op->kind == V5L_OP_DETECT;
    if (!dense && op->kind != V5L_OP_DWCONV) return;
    op->groups = dense ? 1 : in;
    if (op->kind == V5L_OP_CONV && b->shared_panels) op->flags = V5L_FLAG_SHARED_PANELS;
    const uint32_t round = op->flags == V5L_FLAG_SHARED_PANELS ? 1 : 8;
    op->bias_count = dense ? (channels(b, op->out_first, op->out_count, round) + 7) / 8 * 8 : in;
    op->weight_count = op->bias_count * taps * (dense ? in : 1);
}

v5l_file_op *builder_window_op(builder *b, v5l_op_kind kind, const char *name, uint32_t a_count, uint32_t out_count,
                               builder_window window) {
    v5l_file_op *op = &b->ops[b->header.op_count];
    memset(op, 0, sizeof *op);
    op->kind = (uint16_t)kind;
    op->out_count = out_count;
    op->out_first = out_count == 0 ? 0 : b->header.span_count - out_count;
    op->a_count = a_count;
    op->a_first = b->header.span_count - out_count - a_count;
    op->order = V5L_NO_ORDER;
    op->kernel_h = (uint16_t)window.kernel_h;
    op->kernel_w = (uint16_t)window.kernel_w;
    op->stride = (uint16_t)window.stride;
    op->pad = (uint16_t)window.pad;
    if (out_count == 0) op->flags = V5L_FLAG_VIEW;
    for (uint32_t i = 0; kind == V5L_OP_DETECT && i < out_count; i++)
        b->tensors[b->spans[op->out_first + i].tensor].type = V5L_TYPE_F32;
    count_floats(b, op);
    const int is_quantised = builder_is_quantised(b, op);
    if (!is_quantised && op->weight_count + op->bias_count + 32 > B_FLOATS - b->floats) return NULL;
    if (is_quantised && !builder_quantise(b, op)) return NULL;
    b->header.op_count++;
    op->name = add_string(b, name);
    if (op->weight_count > 0 && !is_quantised) {
        const float fan_in = (float)(op->weight_count / op->bias_count);
        op->weights = add_floats(b, op->weight_count, 2.0f / fan_in);
        op->bias = add_floats(b, op->bias_count, 0.5f);
        if (kind != V5L_OP_DWCONV) zero_padding(b, op);
    }
    return op;
}

v5l_file_op *builder_op(builder *b, v5l_op_kind kind, const char *name, uint32_t a_count, uint32_t out_count,
                        uint32_t kernel, uint32_t stride) {
    const builder_window window = {kernel, kernel, stride, kernel / 2};
    return builder_window_op(b, kind, name, a_count, out_count, window);
}

v5l_file_head *builder_head(builder *b, v5l_file_op *op, uint32_t map, uint32_t anchors) {
    const uint32_t index = b->header.head_count++;
    op->head = (uint16_t)index;
    v5l_file_head *head = &b->heads[index];
    head->tensor = map;
    head->stride = b->tensors[map].stride;
    head->anchor_count = anchors;
    head->anchors = add_floats(b, 2 * anchors, 1.0f);
    for (uint32_t i = 0; i < anchors; i++) {
        b->weights[head->anchors / 4 + 2 * i] = (float)(8 * i + 10);
        b->weights[head->anchors / 4 + 2 * i + 1] = (float)(6 * i + 12);
    }
    return head;
}

void builder_detect(builder *b, uint32_t tensor, uint32_t stride, uint32_t anchors) {
    const uint32_t per_anchor = 5 + b->header.class_count, map = builder_tensor(b, anchors * per_anchor, stride);
    builder_span(b, tensor, 0, b->tensors[tensor].channels, 0);
    builder_span(b, map, 0, anchors * per_anchor, 0);
    v5l_file_head *head = builder_head(b, builder_op(b, V5L_OP_DETECT, "detect", 1, 1, 1, 1), map, anchors);
    head->obj_first = 4;
    head->cls_first = 5;
    head->obj_step = head->box_step = head->cls_step = per_anchor;
}

void builder_head_planned(builder *b, v5l_file_op *op, uint32_t map, uint32_t anchors) {
    v5l_file_head *head = builder_head(b, op, map, anchors);
    head->obj_step = 1;
    head->box_first = anchors;
    head->cls_first = anchors + 4;
    head->box_step = head->cls_step = 4 + b->header.class_count;
}

void builder_detect_planned(builder *b, uint32_t tensor, uint32_t stride, uint32_t anchors) {
    const uint32_t step = 4 + b->header.class_count, map = builder_tensor(b, anchors * (1 + step), stride);
    builder_span(b, tensor, 0, b->tensors[tensor].channels, 0);
    builder_span(b, map, 0, anchors, 0);
    for (uint32_t a = 0; a < anchors; a++)
        builder_span(b, map, anchors + a * step, step, 0);
    builder_head_planned(b, builder_op(b, V5L_OP_DETECT, "detect", 1, 1 + anchors, 1, 1), map, anchors);
}

static size_t place(uint64_t *at, size_t bytes, size_t end) {
    *at = (end + 63) / 64 * 64;
    return (size_t)*at + bytes;
}

blob builder_finish(const builder *b) {
    v5l_file_header h = b->header;
    size_t end = sizeof h;
    end = place(&h.tensors_at, h.tensor_count * sizeof b->tensors[0], end);
    end = place(&h.ops_at, h.op_count * sizeof b->ops[0], end);
    end = place(&h.spans_at, h.span_count * sizeof b->spans[0], end);
    end = place(&h.heads_at, h.head_count * sizeof b->heads[0], end);
    end = place(&h.orders_at, h.order_count * sizeof b->orders[0], end);
    end = place(&h.strings_at, h.string_bytes, end);
    h.weights_bytes = b->floats * sizeof(float);
    end = place(&h.weights_at, (size_t)h.weights_bytes, end);
    h.file_size = end;

    blob f = {.size = end, .allocation = calloc(1, end + 64)};
    f.bytes = (unsigned char *)f.allocation + (64 - (uintptr_t)f.allocation % 64) % 64;
    memcpy(f.bytes, &h, sizeof h);
    memcpy(f.bytes + h.tensors_at, b->tensors, h.tensor_count * sizeof b->tensors[0]);
    memcpy(f.bytes + h.ops_at, b->ops, h.op_count * sizeof b->ops[0]);
    memcpy(f.bytes + h.spans_at, b->spans, h.span_count * sizeof b->spans[0]);
    memcpy(f.bytes + h.heads_at, b->heads, h.head_count * sizeof b->heads[0]);
    memcpy(f.bytes + h.orders_at, b->orders, h.order_count * sizeof b->orders[0]);
    memcpy(f.bytes + h.strings_at, b->strings, h.string_bytes);
    memcpy(f.bytes + h.weights_at, b->weights, (size_t)h.weights_bytes);
    blob_seal(&f);
    return f;
}

void blob_seal(blob *f) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 16; i < f->size; i++) {
        crc ^= f->bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1u) ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    crc = ~crc;
    if (f->size >= 16) memcpy(f->bytes + 12, &crc, 4);
}

void blob_free(blob *f) { free(f->allocation); }

/* Floats are for inputs of 0 .. 1, bytes are larger. */
static void scale_stem(builder *b, const v5l_file_op *op) {
    for (uint64_t i = 0; !builder_is_quantised(b, op) && i < op->weight_count; i++)
        b->weights[op->weights / 4 + i] /= 64.0f;
}

static void conv(builder *b, const char *name, uint32_t from, uint32_t to, uint32_t kernel, uint32_t stride,
                 int activation) {
    builder_span(b, from, 0, b->tensors[from].channels, 0);
    builder_span(b, to, 0, b->tensors[to].channels, 0);
    builder_activate(b, builder_op(b, V5L_OP_CONV, name, 1, 1, kernel, stride), activation);
}

v5l_file_op *builder_second_operand(v5l_file_op *op) {
    op->a_first--;
    op->b_first = op->a_first + 1;
    op->b_count = 1;
    return op;
}

/* Adds squeeze and excitation: each channel of `from` times the output of two layers on the means of all. */
static void add_gate(builder *b, uint32_t from, uint32_t to) {
    const uint32_t channels = b->tensors[from].channels;
    const uint32_t mean = builder_tensor(b, channels, 0), few = builder_tensor(b, 3, 0);
    const uint32_t gate = builder_tensor(b, channels, 0);
    builder_span(b, from, 0, channels, 0), builder_span(b, mean, 0, channels, 0);
    builder_op(b, V5L_OP_AVGPOOL, "mean", 1, 1, 0, 0);
    conv(b, "squeeze", mean, few, 1, 1, V5L_ACT_RELU);
    conv(b, "excite", few, gate, 1, 1, V5L_ACT_SILU);
    builder_span(b, from, 0, channels, 0), builder_span(b, gate, 0, channels, 0), builder_span(b, to, 0, channels, 0);
    builder_second_operand(builder_op(b, V5L_OP_SCALE, "scale", 1, 1, 0, 0));
}

static void small_net(builder *b, v5l_type narrow) {
    builder_init(b, 3);
    b->narrow = (uint16_t)narrow;
    const uint32_t stem = builder_tensor(b, 12, 2), pool = builder_tensor(b, 12, 4), halves = builder_tensor(b, 6, 4);
    const uint32_t dw = builder_tensor(b, 6, 4), stage = builder_tensor(b, 12, 4), low = builder_tensor(b, 10, 8);
    const uint32_t up = builder_tensor(b, 10, 4), cat = builder_tensor(b, 22, 4), shuffled = builder_tensor(b, 22, 4);
    const uint32_t sum = builder_tensor(b, 12, 4), wide = builder_tensor(b, 22, 4), gated = builder_tensor(b, 12, 4);

    conv(b, "stem", 0, stem, 3, 2, V5L_ACT_RELU);
    scale_stem(b, &b->ops[0]);
    builder_span(b, stem, 0, 12, 0), builder_span(b, pool, 0, 12, 0);
    builder_op(b, V5L_OP_MAXPOOL, "pool", 1, 1, 3, 2);
    builder_span(b, pool, 6, 6, 0), builder_span(b, halves, 0, 6, 0);
    builder_op(b, V5L_OP_SPLIT, "split", 1, 1, 0, 0);
    builder_span(b, halves, 0, 6, 0), builder_span(b, dw, 0, 6, 0);
    builder_activate(b, builder_op(b, V5L_OP_DWCONV, "dw", 1, 1, 3, 1), V5L_ACT_HARDSWISH);
    builder_span(b, dw, 0, 6, 0), builder_span(b, pool, 0, 3, 0);
    builder_span(b, stage, 8, 4, 0), builder_span(b, stage, 0, 8, 0);
    builder_activate(b, builder_op(b, V5L_OP_CONV, "gather", 2, 2, 1, 1), V5L_ACT_SILU);
    builder_span(b, stage, 0, 8, 0), builder_span(b, stage, 8, 4, 0);
    builder_activate(b, builder_op(b, V5L_OP_CONV, "in_place", 1, 1, 1, 1), V5L_ACT_RELU);
    builder_span(b, stage, 0, 12, 0), builder_span(b, low, 0, 10, 0);
    builder_activate(b, builder_op(b, V5L_OP_CONV, "down", 1, 1, 3, 2), V5L_ACT_SILU);
    builder_span(b, low, 0, 10, 0), builder_span(b, up, 0, 10, 0);
    builder_op(b, V5L_OP_UPSAMPLE, "up", 1, 1, 0, 0);
    builder_span(b, up, 0, 10, 0), builder_span(b, stage, 0, 12, 0), builder_span(b, cat, 0, 22, 0);
    builder_op(b, V5L_OP_CONCAT, "cat", 2, 1, 0, 0);
    builder_span(b, cat, 0, 22, 0), builder_span(b, shuffled, 0, 22, 0);
    builder_op(b, V5L_OP_SHUFFLE, "shuffle", 1, 1, 0, 0)->groups = 2;
    builder_span(b, low, 0, 10, 1), builder_span(b, stage, 0, 12, 0), builder_span(b, wide, 0, 22, 0);
    builder_activate(b, builder_op(b, V5L_OP_DWCONV, "dw_views", 2, 1, 3, 1), V5L_ACT_RELU);
    builder_span(b, shuffled, 0, 12, 0), builder_span(b, wide, 10, 12, 0), builder_span(b, sum, 0, 12, 0);
    builder_second_operand(builder_op(b, V5L_OP_ADD, "add", 1, 1, 0, 0))->alpha = 0.5f;
    builder_span(b, low, 0, 10, 1), builder_span(b, stage, 0, 12, 0);
    builder_op(b, V5L_OP_CONCAT, "view", 2, 0, 0, 0)->order = 0;
    for (uint32_t i = 0; i < 22; i++)
        b->orders[i] = (uint16_t)(i < 11 ? 2 * i : 2 * i - 21);
    b->header.order_count = 22;
    add_gate(b, sum, gated);
    builder_detect(b, gated, 4, 2);
}

/* Multiplies G of F(2x2, 3x3) by three values, `step` apart: (1, 0, 0), (1, 1, 1) / 2, (1, -1, 1) / 2, (0, 0, 1). */
static float by_g(int row, const float *v, size_t step) {
    if (row == 0 || row == 3) return v[row == 0 ? 0 : 2 * step];
    return 0.5f * (row == 1 ? v[0] + v[2 * step] + v[step] : v[0] + v[2 * step] - v[step]);
}

void builder_transform(builder *b) {
    v5l_file_op *op = &b->ops[b->header.op_count - 1];
    const size_t pairs = (size_t)(op->weight_count / 9), panel = pairs / (size_t)op->bias_count * V5L_PANEL;
    const float *w = b->weights + op->weights / sizeof(float);
    op->weight_count = V5L_WINOGRAD_PLANES * pairs;
    op->weights = add_floats(b, op->weight_count, 0.0f);
    float *u = b->weights + op->weights / sizeof(float);
    op->flags |= V5L_FLAG_WINOGRAD;
    for (size_t i = 0; i < pairs; i++) {
        const float *g = w + i / panel * 9 * panel + i % panel; /* taps are a panel apart */
        for (int p = 0; p < 16; p++) {
            const float row[3] = {by_g(p / 4, g, 3 * panel), by_g(p / 4, g + panel, 3 * panel),
                                  by_g(p / 4, g + 2 * panel, 3 * panel)};
            u[(size_t)p * pairs + i] = by_g(p % 4, row, 1);
        }
    }
}

static void square_net(builder *b, uint32_t channels, int shared_panels, int transformed, v5l_type narrow) {
    builder_init(b, 3);
    b->narrow = (uint16_t)narrow;
    b->shared_panels = shared_panels;
    const uint32_t few = channels / 2 + 3, all = channels / 2 * 3;
    const uint32_t stem = builder_tensor(b, channels, 2), wide = builder_tensor(b, all, 2);
    conv(b, "stem", 0, stem, 3, 2, V5L_ACT_RELU);
    scale_stem(b, &b->ops[0]);
    builder_span(b, stem, 0, channels, 0), builder_span(b, wide, few, all - few, 0), builder_span(b, wide, 0, few, 0);
    builder_activate(b, builder_op(b, V5L_OP_CONV, "wide", 1, 2, 3, 1), V5L_ACT_SILU);
    const uint32_t seed = b->seed;
    if (transformed) builder_transform(b);
    b->seed = seed; /* the same net after it */
    builder_detect(b, wide, 2, 2);
}

static void chain_net(builder *b, v5l_type narrow) {
    builder_init(b, 2);
    b->narrow = (uint16_t)narrow;
    const uint32_t stem = builder_tensor(b, 16, 2), pool = builder_tensor(b, 16, 4), stage = builder_tensor(b, 16, 4);
    const uint32_t h1 = builder_tensor(b, 8, 4), h2 = builder_tensor(b, 8, 4), wide = builder_tensor(b, 12, 4);
    const uint32_t deep = builder_tensor(b, 12, 8), gated = builder_tensor(b, 16, 4);

    conv(b, "stem", 0, stem, 3, 2, V5L_ACT_RELU);
    scale_stem(b, &b->ops[0]);
    builder_span(b, stem, 0, 16, 0), builder_span(b, pool, 0, 16, 0);
    builder_op(b, V5L_OP_MAXPOOL, "pool", 1, 1, 3, 2);
    add_gate(b, pool, gated);
    conv(b, "head", gated, stage, 1, 1, V5L_ACT_RELU);
    builder_span(b, stage, 3, 8, 0), builder_span(b, h1, 0, 8, 0);
    builder_activate(b, builder_op(b, V5L_OP_CONV, "block.1", 1, 1, 1, 1), V5L_ACT_RELU);
    builder_span(b, stage, 0, 16, 0);
    builder_op(b, V5L_OP_SPLIT, "view", 1, 0, 0, 0);
    builder_span(b, h1, 0, 8, 0), builder_span(b, h2, 0, 8, 0);
    builder_op(b, V5L_OP_DWCONV, "block.2", 1, 1, 3, 1);
    builder_span(b, h2, 0, 8, 0), builder_span(b, stage, 7, 4, 0), builder_span(b, stage, 3, 4, 0);
    builder_activate(b, builder_op(b, V5L_OP_CONV, "block.3", 1, 2, 1, 1), V5L_ACT_RELU);
    conv(b, "wide", stage, wide, 1, 1, V5L_ACT_SILU);
    conv(b, "deep", wide, deep, 3, 2, V5L_ACT_SILU);
    builder_detect_planned(b, stage, 4, 2);
    builder_detect(b, deep, 8, 1);
    builder_detect_planned(b, deep, 8, 3);
}

void builder_small_net(builder *b) { small_net(b, V5L_TYPE_F32); }

void builder_small_net_s8(builder *b) {
    small_net(b, V5L_TYPE_S8);
    builder_order_payload(b);
}

void builder_small_net_f16(builder *b) {
    small_net(b, V5L_TYPE_F16);
    builder_store_f16(b);
}

void builder_winograd_net(builder *b, uint32_t channels, int shared_panels, int transformed) {
    square_net(b, channels, shared_panels, transformed, V5L_TYPE_F32);
}

void builder_square_net_s8(builder *b, uint32_t channels, int shared_panels) {
    square_net(b, channels, shared_panels, 0, V5L_TYPE_S8);
    builder_order_payload(b);
}

void builder_chain_net(builder *b) { chain_net(b, V5L_TYPE_F32); }

void builder_chain_net_s8(builder *b) {
    chain_net(b, V5L_TYPE_S8);
    builder_order_payload(b);
}

void builder_chain_net_f16(builder *b) {
    chain_net(b, V5L_TYPE_F16);
    builder_store_f16(b);
}
