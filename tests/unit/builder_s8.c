/* SPDX-License-Identifier: MIT */
/* Quantised ops of the builder's files, as "Quantised networks" of FORMAT.md defines them. Shares nothing with src, so
 * that tests can compare. */
#include <math.h>
#include <string.h>

#include "builder.h"

static const v5l_file_span *spans_of(const builder *b, uint32_t first) { return &b->spans[first]; }

static uint32_t sum_channels(const builder *b, uint32_t first, uint32_t count) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        n += b->spans[first + i].count;
    return n;
}

static uint16_t type_of(const builder *b, uint32_t span) { return b->tensors[b->spans[span].tensor].type; }

int builder_is_quantised(const builder *b, const v5l_file_op *op) {
    const int moves = op->kind == V5L_OP_MAXPOOL || (op->kind >= V5L_OP_SPLIT && op->kind <= V5L_OP_UPSAMPLE);
    if (moves || op->out_count == 0) return 0;
    return type_of(b, op->a_first) == V5L_TYPE_S8 || type_of(b, op->out_first) == V5L_TYPE_S8;
}

/* ---- layout ---- */

/* Elements of segment i of a dense op; 0 after the last. */
static uint32_t segment_length(const builder *b, const v5l_file_op *op, uint32_t i) {
    const uint32_t taps = (uint32_t)op->kernel_h * op->kernel_w;
    if (b->spans[op->a_first].tensor == 0) return i < op->kernel_h ? 3u * op->kernel_w : 0;
    return i < taps * op->a_count ? b->spans[op->a_first + i % op->a_count].count : 0;
}

uint32_t builder_s8_depth(const builder *b, const v5l_file_op *op) {
    uint32_t groups = 0;
    for (uint32_t i = 0, n = 0; (n = segment_length(b, op, i)) > 0; i++)
        groups += (n + 3) / 4;
    return 4 * groups;
}

/* Takes an array of n elements from the rest of a block. */
static void *take(unsigned char **rest, uint32_t n, uint32_t bytes) {
    void *array = n > 0 ? *rest : NULL;
    *rest += (size_t)n * bytes;
    return array;
}

builder_block builder_block_of(builder *b, const v5l_file_op *op) {
    const uint32_t in = sum_channels(b, op->a_first, op->a_count), padded = (uint32_t)op->bias_count;
    const int has_weights = op->weight_count > 0, of_map = type_of(b, op->a_first) == V5L_TYPE_S8;
    const int adds = op->kind == V5L_OP_ADD, scales = op->kind == V5L_OP_SCALE, means = op->kind == V5L_OP_AVGPOOL;
    unsigned char *const block = (unsigned char *)b->weights + op->quant, *rest = block;
    builder_block q = {.outputs = has_weights ? padded : in};
    if (!builder_is_quantised(b, op)) return q;
    const uint32_t written = op->kind == V5L_OP_DETECT || means ? 0 : q.outputs;
    q.multiplier = take(&rest, has_weights ? padded : 0, 4);
    q.a = take(&rest, adds ? in : 0, 4);
    q.b = take(&rest, adds ? in : 0, 4);
    q.c = take(&rest, adds ? in : 0, 4);
    q.scale = take(&rest, means ? in : 0, 4);
    q.ratio = take(&rest, scales ? in : 0, 4);
    q.steps = take(&rest, written, 4);
    q.zero_a = take(&rest, scales ? in : 0, 1);
    q.zero = take(&rest, means ? in : written, 1);
    q.padding = take(&rest, has_weights && op->pad > 0 && of_map ? in : 0, 1);
    q.bytes = (uint32_t)(rest - block);
    return q;
}

/* Returns the byte offset of an array of `bytes` new bytes. */
static uint64_t add_bytes(builder *b, uint64_t bytes) {
    const uint64_t at = (uint64_t)b->floats * sizeof(float);
    b->floats += (uint32_t)((bytes + 63) / 64 * 16);
    return at;
}

/* ---- values ---- */

/* Returns an integer of least .. most. */
static int32_t between(builder *b, int32_t least, int32_t most) {
    const int32_t n = least + (int32_t)((builder_random(b) + 1.0f) / 2.0f * (float)(most - least + 1));
    return n > most ? most : n;
}

/* Returns whether output channel n of the padded ones is a real one. */
static int is_real(const builder *b, const v5l_file_op *op, uint32_t n) {
    if (op->kind == V5L_OP_DWCONV) return 1;
    if ((op->flags & V5L_FLAG_SHARED_PANELS) != 0) return n < sum_channels(b, op->out_first, op->out_count);
    const v5l_file_span *s = spans_of(b, op->out_first);
    for (; n >= (s->count + 7) / 8 * 8; s++)
        n -= (s->count + 7) / 8 * 8;
    return n < s->count;
}

static void fill_dense(builder *b, const v5l_file_op *op) {
    int8_t *w = (int8_t *)b->weights + op->weights;
    for (uint32_t panel = 0; panel < op->bias_count / 8; panel++) {
        for (uint32_t i = 0, n = 0; (n = segment_length(b, op, i)) > 0; i++) {
            for (uint32_t k = 0; k < (n + 3) / 4 * 4; k += 4) {
                const uint32_t unused = k + 4 > n ? k + 4 - n : 0, first = n < 4 ? 4 - unused : 0;
                for (uint32_t j = 0; j < 32; j++, w++) {
                    const int is_used = j % 4 < first || j % 4 >= first + unused;
                    *w = is_used && is_real(b, op, 8 * panel + j / 4) ? (int8_t)between(b, -127, 127) : 0;
                }
            }
        }
    }
}

