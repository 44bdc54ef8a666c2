/* SPDX-License-Identifier: MIT */
#include "scales.h"

#include <stdlib.h>
#include <string.h>

/* The channels of all tensors at some point of the program. */
typedef struct tensor_scales {
    channel_scale *channels;
    size_t *first; /* [tensors + 1]: the first channel of each tensor; the last one: of all */
} tensor_scales;

int scales_begin_at(const v5l_op_info *op) {
    if (op->view || op->out_type != V5L_TYPE_S8) return 0;
    return op->kind == V5L_OP_CONV || op->kind == V5L_OP_DWCONV || op->kind == V5L_OP_ADD || op->kind == V5L_OP_SCALE;
}

scale_range scales_range(const v5l_model *model, int op, const v5l_op_info *info) {
    scale_range range = {.min = {0}};
    for (int i = 0; i < info->out_channels; i++) {
        channel_scale c = {1.0f, 0};
        v5l_model_get_scale(model, op, i, &c.scale, &c.zero);
        if (i == 0) range = (scale_range){c, c};
        if (c.scale < range.min.scale) range.min.scale = c.scale;
        if (c.scale > range.max.scale) range.max.scale = c.scale;
        if (c.zero < range.min.zero) range.min.zero = c.zero;
        if (c.zero > range.max.zero) range.max.zero = c.zero;
    }
    return range;
}

static channel_scale *new_channels(size_t count) {
    channel_scale *channels = malloc((count + 1) * sizeof *channels);
    if (channels == NULL) return NULL;
    for (size_t i = 0; i < count; i++)
        channels[i] = (channel_scale){1.0f, 0};
    return channels;
}

/* Returns the channels of an operand in the file's order; NULL if out of memory. */
static channel_scale *read_operand(const tensor_scales *tensors, const v5l_model *model, int op,
                                   const v5l_op_info *info) {
    channel_scale *channels = new_channels((size_t)info->in_channels);
    for (int i = 0, done = 0; channels != NULL && i < info->a_spans; i++) {
        v5l_channel_span span = {0};
        v5l_model_get_span(model, op, V5L_OPERAND_A, i, &span);
        memcpy(channels + done, tensors->channels + tensors->first[span.tensor] + span.first,
               (size_t)span.count * sizeof *channels);
        done += span.count;
    }
    return channels;
}

static void write_output(const tensor_scales *tensors, const v5l_model *model, int op, const v5l_op_info *info,
                         const channel_scale *channels) {
    for (int i = 0; i < info->out_spans; i++) {
        v5l_channel_span span = {0};
        v5l_model_get_span(model, op, V5L_OPERAND_OUT, i, &span);
        memcpy(tensors->channels + tensors->first[span.tensor] + span.first, channels,
               (size_t)span.count * sizeof *channels);
        channels += span.count;
    }
}

/* Returns the channels of an op's output, from those of its operand A. */
static channel_scale *find_output(const v5l_model *model, int op, const v5l_op_info *info, const channel_scale *in) {
    channel_scale *out = new_channels((size_t)info->out_channels);
    const int shuffles = info->kind == V5L_OP_SHUFFLE && !info->view;
    const int per_group = shuffles ? info->in_channels / info->groups : 1;
    if (out == NULL || info->out_type != V5L_TYPE_S8) return out;
    for (int i = 0; i < info->out_channels; i++)
        if (scales_begin_at(info))
            v5l_model_get_scale(model, op, i, &out[i].scale, &out[i].zero);
        else
            out[i] = in[shuffles ? i % info->groups * per_group + i / info->groups : i];
    return out;
}

/* Makes the tensors as wide as the operands need. Returns 0 if out of memory. */
static int make_tensors(tensor_scales *tensors, const v5l_model *model, const v5l_model_info *info) {
    tensors->first = calloc((size_t)info->tensor_count + 1, sizeof *tensors->first);
    if (tensors->first == NULL) return 0;
    size_t *const widths = tensors->first + 1; /* whose sums are the first channels */
    for (int op = 0; op < info->op_count; op++) {
        v5l_channel_span span = {0};
        for (int operand = V5L_OPERAND_A; operand <= V5L_OPERAND_OUT; operand++)
            for (int i = 0; v5l_model_get_span(model, op, (v5l_operand)operand, i, &span) == V5L_OK; i++) {
                const size_t end = (size_t)span.first + (size_t)span.count;
                if (end > widths[span.tensor]) widths[span.tensor] = end;
            }
    }
    for (int i = 0; i < info->tensor_count; i++)
        widths[i] += tensors->first[i];
    tensors->channels = new_channels(tensors->first[info->tensor_count]);
    return tensors->channels != NULL;
}

static int find_all(const scales *s, const tensor_scales *tensors, const v5l_model *model) {
    for (int op = 0; op < s->count; op++) {
        v5l_op_info info;
        op_scales *o = &s->ops[op];
        v5l_model_get_op(model, op, &info);
        o->in = read_operand(tensors, model, op, &info);
        if (o->in == NULL) return 0;
        o->out = find_output(model, op, &info, o->in);
        if (o->out == NULL) return 0;
        write_output(tensors, model, op, &info, o->out);
    }
    return 1;
}

int scales_open(scales *s, const v5l_model *model) {
    v5l_model_info info;
    tensor_scales tensors = {NULL, NULL};
    v5l_model_get_info(model, &info);
    *s = (scales){.ops = calloc((size_t)info.op_count, sizeof *s->ops), .count = info.op_count};
    const int complete = s->ops != NULL && make_tensors(&tensors, model, &info) && find_all(s, &tensors, model);
    free(tensors.channels);
    free(tensors.first);
    return complete;
}

void scales_close(scales *s) {
    for (int i = 0; s->ops != NULL && i < s->count; i++) {
        free(s->ops[i].in);
        free(s->ops[i].out);
    }
    free(s->ops);
}
