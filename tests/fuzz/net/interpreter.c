/* SPDX-License-Identifier: MIT */
#include "interpreter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "bytes.h"
#include "fail.h"
#include "operands.h"
#include "winograd.h"

static const float *floats_at(const v5l_model *m, uint64_t offset) { return (const float *)v5l_weights(m, offset); }

/* Half a unit in the last place of 1; the largest magnitude that may flush to zero; sums above `huge` may overflow. */
typedef struct {
    double unit, tiny, huge;
} precision;
#if defined(__arm__)
static const precision single = {0x1p-24, 0x1p-126, 1e37};
#else
static const precision single = {0x1p-24, 0x1p-149, 1e37};
#endif
static const precision half = {0x1p-11, 0x1p-24, 6e4};

/* Most products of one op's comparison: outputs beyond are compared at random. */
enum { MOST_PRODUCTS = 1 << 18 };

typedef struct {
    float *data; /* [height][width][channels] */
    int height, width;
} values;

struct interpreter {
    const v5l_model *model;
    values tensors[V5L_MAX_TENSORS];
    int width, height; /* the network input's */
    int stores_f16;    /* in 16 bits; -1: not known yet */
    choices *c;
};

/* A sum: its value, the sum of its terms' magnitudes, and the number of its roundings. */
typedef struct {
    double value, magnitude, factors; /* factors: sum of the magnitudes of all factors, for results that underflow */
    double roundings;
} sum;

interpreter *interpreter_create(const v5l_model *model, int width, int height, choices *c) {
    interpreter *p = calloc(1, sizeof *p);
    REQUIRE(p != NULL, "no memory");
    p->model = model;
    p->width = width;
    p->height = height;
    p->stores_f16 = -1;
    p->c = c;
    for (uint32_t t = 0; t < v5l_header(model)->tensor_count; t++) {
        const v5l_file_tensor *tensor = &v5l_tensors(model)[t];
        values *v = &p->tensors[t];
        v->height = v5l_pixels_along(height, tensor->stride);
        v->width = v5l_pixels_along(width, tensor->stride);
        v->data = calloc((size_t)v->height * (size_t)v->width * tensor->channels, sizeof(float));
        REQUIRE(v->data != NULL, "no memory");
    }
    return p;
}

void interpreter_free(interpreter *p) {
    for (uint32_t t = 0; t < v5l_header(p->model)->tensor_count; t++)
        free(p->tensors[t].data);
    free(p);
}

const v5l_model *interpreter_model(const interpreter *p) { return p->model; }

void interpreter_picture(interpreter *p, const uint8_t *pixels) {
    REQUIRE(pixels != NULL, "an observed net has no picture");
    for (size_t i = 0; i < (size_t)p->width * (size_t)p->height * 3; i++)
        p->tensors[0].data[i] = pixels[i];
}

static float *value_at(const interpreter *p, uint32_t tensor, int y, int x) {
    const values *v = &p->tensors[tensor];
    return v->data + ((size_t)y * (size_t)v->width + (size_t)x) * v5l_tensors(p->model)[tensor].channels;
}

double interpreter_value(const interpreter *p, uint32_t tensor, int y, int x, uint32_t channel) {
    return value_at(p, tensor, y, x)[channel];
}

/* ---- operands ---- */

uint32_t operand_type(const op_input *in, v5l_operand which) {
    const v5l_model *m = in->p->model;
    return v5l_tensors(m)[v5l_spans(m)[v5l_operand_first(in->op, which)].tensor].type;
}

static double span_value(const interpreter *p, const v5l_file_span *s, int y, int x, uint32_t channel) {
    return value_at(p, s->tensor, y >> s->upsample, x >> s->upsample)[s->first + channel];
}

double operand_value(const op_input *in, int y, int x, uint32_t channel) {
    const v5l_file_span *s = v5l_spans(in->p->model) + in->op->a_first;
    for (; channel >= s->count; s++)
        channel -= s->count;
    return span_value(in->p, s, y, x, channel);
}

int operand_inside(const op_input *in, int y, int x) {
    return y >= 0 && y < in->in_height && x >= 0 && x < in->in_width;
}

double operand_second(const op_input *in, int y, int x, uint32_t channel) {
    return span_value(in->p, v5l_spans(in->p->model) + in->op->b_first, y, x, channel);
}

/* ---- what each kind computes ---- */

static void add_product(sum *s, double a, double b) {
    s->value += a * b;
    s->magnitude += fabs(a * b);
    s->factors += fabs(a) + fabs(b);
    s->roundings += 1;
}

panel_place operand_place(const interpreter *p, const v5l_file_op *op, uint32_t channel) {
    panel_place at = {0, channel};
    if (v5l_shares_panels(op)) return at;
    for (const v5l_file_span *s = v5l_spans(p->model) + op->out_first; at.channel >= s->count; s++) {
        at.channel -= s->count;
        at.padded += v5l_whole_panels(s->count);
    }
    return at;
}

