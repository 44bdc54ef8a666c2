/* SPDX-License-Identifier: MIT */
/* Quantised ops, exactly as "Quantised networks" of weights/FORMAT.md has them. Uses no arithmetic of src. */
#include <math.h>

#include "operands.h"

/* ---- arithmetic ---- */

static int64_t limited(int64_t x, int64_t least, int64_t most) { return x < least ? least : x > most ? most : x; }
static int64_t to_s16(int64_t x) { return limited(x, -32768, 32767); }
static int64_t to_s8(int64_t x) { return limited(x, -128, 127); }

/* x / 2^n, rounded down. */
static int64_t shifted(int64_t x, int n) { return (int64_t)floor((double)x / (double)(1 << n)); }

/* The nearest integer, of two the even one. */
static int64_t nearest(float x) {
    const double below = floor(x), rest = (double)x - below;
    const int odd = fmod(below, 2.0) != 0.0;
    return (int64_t)below + (rest > 0.5 || (rest == 0.5 && odd));
}

/* A product rounded to binary32, whatever precision the compiler uses. */
static float times(float a, float b) {
    const volatile float product = a * b;
    return product;
}

static int64_t multiply_high(int64_t a, int64_t b) { return shifted(a * b + 0x4000, 15); }

static int64_t silu16(int64_t x) {
    static const int terms[] = {444, -2240, 1063, 895, -1217, 9022, 7902};
    const int64_t v = limited(x, -2047, 2047), u = 32 * (v < 0 ? -v : v) - 32768;
    int64_t p = 510;
    for (int i = 0; i < 7; i++)
        p = multiply_high(p, u) + terms[i];
    const int64_t beyond = x > 2047 ? x - 2047 : 0;
    return shifted(v + multiply_high(p, 4096) + 1, 1) + beyond;
}

static int64_t hardswish16(int64_t x) {
    const int64_t h = 16 * limited(x + 768, 0, 1536), gate = to_s16(h + multiply_high(h, 10923));
    return multiply_high(x, gate);
}

/* ---- the block ---- */

int interpret_is_quantised(const op_input *in) {
    const int moves =
        in->op->kind == V5L_OP_MAXPOOL || (in->op->kind >= V5L_OP_SPLIT && in->op->kind <= V5L_OP_UPSAMPLE);
    if (moves || v5l_is_view(in->op)) return 0;
    return operand_type(in, V5L_OPERAND_A) == V5L_TYPE_S8 || operand_type(in, V5L_OPERAND_OUT) == V5L_TYPE_S8;
}

/* Returns the array after `words` arrays of 4 bytes an element and `bytes` arrays of 1 byte, all of n elements. */
static const void *array(const op_input *in, uint32_t words, uint32_t bytes, uint32_t n) {
    return v5l_weights(interpreter_model(in->p), in->op->quant + (uint64_t)n * (4 * words + bytes));
}

static double floats(const op_input *in, uint32_t index, uint32_t n, uint32_t i) {
    return ((const float *)array(in, index, 0, n))[i];
}
static int64_t words(const op_input *in, uint32_t index, uint32_t n, uint32_t i) {
    return ((const int32_t *)array(in, index, 0, n))[i];
}
/* Byte array number `index` after `before` arrays of words. */
static int64_t bytes(const op_input *in, uint32_t before, uint32_t index, uint32_t n, uint32_t i) {
    return ((const int8_t *)array(in, before, index, n))[i];
}

/* ---- sums ---- */

/* Returns operand A as an integer. Outside, it is the padding. */
static int64_t tap(const op_input *in, int y, int x, uint32_t channel) {
    const int is_picture = operand_type(in, V5L_OPERAND_A) == V5L_TYPE_U8;
    if (operand_inside(in, y, x)) return (int64_t)operand_value(in, y, x, channel) - (is_picture ? 128 : 0);
    if (is_picture) return -128;
    const int is_head = in->op->kind == V5L_OP_DETECT;
    const uint32_t padded = (uint32_t)in->op->bias_count;
    return ((const int8_t *)array(in, is_head ? 1 : 2, is_head ? 0 : 1, padded))[channel];
}

/* Returns the weight of element e of a segment of n elements; groups: its first group, [8][4] bytes each. */
static int64_t weight_of(const int8_t *groups, uint32_t n, uint32_t e, uint32_t output) {
    const uint32_t last = (n + 3) / 4 - 1, group = e / 4 < last ? e / 4 : last;
    const uint32_t i = group < last || n < 4 ? e - 4 * group : e - (n - 4);
    return groups[32 * group + 4 * output + i];
}

