/* SPDX-License-Identifier: MIT */
/* Checks the values of quantised ops. Reads floats as integers, as open.c does. */
#include "kernels/scalar_math.h"
#include "quant.h"
#include "validate.h"

#if !defined(V5L_NO_S8)

/* ---- values ---- */

enum { MOST_BIAS = 1 << 29, MOST_FACTOR = 1 << 22, MOST_OFFSET = (1 << 30) - 1 };

/* Bits of 2^exponent. Positive floats are in the order of their bits; all other floats have larger ones. */
#define POWER(exponent) ((uint32_t)((exponent) + 127) << 23)

/* Returns whether n floats lie in least .. most, which are bits of positive floats. NULL: there are none. */
static int floats_within(const float *floats, uint32_t n, uint32_t least, uint32_t most) {
    uint32_t outside = 0;
    for (uint32_t i = 0; floats != NULL && i < n; i++)
        outside |= v5l_float_bits(floats[i]) - least > most - least;
    return outside == 0;
}

/* Returns whether n integers lie in -most .. most. NULL: there are none. */
static int integers_within(const int32_t *integers, uint32_t n, uint32_t most) {
    uint32_t outside = 0;
    for (uint32_t i = 0; integers != NULL && i < n; i++)
        outside |= (uint32_t)integers[i] + most > 2 * most;
    return outside == 0;
}

/* Returns whether the zero points of all real channels are -128, so that the clamp of the output is ReLU. */
static int clamps_at_zero(const v5l_model *m, const v5l_file_op *op, const int8_t *zero) {
    const uint32_t channels = v5l_operand_channels(m, op, V5L_OPERAND_OUT);
    const v5l_file_span whole = {.count = channels};
    const int one_run = op->out_count == 1 || v5l_shares_panels(op);
    const v5l_file_span *s = one_run ? &whole : v5l_spans(m) + op->out_first;
    const int8_t *of_span = zero;
    uint8_t other = 0;
    for (uint32_t done = 0; done < channels; done += s->count, s++) {
        for (uint32_t c = 0; c < s->count; c++)
            other |= of_span[c] != -128;
        of_span += v5l_whole_panels(s->count);
    }
    return other == 0;
}

v5l_status v5l_validate_quant(const v5l_model *m, const v5l_file_op *op) {
    const v5l_quant q = v5l_op_quant(m, op);
    const uint32_t channels = v5l_operand_channels(m, op, V5L_OPERAND_OUT);
    const uint32_t n = v5l_has_weights(op) ? (uint32_t)op->bias_count : channels;
    /* A sum times its multiplier fits 32 bits; of a head, it is finite. */
    const int is_head = op->kind == V5L_OP_DETECT;
    const int sound =
        floats_within(q.multiplier, n, is_head ? POWER(-126) : POWER(-100) + 1, is_head ? POWER(20) : POWER(0)) &&
        floats_within(q.ratio, n, POWER(-100) + 1, POWER(20)) && floats_within(q.steps, n, POWER(-20), POWER(20)) &&
        floats_within(q.scale, n, POWER(-20), POWER(20)) && integers_within(q.a_factor, n, MOST_FACTOR) &&
        integers_within(q.b_factor, n, MOST_FACTOR) && integers_within(q.offset, n, MOST_OFFSET);
    if (!sound) return V5L_E_VALUE;
    return op->activation != V5L_ACT_RELU || clamps_at_zero(m, op, q.zero) ? V5L_OK : V5L_E_VALUE;
}

/* ---- weights ---- */

/* Returns whether no weight is -128: then a product of a weight and an input has 15 bits and a sign. */
static int weights_within(const int8_t *weights, uint64_t n) {
    uint8_t outside = 0;
    for (uint64_t i = 0; i < n; i++)
        outside |= weights[i] == -128;
    return outside == 0;
}

/* Returns whether the last group [8][4] of a segment of n elements is 0 where it has no element of its own: at its
 * start, where an earlier group has them, or if the segment is shorter than a group at its end. */
static int is_zero_beyond(const int8_t *group, uint32_t n) {
    const uint32_t unused = v5l_group_rows(n, 1) - n, first = n < 4 ? n : 0;
    int any = 0;
    for (uint32_t j = 0; j < V5L_PANEL; j++)
        for (uint32_t i = 0; i < unused; i++)
            any |= group[4 * j + first + i];
    return any == 0;
}

/* Checks the last groups of all segments of a dense op. */
static v5l_status check_groups(const v5l_model *m, const v5l_file_op *op) {
    const int is_picture = v5l_operand_type(m, op, V5L_OPERAND_A) == V5L_TYPE_U8;
    const v5l_file_span *s = v5l_spans(m) + op->a_first;
    const uint32_t taps = is_picture ? op->kernel_h : (uint32_t)op->kernel_h * op->kernel_w;
    const uint32_t panels = (uint32_t)op->bias_count / V5L_PANEL;
    const int8_t *w = (const int8_t *)v5l_weights(m, op->weights);
    for (uint32_t i = 0; i < panels * taps * op->a_count; i++) { /* at most 1088 panels of 8191 groups */
        const uint32_t elements = is_picture ? op->kernel_w * s->count : s[i % op->a_count].count;
        w += (size_t)v5l_group_rows(elements, 1) * V5L_PANEL;
        if (!is_zero_beyond(w - 4u * V5L_PANEL, elements)) return V5L_E_RESERVED;
    }
    return V5L_OK;
}

v5l_status v5l_validate_integers(const v5l_model *m, const v5l_file_op *op) {
    if (!weights_within((const int8_t *)v5l_weights(m, op->weights), op->weight_count)) return V5L_E_VALUE;
    const int32_t *bias = (const int32_t *)v5l_weights(m, op->bias);
    if (!integers_within(bias, (uint32_t)op->bias_count, MOST_BIAS)) return V5L_E_VALUE;
    return op->kind == V5L_OP_DWCONV ? V5L_OK : check_groups(m, op);
}

#endif