static sum dense_sum(const op_input *in, int y, int x, uint32_t channel) {
    const v5l_file_op *op = in->op;
    const panel_place at = operand_place(in->p, op, channel);
    const size_t depth = (size_t)op->kernel_h * op->kernel_w * in->in_channels;
    size_t w = (at.padded + at.channel / V5L_PANEL * V5L_PANEL) * depth + at.channel % V5L_PANEL;
    const double bias = floats_at(in->p->model, op->bias)[at.padded + at.channel];
    sum s = {bias, fabs(bias), 0.0, 1.0};
    double weights = 0.0;
    for (int ky = 0; ky < op->kernel_h; ky++) {
        for (int kx = 0; kx < op->kernel_w; kx++) {
            const int iy = y * op->stride + ky - op->pad, ix = x * op->stride + kx - op->pad;
            for (uint32_t c = 0; c < in->in_channels; c++, w += V5L_PANEL) {
                weights += fabs(operand_weight(in, w));
                if (operand_inside(in, iy, ix)) add_product(&s, operand_weight(in, w), operand_value(in, iy, ix, c));
            }
        }
    }
    if (!in->in_16_bits) return s;
    /* A sum of bytes in 16 bits is that of their differences from some byte, plus it times the weights. */
    if (operand_type(in, V5L_OPERAND_A) == V5L_TYPE_U8) s.magnitude = fabs(bias) + 255.0 * weights;
    s.roundings = interpret_half_roundings(in, (double)depth);
    return s;
}

/* Computes a convolution by Winograd's transform, with weights of the file (transformed) or made of its weights.
 * Returns value and magnitude of the sum that the transform computes. */
static sum winograd_sum(const op_input *in, int y, int x, uint32_t channel) {
    const v5l_file_op *op = in->op;
    const v5l_model *m = in->p->model;
    const panel_place at = operand_place(in->p, op, channel);
    const uint32_t taps = v5l_has_winograd_weights(op) ? 1 : 9;
    const size_t depth = (size_t)taps * in->in_channels, plane = (size_t)op->bias_count * in->in_channels;
    const float *w =
        floats_at(m, op->weights) + (at.padded + at.channel / V5L_PANEL * V5L_PANEL) * depth + at.channel % V5L_PANEL;
    winograd_tile tile = {{{0}}, {{0}}};
    double largest = 0.0; /* of the transformed values: they may overflow, and then be multiplied by zero */
    for (uint32_t c = 0; c < in->in_channels; c++) {
        double pixels[4][4], weights[4][4], magnitudes[4][4];
        for (int i = 0; i < 16; i++) {
            const int iy = y / 2 * 2 - 1 + i / 4, ix = x / 2 * 2 - 1 + i % 4;
            pixels[i / 4][i % 4] = operand_inside(in, iy, ix) ? operand_value(in, iy, ix, c) : 0.0;
        }
        if (v5l_has_winograd_weights(op)) {
            for (int i = 0; i < 16; i++) {
                weights[i / 4][i % 4] = w[(size_t)i * plane + (size_t)c * V5L_PANEL];
                magnitudes[i / 4][i % 4] = fabs(weights[i / 4][i % 4]);
            }
        } else {
            double g[3][3];
            for (size_t i = 0; i < 9; i++)
                g[i / 3][i % 3] = w[(i * in->in_channels + c) * V5L_PANEL];
            winograd_weights(g, weights, magnitudes);
        }
        for (int i = 0; i < 16; i++)
            largest = fmax(largest, fmax(fabs(pixels[i / 4][i % 4]), magnitudes[i / 4][i % 4]));
        winograd_add(&tile, pixels, weights, magnitudes);
    }
    const double bias = floats_at(m, op->bias)[at.padded + at.channel];
    /* 16: roundings in the transforms of weights, pixels and sums, and bias */
    sum s = {0.0, 0.0, 0.0, in->in_channels + 16.0};
    winograd_output(&tile, y % 2, x % 2, &s.value, &s.magnitude);
    s.value += bias;
    s.magnitude += fabs(bias);
    if (largest > single.huge) s.magnitude = INFINITY;
    s.factors = s.magnitude;
    return s;
}

static sum depthwise_sum(const op_input *in, int y, int x, uint32_t channel) {
    const v5l_file_op *op = in->op;
    size_t w = channel;
    const double bias = floats_at(in->p->model, op->bias)[channel];
    sum s = {bias, fabs(bias), 0.0, 1.0};
    for (int ky = 0; ky < op->kernel_h; ky++) {
        for (int kx = 0; kx < op->kernel_w; kx++, w += in->in_channels) {
            const int iy = y * op->stride + ky - op->pad, ix = x * op->stride + kx - op->pad;
            if (operand_inside(in, iy, ix)) add_product(&s, operand_weight(in, w), operand_value(in, iy, ix, channel));
        }
    }
    return s;
}

