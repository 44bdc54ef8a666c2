/* SPDX-License-Identifier: MIT */
#include "maker.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int maker_readable(const maker *m, uint32_t t) { return t > 0 && m->written[t] == m->b->tensors[t].channels; }

uint32_t maker_new_tensor(maker *m, uint32_t channels, uint32_t stride) {
    const uint32_t t = builder_tensor(m->b, channels, stride);
    if (stride > 0 && m->type != MAKER_ANY) m->b->tensors[t].type = m->type;
    m->written[t] = 0;
    m->is_head[t] = m->was_read[t] = m->hidden[t] = 0;
    return t;
}

uint32_t maker_few(maker *m) {
    static const uint8_t counts[] = {4, 6, 8, 8, 12, 16, 16, 24};
    return counts[choose(m->c, sizeof counts)];
}

static uint32_t pick_channels(maker *m) {
    static const uint8_t counts[] = {1,  2,  3,  4,  5,  7,  8,  9,  12, 15, 16, 16,
                                     16, 17, 20, 23, 24, 24, 25, 31, 32, 33, 40, 48};
    return m->is_cheap && chance(m->c, 80) ? maker_few(m) : counts[choose(m->c, sizeof counts)];
}

uint32_t maker_stride(maker *m) {
    uint32_t strides = 0, newest = 0;
    for (uint32_t t = 1; t < m->b->header.tensor_count; t++) {
        const uint32_t stride = m->b->tensors[t].stride;
        if (!maker_readable(m, t) || m->hidden[t] || stride == 0) continue;
        strides |= stride | (stride >= 2 ? stride / 2 : 0);
        if (!m->is_head[t]) newest = stride;
    }
    if (strides == 0) return 0;
    if (newest != 0 && chance(m->c, 55)) return newest; /* deep nets, whose ops form a chain */
    uint32_t stride = 1u << choose(m->c, 8);
    while ((strides & stride) == 0)
        stride = stride == 128 ? 1 : stride * 2;
    return stride;
}

/* ---- operands ---- */

/* Returns whether the op under construction may use a tensor. One-pixel tensors are F32 in any net. */
static int has_type(const maker *m, const v5l_file_tensor *t) {
    return t->stride == 0 || m->type == MAKER_ANY || t->type == m->type;
}

/* Tensors that an operand may have. Bits 1 .. of `up`: the tensor is upsampled. */
typedef struct {
    uint8_t tensor[B_TENSORS], up[B_TENSORS];
    uint32_t count;
} candidates;

static candidates find_candidates(maker *m, uint32_t stride, uint32_t want, int upsampled) {
    candidates found = {.count = 0};
    const int heads = chance(m->c, 20);
    for (uint32_t t = 1; t < m->b->header.tensor_count; t++) {
        const v5l_file_tensor *tensor = &m->b->tensors[t];
        const int up = upsampled && stride > 0 && tensor->stride == 2 * stride;
        if (!maker_readable(m, t) || m->hidden[t] || tensor->channels < want || (m->is_head[t] && !heads)) continue;
        if ((tensor->stride != stride && !up) || !has_type(m, tensor)) continue;
        found.tensor[found.count] = (uint8_t)t;
        found.up[found.count++] = (uint8_t)up;
    }
    return found;
}

/* Makes the type of a tensor that of the op. Keeps the tensors of that type. */
static void settle_type(maker *m, candidates *found, uint32_t t) {
    uint32_t kept = 0;
    if (m->b->tensors[t].stride == 0) return;
    m->type = m->b->tensors[t].type;
    for (uint32_t i = 0; i < found->count; i++) {
        if (!has_type(m, &m->b->tensors[found->tensor[i]])) continue;
        found->tensor[kept] = found->tensor[i];
        found->up[kept++] = found->up[i];
    }
    found->count = kept;
}

uint32_t maker_operand(maker *m, uint32_t stride, uint32_t most, uint32_t want, int upsampled, uint32_t *channels) {
    candidates found = find_candidates(m, stride, want, upsampled);
    if (found.count == 0) return 0;
    const int newest = chance(m->c, 45); /* a single, whole tensor, as chains need */
    const uint32_t count = newest || want != 0 ? 1 : 1 + choose(m->c, most);
    *channels = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t k = newest ? found.count - 1 : choose(m->c, found.count), t = found.tensor[k];
        const uint8_t up = found.up[k];
        const uint32_t all = m->b->tensors[t].channels;
        settle_type(m, &found, t);
        uint32_t n = want != 0 ? want : all;
        if (want == 0 && !newest && chance(m->c, 50)) n = 1 + choose(m->c, all);
        builder_span(m->b, t, choose(m->c, all - n + 1), n, up);
        m->was_read[t] = 1;
        *channels += n;
    }
    return count;
}

/* ---- outputs ---- */

static int overlaps_own(const maker *m, uint32_t t, uint32_t first, uint32_t count) {
    for (uint32_t i = m->first_span; i < m->b->header.span_count; i++) {
        const v5l_file_span *s = &m->b->spans[i];
        if (s->tensor == t && s->first < first + count && first < s->first + s->count) return 1;
    }
    return 0;
}

