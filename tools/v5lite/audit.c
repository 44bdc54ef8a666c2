/* SPDX-License-Identifier: MIT */
#include "audit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "crc32.h"
#include "message.h"
#include "sources.h"

enum {
    PANEL = 8,     /* output channels stored side by side (FORMAT.md, Weights) */
    GROUP = 4,     /* int8 weights of an output channel stored side by side */
    MAX_READS = 16 /* times that all of the file may be read */
};

typedef enum { ELEMENT_F32, ELEMENT_S8, ELEMENT_S32, ELEMENT_F16 } element_type;

/* An array as it is stored. */
typedef struct elements {
    const void *data;
    element_type type;
} elements;

static const char *const element_names[] = {"f32", "s8", "s32", "f16"}; /* by elements.type */
static const size_t element_bytes[] = {4, 1, 4, 2};

/* Returns the value of an IEEE binary16 number, which is finite. */
static double half_value(uint16_t half) {
    const int exponent = half >> 10 & 31, digits = half & 1023;
    const double value = exponent == 0 ? ldexp(digits, -24) : ldexp(1024 + digits, exponent - 25);
    return half >> 15 ? -value : value;
}

static double element_at(const elements *e, uint64_t i) {
    if (e->type == ELEMENT_S8) return ((const int8_t *)e->data)[i];
    if (e->type == ELEMENT_F16) return half_value(((const uint16_t *)e->data)[i]);
    if (e->type == ELEMENT_S32) return ((const int32_t *)e->data)[i];
    return (double)((const float *)e->data)[i];
}

static void extend(stored_array *s, const elements *e, uint64_t first, uint64_t count) {
    for (uint64_t i = first; i < first + count; i++) {
        const double value = element_at(e, i);
        s->min = value < s->min ? value : s->min;
        s->max = value > s->max ? value : s->max;
    }
}

static uint64_t whole_panels(int channels) { return ((uint64_t)channels + PANEL - 1) / PANEL; }

/* Extends the range by the weights of consecutive output channels, from element `at`: panels of `rows` rows, of `group`
 * elements for each of 8 channels, the last panel padded. Returns the end. */
static uint64_t extend_by_panels(stored_array *s, const elements *e, uint64_t at, uint64_t rows, uint64_t group,
                                 int channels) {
    for (uint64_t panel = 0; panel < whole_panels(channels); panel++) {
        const uint64_t left = (uint64_t)channels - panel * PANEL, real = left < PANEL ? left : PANEL;
        for (uint64_t row = 0; row < rows; row++, at += PANEL * group)
            extend(s, e, at, real * group);
    }
    return at;
}

/* Extends the range by the panels of all output spans. Returns the end. */
static uint64_t extend_by_spans(stored_array *s, const elements *e, uint64_t at, uint64_t rows, uint64_t group,
                                const v5l_model *model, int index, const v5l_op_info *op) {
    if (op->shared_panels) return extend_by_panels(s, e, at, rows, group, op->out_channels);
    for (int i = 0; i < op->out_spans; i++) {
        v5l_channel_span span = {0};
        v5l_model_get_span(model, index, V5L_OPERAND_OUT, i, &span);
        at = extend_by_panels(s, e, at, rows, group, span.count);
    }
    return at;
}

/* Finds the range of an array without its padding. A depthwise convolution has none; others pad each output span. */
static void find_range(stored_array *s, const elements *e, const v5l_model *model, int index, const v5l_op_info *op) {
    const uint64_t layers = op->winograd && e->data == op->weights ? 16 : 1; /* FORMAT.md, WINOGRAD */
    const uint64_t group = e->type == ELEMENT_S8 ? GROUP : 1;
    const uint64_t rows = s->count / op->bias_count / layers / group; /* of a panel; 1 for biases */
    s->min = s->max = element_at(e, 0);
    if (op->kind == V5L_OP_DWCONV) {
        extend(s, e, 0, s->count);
        return;
    }
    for (uint64_t i = 0, at = 0; i < layers; i++)
        at = extend_by_spans(s, e, at, rows, group, model, index, op);
}

/* Returns whether weights and bias are integers. */
static int has_integers(const v5l_op_info *op) { return op->in_type == V5L_TYPE_S8 || op->out_type == V5L_TYPE_S8; }

/* Returns the type of the weights. */
static element_type weight_type(const v5l_op_info *op) {
    if (has_integers(op)) return ELEMENT_S8;
    return op->in_type == V5L_TYPE_F16 || op->out_type == V5L_TYPE_F16 ? ELEMENT_F16 : ELEMENT_F32;
}

static stored_array describe_array(const session *s, int index, const v5l_op_info *op, elements e, uint64_t count) {
    const size_t bytes = element_bytes[e.type];
    stored_array a = {.count = count, .type = element_names[e.type]};
    if (e.data == NULL) return (stored_array){0};
    a.offset = (uint64_t)((const unsigned char *)e.data - s->model.bytes);
    a.crc = crc32_of(e.data, (size_t)count * bytes);
    find_range(&a, &e, &s->model, index, op);
    return a;
}

/* Returns whether two ops share their weights and bias, in the same form. */
static int same_arrays(const v5l_op_info *x, const v5l_op_info *y) {
    return x->weights == y->weights && x->weight_count == y->weight_count && x->bias == y->bias &&
           x->bias_count == y->bias_count && x->kind == y->kind && x->shared_panels == y->shared_panels &&
           x->winograd == y->winograd && weight_type(x) == weight_type(y) && x->out_spans <= 1 && y->out_spans <= 1 &&
           x->out_channels == y->out_channels;
}