static sum exactly(double value) {
    const sum s = {value, 0.0, 0.0, 0.0};
    return s;
}

/* Returns the largest value of the window; NaN if one of them is NaN. */
static sum largest(const op_input *in, int y, int x, uint32_t channel) {
    const v5l_file_op *op = in->op;
    double most = -INFINITY;
    for (int tap = 0; tap < op->kernel_h * op->kernel_w; tap++) {
        const int iy = y * op->stride + tap / op->kernel_w - op->pad,
                  ix = x * op->stride + tap % op->kernel_w - op->pad;
        if (!operand_inside(in, iy, ix)) continue;
        const double value = operand_value(in, iy, ix, channel);
        if (isnan(value)) return exactly(value);
        if (value > most) most = value;
    }
    return exactly(most);
}

static sum mean(const op_input *in, uint32_t channel) {
    const double pixels = (double)in->in_height * in->in_width;
    sum s = {0.0, 0.0, 0.0, pixels + 2.0};
    for (int y = 0; y < in->in_height; y++) {
        for (int x = 0; x < in->in_width; x++) {
            s.value += operand_value(in, y, x, channel);
            s.magnitude += fabs(operand_value(in, y, x, channel));
        }
    }
    if (s.magnitude > single.huge) s.value = INFINITY; /* may overflow before the division */
    s.value /= pixels;
    s.magnitude /= pixels;
    return s;
}

static sum expected(const op_input *in, int y, int x, uint32_t channel, int winograd) {
    const v5l_file_op *op = in->op;
    sum s = {0.0, 0.0, 0.0, 0.0};
    switch (op->kind) {
    case V5L_OP_CONV:
    case V5L_OP_DETECT: return winograd ? winograd_sum(in, y, x, channel) : dense_sum(in, y, x, channel);
    case V5L_OP_DWCONV: return depthwise_sum(in, y, x, channel);
    case V5L_OP_MAXPOOL: return largest(in, y, x, channel);
    case V5L_OP_ADD:
        add_product(&s, 1.0, operand_value(in, y, x, channel));
        add_product(&s, op->alpha, operand_second(in, y, x, channel));
        return s;
    case V5L_OP_SHUFFLE: {
        const uint32_t per_group = in->in_channels / op->groups;
        return exactly(operand_value(in, y, x, channel % op->groups * per_group + channel / op->groups));
    }
    case V5L_OP_UPSAMPLE: return exactly(operand_value(in, y / 2, x / 2, channel));
    case V5L_OP_AVGPOOL: return mean(in, channel);
    case V5L_OP_SCALE: add_product(&s, operand_value(in, y, x, channel), operand_second(in, 0, 0, channel)); return s;
    default: return exactly(operand_value(in, y, x, channel)); /* SPLIT, CONCAT */
    }
}

/* ---- comparison ---- */

/* Returns the activation of x, and its largest error where x has an error of `error`. */
static double activated(double x, int activation, double unit, double *error) {
    switch (activation) {
    case V5L_ACT_RELU: return x > 0.0 ? x : 0.0;
    case V5L_ACT_SILU: {
        const double y = x / (1.0 + exp(-x));
        *error = 1.1 * *error + 16 * unit * fabs(y) + 0x1p-115;
        return y;
    }
    case V5L_ACT_HARDSWISH: *error = 1.5 * *error + 8 * unit * fabs(x); return x * fmin(fmax(x + 3.0, 0.0), 6.0) / 6.0;
    default: return x;
    }
}

static void compare(const op_input *in, int index, int y, int x, uint32_t channel, double got, int winograd) {
    if (interpret_is_quantised(in)) {
        const double want = interpret_quantised(in, y, x, channel);
        REQUIRE(got == want, "op %d, kind %d, in 8 bits, at row %d, column %d, channel %u: %.9g, expected %.9g", index,
                in->op->kind, y, x, (unsigned)channel, got, want);
        return;
    }
    const sum s =
        v5l_is_view(in->op) ? exactly(operand_value(in, y, x, channel)) : expected(in, y, x, channel, winograd);
    const precision *p = in->in_16_bits && in->op->kind != V5L_OP_AVGPOOL ? &half : &single;
    if (!isfinite(s.value) || s.magnitude > p->huge || !isfinite(s.magnitude)) return;
    double error = 1.02 * (s.roundings + 1.0) * p->unit * s.magnitude + p->tiny * (s.factors + s.roundings + 1.0);
    if (s.roundings == 0.0) error = 0.0;
    const int activates = in->op->kind == V5L_OP_CONV || in->op->kind == V5L_OP_DWCONV || in->op->kind == V5L_OP_ADD;
    const double want = activates ? activated(s.value, in->op->activation, p->unit, &error) : s.value;
    REQUIRE(fabs(got - want) <= error,
            "op %d, kind %d, at row %d, column %d, channel %u: %.9g, expected %.9g, within %.3g", index, in->op->kind,
            y, x, (unsigned)channel, got, want, error);
}