/* Returns channels of a tensor that has been read, and that the op itself neither reads nor writes. */
static int output_in_place(maker *m, uint32_t stride, uint32_t want, uint32_t *channels) {
    const uint32_t tensors = m->b->header.tensor_count, from = choose(m->c, tensors);
    for (uint32_t i = 0; i < tensors; i++) {
        const uint32_t t = (from + i) % tensors, all = m->b->tensors[t].channels;
        if (!maker_readable(m, t) || m->hidden[t] || m->is_head[t] || !m->was_read[t] ||
            m->b->tensors[t].stride != stride || all < want || !has_type(m, &m->b->tensors[t]))
            continue;
        const uint32_t n = want != 0 ? want : 1 + choose(m->c, all), first = choose(m->c, all - n + 1);
        if (overlaps_own(m, t, first, n)) continue;
        builder_span(m->b, t, first, n, 0);
        *channels = n;
        return 1;
    }
    return 0;
}

/* Returns the next channels of a partly written tensor. */
static int output_next(maker *m, uint32_t stride, uint32_t want, uint32_t *channels) {
    for (uint32_t t = 1; t < m->b->header.tensor_count; t++) {
        const uint32_t rest = m->b->tensors[t].channels - m->written[t];
        if (rest == 0 || m->b->tensors[t].stride != stride || rest < want || !has_type(m, &m->b->tensors[t])) continue;
        const uint32_t n = want != 0 ? want : chance(m->c, 60) ? rest : 1 + choose(m->c, rest);
        builder_span(m->b, t, m->written[t], n, 0);
        m->written[t] += n;
        *channels = n;
        return 1;
    }
    return 0;
}

/* Adds two spans of one new tensor, the later channels first. */
static uint32_t output_swapped(maker *m, uint32_t stride, uint32_t *channels) {
    const uint32_t all = 1 + pick_channels(m), n = 1 + choose(m->c, all - 1), t = maker_new_tensor(m, all, stride);
    builder_span(m->b, t, n, all - n, 0);
    builder_span(m->b, t, 0, n, 0);
    m->written[t] = all;
    *channels = all;
    return 2;
}

static void output_new(maker *m, uint32_t stride, uint32_t want, uint32_t *channels) {
    const uint32_t n = want != 0 ? want : pick_channels(m), rest = chance(m->c, 15) ? pick_channels(m) : 0;
    const uint32_t t = maker_new_tensor(m, n + rest, stride);
    builder_span(m->b, t, 0, n, 0);
    m->written[t] = n;
    *channels = n;
}

uint32_t maker_output(maker *m, uint32_t stride, uint32_t most, uint32_t want, uint32_t *channels) {
    const uint32_t parts = most > 1 && chance(m->c, 30) ? 1 + choose(m->c, most) : 1;
    uint32_t count = 0;
    *channels = 0;
    if (most > 1 && want == 0 && chance(m->c, 10)) return output_swapped(m, stride, channels);
    for (uint32_t i = 0; i < parts; i++, count++) {
        uint32_t n = 0;
        const uint32_t kind = choose(m->c, 100);
        if (!(kind < 25 && output_in_place(m, stride, want, &n)) && !(kind < 60 && output_next(m, stride, want, &n)))
            output_new(m, stride, want, &n);
        *channels += n;
    }
    return count;
}

/* ---- ops ---- */

builder_window maker_window(maker *m, uint32_t stride) {
    choices *c = m->c;
    static const builder_window usual[] = {{1, 1, 1, 0}, {3, 3, 1, 1}, {3, 3, 2, 1}, {2, 2, 2, 0}, {5, 5, 1, 2}};
    builder_window w = usual[choose(c, 5)];
    if (chance(c, 30)) { /* kernel = 2 pad + 1 .. 2 pad + stride: FORMAT.md */
        w.stride = 1u << choose(c, 3);
        w.pad = choose(c, chance(c, 90) ? 3 : 6);
        w.kernel_h = 2 * w.pad + 1 + choose(c, w.stride);
        w.kernel_w = 2 * w.pad + 1 + choose(c, w.stride);
    }
    if (m->b->header.op_count == 0 && chance(c, 60)) w = usual[2]; /* large pictures without large costs */
    if (stride * w.stride > m->largest_stride) w = usual[choose(c, 2)];
    return w;
}

/* Half floats end at 65504, and have less than 11 digits below 2^-14. */
static float extreme_weight(choices *c, int kind, float w, int f16) {
    const float largest = f16 ? 65504.0f : 3.4028234e38f;
    if (kind == 1) return random_bits(c) % 4 == 0 ? w * (f16 ? 1000.0f : 1e30f) : w;
    if (kind == 2) return w * (f16 ? 1e-5f : 1e-38f);
    return random_bits(c) % 8 == 0 ? (w < 0.0f ? -largest : largest) : w;
}