/* Fills the block of an op with weights so that outputs vary over their range. */
static void fill_tail(builder *b, const v5l_file_op *op, float spread) {
    const builder_block q = builder_block_of(b, op);
    int32_t *bias = (int32_t *)(void *)((unsigned char *)b->weights + op->bias);
    const int curved = op->activation == V5L_ACT_SILU || op->activation == V5L_ACT_HARDSWISH;
    const float wanted = op->kind == V5L_OP_DETECT ? 2.0f : curved ? 600.0f : 60.0f, multiplier = wanted / spread;
    for (uint32_t n = 0; n < q.outputs; n++) {
        const int real = is_real(b, op, n);
        bias[n] = real ? (int32_t)(spread * builder_random(b)) : 0;
        q.multiplier[n] = real ? multiplier * (1.2f + builder_random(b)) : 1.0f;
        if (q.multiplier[n] > 1.0f) q.multiplier[n] = 1.0f;
        if (q.steps != NULL) q.steps[n] = real ? 16.0f + 12.0f * builder_random(b) : 1.0f;
        if (q.zero != NULL) q.zero[n] = real ? (int8_t)between(b, -128, 127) : 0;
    }
    for (uint32_t c = 0; q.padding != NULL && c < sum_channels(b, op->a_first, op->a_count); c++)
        q.padding[c] = (int8_t)between(b, -128, 127);
}

static void fill_block(builder *b, const v5l_file_op *op) {
    const builder_block q = builder_block_of(b, op);
    for (uint32_t n = 0; n < q.outputs; n++) {
        if (q.a != NULL) {
            q.a[n] = between(b, -(1 << 20), 1 << 20);
            q.b[n] = between(b, -(1 << 20), 1 << 20);
            q.c[n] = between(b, -(60 << 20), 60 << 20);
        }
        if (q.scale != NULL) q.scale[n] = 0.06f + 0.04f * builder_random(b);
        if (q.ratio != NULL) q.ratio[n] = 1.5f + builder_random(b);
        if (q.steps != NULL) q.steps[n] = 16.0f + 12.0f * builder_random(b);
        if (q.zero_a != NULL) q.zero_a[n] = (int8_t)between(b, -128, 127);
        q.zero[n] = (int8_t)between(b, -128, 127);
    }
}

int builder_quantise(builder *b, v5l_file_op *op) {
    if (!builder_is_quantised(b, op)) return 1;
    const int has_weights = op->weight_count > 0, dense = has_weights && op->kind != V5L_OP_DWCONV;
    if (dense) op->weight_count = op->bias_count * builder_s8_depth(b, op);
    const uint64_t block = builder_block_of(b, op).bytes;
    if (op->weight_count / 4 + op->bias_count + block / 4 + 64 > B_FLOATS - b->floats) return 0;
    if (has_weights) {
        op->weights = add_bytes(b, op->weight_count);
        op->bias = add_bytes(b, op->bias_count * 4);
        op->quant = add_bytes(b, block);
        int8_t *w = (int8_t *)b->weights + op->weights;
        for (uint64_t i = 0; !dense && i < op->weight_count; i++)
            w[i] = (int8_t)between(b, -127, 127);
        if (dense) fill_dense(b, op);
        fill_tail(b, op, 5400.0f * sqrtf((float)op->weight_count / (float)op->bias_count));
    } else {
        op->quant = add_bytes(b, block);
        fill_block(b, op);
    }
    return 1;
}

void builder_activate(builder *b, v5l_file_op *op, int activation) {
    const int was_curved = op->activation >= V5L_ACT_SILU, curved = activation >= V5L_ACT_SILU;
    op->activation = (uint16_t)activation;
    if (!builder_is_quantised(b, op)) return;
    const builder_block q = builder_block_of(b, op);
    for (uint32_t n = 0; n < q.outputs; n++) {
        if (op->kind != V5L_OP_ADD && !is_real(b, op, n)) continue;
        if (activation == V5L_ACT_RELU) q.zero[n] = -128;
        if (q.multiplier != NULL && curved != was_curved) q.multiplier[n] *= curved ? 10.0f : 0.1f;
        if (q.multiplier != NULL && q.multiplier[n] > 1.0f) q.multiplier[n] = 1.0f;
    }
}

/* ---- order ---- */

static uint64_t move_bytes(unsigned char *to, uint64_t *end, const builder *b, uint64_t at, uint64_t bytes) {
    const uint64_t moved = *end;
    memcpy(to + moved, (const unsigned char *)b->weights + at, (size_t)bytes);
    *end += (bytes + 63) / 64 * 64;
    return moved;
}

void builder_order_payload(builder *b) {
    static float ordered[B_FLOATS];
    unsigned char *to = (unsigned char *)ordered;
    uint64_t end = 0;
    memset(ordered, 0, sizeof ordered);
    for (uint32_t i = 0; i < b->header.op_count; i++) {
        v5l_file_op *op = &b->ops[i];
        const int is_quantised = builder_is_quantised(b, op);
        const uint64_t quant = op->quant, bytes = builder_block_of(b, op).bytes;
        if (op->weight_count > 0) {
            op->weights = move_bytes(to, &end, b, op->weights,
                                     op->weight_count * (is_quantised            ? 1
                                                         : builder_is_f16(b, op) ? 2
                                                                                 : 4));
            op->bias = move_bytes(to, &end, b, op->bias, op->bias_count * 4);
        }
        if (is_quantised) op->quant = move_bytes(to, &end, b, quant, bytes);
    }
    for (uint32_t i = 0; i < b->header.head_count; i++)
        b->heads[i].anchors = move_bytes(to, &end, b, b->heads[i].anchors, 8 * (uint64_t)b->heads[i].anchor_count);
    memcpy(b->weights, ordered, sizeof ordered);
    b->floats = (uint32_t)(end / sizeof(float));
}