static int64_t dense_sum(const op_input *in, int y, int x, uint32_t channel) {
    const v5l_model *m = interpreter_model(in->p);
    const v5l_file_op *op = in->op;
    const panel_place at = operand_place(in->p, op, channel);
    const uint64_t depth = op->weight_count / op->bias_count;
    const int8_t *w = (const int8_t *)v5l_weights(m, op->weights) + (at.padded + at.channel / 8 * 8) * depth;
    const int is_picture = operand_type(in, V5L_OPERAND_A) == V5L_TYPE_U8;
    int64_t sum = ((const int32_t *)v5l_weights(m, op->bias))[at.padded + at.channel];
    const int taps = is_picture ? op->kernel_h : op->kernel_h * op->kernel_w;
    for (int i = 0; i < taps; i++) {
        const int ky = is_picture ? i : i / op->kernel_w, kx = is_picture ? 0 : i % op->kernel_w;
        const int iy = y * op->stride + ky - op->pad, ix = x * op->stride + kx - op->pad;
        uint32_t first = 0;
        for (uint32_t s = 0; s < op->a_count; s++) {
            const uint32_t count = v5l_spans(m)[op->a_first + s].count, n = is_picture ? 3u * op->kernel_w : count;
            for (uint32_t e = 0; e < n; e++) {
                const int64_t q = is_picture ? tap(in, iy, ix + (int)(e / 3), e % 3) : tap(in, iy, ix, first + e);
                sum += q * weight_of(w, n, e, at.channel % 8);
            }
            w += (size_t)(n + 3) / 4 * 32;
            first += count;
        }
    }
    return sum;
}

static int64_t depthwise_sum(const op_input *in, int y, int x, uint32_t channel) {
    const v5l_model *m = interpreter_model(in->p);
    const v5l_file_op *op = in->op;
    const int8_t *w = (const int8_t *)v5l_weights(m, op->weights) + channel;
    int64_t sum = ((const int32_t *)v5l_weights(m, op->bias))[channel];
    for (int i = 0; i < op->kernel_h * op->kernel_w; i++, w += in->in_channels)
        sum += *w * tap(in, y * op->stride + i / op->kernel_w - op->pad, x * op->stride + i % op->kernel_w - op->pad,
                        channel);
    return sum;
}

/* ---- ops ---- */

static double convolution(const op_input *in, int y, int x, uint32_t channel) {
    const v5l_file_op *op = in->op;
    const panel_place at = operand_place(in->p, op, channel);
    const uint32_t n = (uint32_t)op->bias_count, i = op->kind == V5L_OP_DWCONV ? channel : at.padded + at.channel;
    const int64_t sum = op->kind == V5L_OP_DWCONV ? depthwise_sum(in, y, x, channel) : dense_sum(in, y, x, channel);
    const float scaled = times((float)sum, (float)floats(in, 0, n, i));
    if (op->kind == V5L_OP_DETECT) return scaled;
    int64_t value = to_s16(nearest(scaled));
    if (op->activation == V5L_ACT_SILU || op->activation == V5L_ACT_HARDSWISH) {
        const int64_t activated = op->activation == V5L_ACT_SILU ? silu16(value) : hardswish16(value);
        value = to_s16(nearest(times((float)activated, (float)floats(in, 1, n, i) / 256.0f)));
    }
    return (double)to_s8(value + bytes(in, 2, 0, n, i));
}

static double mean(const op_input *in, uint32_t channel) {
    const uint32_t n = in->in_channels;
    const int64_t pixels = (int64_t)in->in_height * in->in_width;
    int64_t sum = -pixels * bytes(in, 1, 0, n, channel);
    for (int y = 0; y < in->in_height; y++)
        for (int x = 0; x < in->in_width; x++)
            sum += (int64_t)operand_value(in, y, x, channel);
    const volatile float quotient = times((float)sum, (float)floats(in, 0, n, channel)) / (float)pixels;
    return quotient;
}

static double scaled(const op_input *in, int y, int x, uint32_t channel) {
    const uint32_t n = in->in_channels;
    float factor = times((float)operand_second(in, 0, 0, channel), (float)floats(in, 0, n, channel));
    if (isnan(factor)) factor = 0.0f;
    if (factor > 32768.0f) factor = 32768.0f;
    if (factor < -32768.0f) factor = -32768.0f;
    const int64_t value = (int64_t)operand_value(in, y, x, channel) - bytes(in, 2, 0, n, channel);
    return (double)to_s8(to_s16(nearest(times((float)value, factor))) + bytes(in, 2, 1, n, channel));
}

static double added(const op_input *in, int y, int x, uint32_t channel) {
    const uint32_t n = in->in_channels;
    const int64_t a = (int64_t)operand_value(in, y, x, channel), b = (int64_t)operand_second(in, y, x, channel);
    const int64_t sum = words(in, 0, n, channel) * a + words(in, 1, n, channel) * b + words(in, 2, n, channel);
    return (double)to_s8(shifted(sum, 20));
}

double interpret_quantised(const op_input *in, int y, int x, uint32_t channel) {
    switch (in->op->kind) {
    case V5L_OP_ADD: return added(in, y, x, channel);
    case V5L_OP_AVGPOOL: return mean(in, channel);
    case V5L_OP_SCALE: return scaled(in, y, x, channel);
    default: return convolution(in, y, x, channel);
    }
}