/* Makes weights that keep values at about their size. Zeros, padding among them, stay. */
static void scale_weights(maker *m, const v5l_file_op *op) {
    float *w = m->b->weights + op->weights / sizeof(float);
    const float fan_in = (float)op->weight_count / (float)op->bias_count;
    const int reads_picture = m->b->spans[op->a_first].tensor == 0;
    const float scale = sqrtf(fan_in) * (reads_picture ? 1.0f / 128.0f : 1.0f);
    const int f16 = builder_is_f16(m->b, op);
    for (uint64_t i = 0; i < op->weight_count; i++) {
        w[i] *= scale;
        if (m->extreme != 0 && w[i] != 0.0f) w[i] = extreme_weight(m->c, m->extreme, w[i], f16);
    }
}

/* Puts some values of a quantised op at their limits: sums, products and results saturate. */
static void extreme_block(maker *m, const v5l_file_op *op) {
    const builder_block q = builder_block_of(m->b, op);
    int32_t *bias = (int32_t *)(void *)((unsigned char *)m->b->weights + op->bias);
    int8_t *w = (int8_t *)m->b->weights + op->weights;
    for (uint64_t i = 0; m->extreme == 1 && i < op->weight_count; i++)
        w[i] = (int8_t)(w[i] < 0 ? -127 : w[i] > 0 ? 127 : 0);
    for (uint32_t n = 0; n < q.outputs; n++) {
        const uint32_t bits = random_bits(m->c);
        const int32_t sign = (bits & 1u) != 0 ? -1 : 1;
        const float largest = op->kind == V5L_OP_DETECT ? 0x1p20f : 1.0f;
        if ((bits & 6u) != 0) continue;
        if (q.multiplier != NULL) q.multiplier[n] = m->extreme == 2 ? 0x1p-90f : largest;
        if (op->bias_count > 0 && m->extreme == 3) bias[n] = sign * (1 << 29);
        if (q.steps != NULL) q.steps[n] = m->extreme == 2 ? 0x1p-20f : 0x1p20f;
        if (q.scale != NULL) q.scale[n] = m->extreme == 2 ? 0x1p-20f : 0x1p20f;
        if (q.ratio != NULL) q.ratio[n] = m->extreme == 2 ? 0x1p-90f : 0x1p20f;
        if (q.a != NULL) q.a[n] = sign * (1 << 22);
        if (q.b != NULL) q.b[n] = (bits & 8u) != 0 ? -(1 << 22) : 1 << 22;
        if (q.c != NULL) q.c[n] = (bits & 16u) != 0 ? -(1 << 30) + 1 : (1 << 30) - 1;
    }
}

v5l_file_op *maker_op(maker *m, v5l_op_kind kind, uint32_t a_count, uint32_t out_count, builder_window window) {
    char name[16];
    snprintf(name, sizeof name, "op%u", (unsigned)m->b->header.op_count);
    v5l_file_op *op = builder_window_op(m->b, kind, name, a_count, out_count, window);
    if (op == NULL) return op;
    const int is_quantised = builder_is_quantised(m->b, op);
    if (is_quantised && m->extreme != 0) extreme_block(m, op);
    if (op->weight_count == 0) return op;
    const double stride = m->b->tensors[m->b->spans[op->out_first].tensor].stride;
    const double products = stride > 0.0 ? (double)op->weight_count / (stride * stride) : 0.0;
    if (m->products + products > m->most_products && kind != V5L_OP_DETECT) return NULL;
    m->products += products;
    if (!is_quantised) scale_weights(m, op);
    return op;
}

void maker_activate(maker *m, v5l_file_op *op) {
    const uint32_t activation = choose(m->c, 4);
    const int only_relu = op->kind == V5L_OP_ADD && builder_is_quantised(m->b, op);
    builder_activate(m->b, op, (int)(only_relu ? activation % 2 : activation));
}

void maker_order(maker *m, v5l_file_op *op, uint32_t n) {
    builder *b = m->b;
    if (!chance(m->c, 25) || b->header.order_count + n > B_ORDERS) return;
    op->order = b->header.order_count;
    uint16_t *order = b->orders + op->order;
    for (uint32_t i = 0; i < n; i++) { /* Fisher and Yates, inside-out */
        const uint32_t j = random_bits(m->c) % (i + 1);
        order[i] = order[j];
        order[j] = (uint16_t)i;
    }
    b->header.order_count += n;
}

int maker_attempt(maker *m, int (*add)(maker *m)) {
    builder *b = m->b;
    if (b->header.tensor_count > B_TENSORS - 8 || b->header.op_count > B_OPS - 4 ||
        b->header.span_count > B_SPANS - 40 || b->header.string_bytes > B_STRINGS - 32)
        return 0;
    const maker before = *m;
    const v5l_file_header header = b->header;
    const uint32_t floats = b->floats;
    m->first_span = b->header.span_count;
    m->type = MAKER_ANY;
    if (add(m)) return 1;
    *m = before;
    memset(b->weights + floats, 0, (b->floats - floats) * sizeof(float));
    b->header = header;
    b->floats = floats;
    return 0;
}