/* Describes the arrays of an op, or copies the description from an earlier op with the same arrays. *left bounds the
 * bytes still to be read: ops that share weights in different forms would each read all of the file. */
static int describe_arrays(audit *a, int index, uint64_t *left) {
    audit_op *o = &a->ops[index];
    const elements weights = {o->op.weights, weight_type(&o->op)};
    const elements bias = {o->op.bias, has_integers(&o->op) ? ELEMENT_S32 : ELEMENT_F32};
    const uint64_t bytes = element_bytes[weights.type] * o->op.weight_count + 4 * o->op.bias_count;
    for (int i = 0; i < index && bytes > 0; i++)
        if (same_arrays(&a->ops[i].op, &o->op)) {
            o->weights = a->ops[i].weights;
            o->bias = a->ops[i].bias;
            return STATUS_OK;
        }
    if (bytes > *left)
        return report_error("cannot audit", a->session->path,
                            "ops share weights: expected at most %d times the file in all", MAX_READS);
    *left -= bytes;
    o->weights = describe_array(a->session, index, &o->op, weights, o->op.weight_count);
    o->bias = describe_array(a->session, index, &o->op, bias, o->op.bias_count);
    return STATUS_OK;
}

int audit_gather(audit *a, const session *s, const comparison *c, const audit_picture *picture,
                 const saturation *counts) {
    uint8_t hash[SHA256_BYTES];
    *a = (audit){.session = s,
                 .comparison = c,
                 .picture = picture,
                 .counts = counts,
                 .file_crc = crc32_of(s->model.bytes, s->model.size)};
    sha256_of(s->model.bytes, s->model.size, hash);
    hash_text(hash, a->file_sha256);
    uint64_t left = MAX_READS * (uint64_t)s->model.size;
    v5l_net_get_info(s->net, &a->net);
    a->ops = calloc((size_t)s->info.op_count, sizeof *a->ops);
    if (a->ops == NULL) return report_error("cannot audit", s->path, "out of memory");
    for (int i = 0; i < s->info.op_count; i++) {
        audit_op *o = &a->ops[i];
        v5l_model_get_op(&s->model, i, &o->op);
        v5l_net_get_op(s->net, i, &o->plan);
        o->kernel_file = source_of(o->plan.kernel);
        o->function_file = source_of(o->plan.function);
        if (describe_arrays(a, i, &left) != STATUS_OK) return STATUS_BAD;
        a->parameters += o->op.parameter_count;
        a->macs += o->plan.macs;
        a->bytes_read += o->plan.bytes_read;
        a->bytes_written += o->plan.bytes_written;
    }
    return STATUS_OK;
}

void audit_free(audit *a) { free(a->ops); }

const char *activation_name(v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: return "relu";
    case V5L_ACT_SILU: return "silu";
    case V5L_ACT_HARDSWISH: return "hardswish";
    case V5L_ACT_NONE: break;
    }
    return "none";
}

void describe_op(const v5l_op_info *op, char *text, size_t size) {
    char window[32] = "";
    if (op->kernel_h > 0) snprintf(window, sizeof window, "%dx%ds%d", op->kernel_h, op->kernel_w, op->stride);
    if (op->kind == V5L_OP_ADD && op->alpha != 1.0f) snprintf(window, sizeof window, "*%g", (double)op->alpha);
    snprintf(text, size, "%s%s%s%s%s%s", v5l_op_kind_name(op->kind), window, op->activation != V5L_ACT_NONE ? " " : "",
             op->activation != V5L_ACT_NONE ? activation_name(op->activation) : "", op->view ? " view" : "",
             op->winograd ? " winograd" : "");
}

void describe_types(const v5l_op_info *op, char text[TYPES_TEXT]) {
    const char *in = type_name(op->in_type), *out = type_name(op->out_type);
    if (op->in_type == op->out_type)
        snprintf(text, TYPES_TEXT, "%s", in);
    else
        snprintf(text, TYPES_TEXT, "%s->%s", in, out);
}

const char *type_name(int type) {
    switch (type) {
    case V5L_TYPE_F32: return "f32";
    case V5L_TYPE_U8: return "u8";
    case V5L_TYPE_F16: return "f16";
    case V5L_TYPE_S8: return "s8";
    default: return "?";
    }
}

int span_count(const v5l_op_info *op, v5l_operand operand) {
    return operand == V5L_OPERAND_A ? op->a_spans : operand == V5L_OPERAND_B ? op->b_spans : op->out_spans;
}

void write_spans(FILE *stream, const session *s, int index, v5l_operand operand) {
    v5l_op_info op;
    v5l_model_get_op(&s->model, index, &op);
    for (int i = 0; i < span_count(&op, operand); i++) {
        v5l_channel_span span = {0};
        v5l_model_get_span(&s->model, index, operand, i, &span);
        fprintf(stream, "%st%d[%d:%d]%s", i > 0 ? " " : "", span.tensor, span.first, span.first + span.count,
                span.upsample ? "/2" : "");
    }
}

void hash_text(const uint8_t *hash, char text[HASH_TEXT]) {
    for (int i = 0; i < HASH_TEXT / 2; i++)
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
}