static float element(const v5l_span *s, const void *pixel, uint32_t channel) {
    if (s->type == V5L_TYPE_S8) return (float)((const int8_t *)pixel)[channel];
    if (s->type == V5L_TYPE_F16) return (float)builder_half(((const uint16_t *)pixel)[channel]);
    return ((const float *)pixel)[channel];
}

/* Notes how the net stores F16. Checks the types of an output. */
static void take_types(interpreter *p, const op_input *in, int index, const v5l_view *output) {
    const v5l_file_span *spans = v5l_spans(p->model) + (v5l_is_view(in->op) ? in->op->a_first : in->op->out_first);
    for (int i = 0; i < output->span_count; i++) {
        const uint32_t type = v5l_tensors(p->model)[spans[i].tensor].type, got = output->spans[i].type;
        if (type == V5L_TYPE_F16 && p->stores_f16 < 0) p->stores_f16 = got == V5L_TYPE_F16;
        REQUIRE(got == (type == V5L_TYPE_F16 && !p->stores_f16 ? V5L_TYPE_F32 : type), "op %d: span %d has type %u",
                index, i, (unsigned)got);
    }
}

/* Compares pixel (y, x) of an output, if `checked`, and stores it. */
static void take_pixel(interpreter *p, const op_input *in, int index, const v5l_view *output, int y, int x, int checked,
                       int winograd) {
    uint32_t channel = 0;
    for (int i = 0; i < output->span_count; i++) {
        const v5l_span *s = &output->spans[i];
        const size_t row = (size_t)(y >> s->upsample) * s->row_stride;
        const void *pixel = v5l_advance_const(s->data, row + (size_t)(x >> s->upsample) * s->pixel_stride);
        for (uint32_t c = 0; checked && c < s->channels; c++)
            compare(in, index, y, x, channel + c, element(s, pixel, c), winograd);
        channel += s->channels;
        if (v5l_is_view(in->op)) continue;
        const v5l_file_span *out = &v5l_spans(p->model)[in->op->out_first + (uint32_t)i];
        for (uint32_t c = 0; c < s->channels; c++)
            value_at(p, out->tensor, y, x)[out->first + c] = element(s, pixel, c);
    }
}

/* Returns the number of pixels of which one is compared. */
static uint32_t sparsity(const op_input *in, const v5l_view *output, int winograd) {
    const v5l_file_op *op = in->op;
    double products = (double)output->height * output->width * output->channels;
    if (op->kind == V5L_OP_AVGPOOL) products *= (double)in->in_height * in->in_width;
    if (v5l_has_weights(op) || op->kind == V5L_OP_MAXPOOL) products *= (double)op->kernel_h * op->kernel_w;
    if (op->kind == V5L_OP_CONV || op->kind == V5L_OP_DETECT) products *= in->in_channels * (winograd ? 64.0 : 1.0);
    return 1 + (uint32_t)(products / MOST_PRODUCTS);
}

void interpreter_check(interpreter *p, int op, const v5l_view *output, int winograd) {
    const v5l_file_op *file_op = &v5l_ops(p->model)[op];
    const uint32_t stride = v5l_operand_stride(p->model, file_op, V5L_OPERAND_A);
    op_input in = {.p = p,
                   .op = file_op,
                   .in_height = v5l_pixels_along(p->height, stride),
                   .in_width = v5l_pixels_along(p->width, stride),
                   .in_channels = v5l_operand_channels(p->model, file_op, V5L_OPERAND_A)};
    take_types(p, &in, op, output);
    in.is_f16 = operand_type(&in, V5L_OPERAND_A) == V5L_TYPE_F16 ||
                (!v5l_is_view(file_op) && operand_type(&in, V5L_OPERAND_OUT) == V5L_TYPE_F16);
    in.in_16_bits = in.is_f16 && p->stores_f16;
    const uint32_t one_of = sparsity(&in, output, winograd);
    const int last_y = output->height - 1, last_x = output->width - 1;
    for (int y = 0; y <= last_y; y++) {
        for (int x = 0; x <= last_x; x++) {
            const int corner = (y == 0 || y == last_y) && (x == 0 || x == last_x);
            const int checked = one_of == 1 || (corner && one_of < 2000) || random_bits(p->c) % one_of == 0;
            take_pixel(p, &in, op, output, y, x, checked, winograd);
        }
    }
}
