/* SPDX-License-Identifier: MIT */
/* Files in F16 of the builder's nets, as "Half floats" of FORMAT.md defines them. Shares nothing with src. */
#include <math.h>
#include <string.h>

#include "builder.h"

/* Rounds to nearest, ties to even, as IEEE 754 does. x is finite, and so is the result. */
static uint16_t rounded(float x) {
    const uint32_t sign = signbit(x) ? 0x8000u : 0;
    int exponent = 0;
    (void)frexpf(x, &exponent);
    const int last = exponent < -13 ? -24 : exponent - 11; /* the last digit is worth 2^last */
    const uint32_t digits = (uint32_t)nearbyint(ldexp(fabs((double)x), -last));
    if (x == 0.0f) return (uint16_t)sign;
    return (uint16_t)(sign | (last == -24 ? digits : digits + ((uint32_t)(last + 24) << 10)));
}

double builder_half(uint16_t half) {
    const int exponent = half >> 10 & 31, digits = half & 1023;
    double value = exponent == 0 ? ldexp(digits, -24) : ldexp(1024 + digits, exponent - 25);
    if (exponent == 31) value = digits == 0 ? INFINITY : NAN;
    return half >> 15 != 0 ? -value : value;
}

static v5l_type type_of(const builder *b, uint32_t span) { return b->tensors[b->spans[span].tensor].type; }

int builder_is_f16(const builder *b, const v5l_file_op *op) {
    return type_of(b, op->a_first) == V5L_TYPE_F16 || (op->out_count > 0 && type_of(b, op->out_first) == V5L_TYPE_F16);
}

/* Rounds the weights of all ops in F16. stored: each half takes the place of half a float. */
static void round_weights(builder *b, int stored) {
    for (uint32_t i = 0; i < b->header.op_count; i++) {
        const v5l_file_op *op = &b->ops[i];
        float *weights = b->weights + op->weights / 4;
        uint16_t *halves = (uint16_t *)(void *)weights;
        for (uint64_t k = 0; k < op->weight_count && builder_is_f16(b, op); k++) {
            const uint16_t half = rounded(weights[k]);
            weights[k] = (float)builder_half(half);
            if (stored) memcpy(&halves[k], &half, sizeof half); /* not past weights[k] */
        }
    }
}

void builder_store_f16(builder *b) {
    round_weights(b, 1);
    builder_order_payload(b);
}

static int is_head(const builder *b, uint32_t tensor) {
    for (uint32_t i = 0; i < b->header.head_count; i++)
        if (b->heads[i].tensor == tensor) return 1;
    return 0;
}

/* Gives all maps but those of heads a type. */
static void set_types(builder *b, v5l_type type) {
    for (uint32_t t = 1; t < b->header.tensor_count; t++)
        if (b->tensors[t].stride != 0 && !is_head(b, t)) b->tensors[t].type = (uint16_t)type;
}

void builder_make_f16(builder *b, int stored) {
    set_types(b, V5L_TYPE_F16);
    if (stored) {
        builder_store_f16(b);
    } else {
        round_weights(b, 0);
        set_types(b, V5L_TYPE_F32);
    }
}
