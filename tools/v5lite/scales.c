/* SPDX-License-Identifier: MIT */
#include "scales.h"

#include <stdlib.h>
#include <string.h>

/* The channels of a tensor at some point of the program. */
typedef struct tensor_scales {
    channel_scale *channels;
    int count;
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

static channel_scale *new_channels(int count) {
    channel_scale *channels = malloc(((size_t)count + 1) * sizeof *channels);
    for (int i = 0; channels != NULL && i < count; i++)
        channels[i] = (channel_scale){1.0f, 0};
    return channels;
}

/* Returns the channels of an operand in the file's order; NULL if out of memory. */
static channel_scale *read_operand(const tensor_scales *tensors, const v5l_model *model, int op,
                                   const v5l_op_info *info) {
    channel_scale *channels = new_channels(info->in_channels);
    for (int i = 0, done = 0; channels != NULL && i < info->a_spans; i++) {
        v5l_channel_span span;
        v5l_model_get_span(model, op, V5L_OPERAND_A, i, &span);
        memcpy(channels + done, tensors[span.tensor].channels + span.first, (size_t)span.count * sizeof *channels);
        done += span.count;
    }
    return channels;
}

static void write_output(const tensor_scales *tensors, const v5l_model *model, int op, const v5l_op_info *info,
                         const channel_scale *channels) {
    for (int i = 0; i < info->out_spans; i++) {
        v5l_channel_span span;
        v5l_model_get_span(model, op, V5L_OPERAND_OUT, i, &span);
        memcpy(tensors[span.tensor].channels + span.first, channels, (size_t)span.count * sizeof *channels);
        channels += span.count;
    }
}

/* Returns the channels of an op's output, from those of its operand A. */
static channel_scale *find_output(const v5l_model *model, int op, const v5l_op_info *info, const channel_scale *in) {
    channel_scale *out = new_channels(info->out_channels);
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
static int make_tensors(tensor_scales *tensors, int count, const v5l_model *model, int ops) {
    for (int op = 0; op < ops; op++) {
        v5l_channel_span span;
        for (int operand = V5L_OPERAND_A; operand <= V5L_OPERAND_OUT; operand++)
            for (int i = 0; v5l_model_get_span(model, op, (v5l_operand)operand, i, &span) == V5L_OK; i++)
                if (span.first + span.count > tensors[span.tensor].count)
                    tensors[span.tensor].count = span.first + span.count;
    }
    for (int i = 0; i < count; i++) {
        tensors[i].channels = new_channels(tensors[i].count);
        if (tensors[i].channels == NULL) return 0;
    }
    return 1;
}

static int find_all(scales *s, const tensor_scales *tensors, const v5l_model *model) {
    for (int op = 0; op < s->count; op++) {
        v5l_op_info info;
        v5l_model_get_op(model, op, &info);
        s->in[op] = read_operand(tensors, model, op, &info);
        if (s->in[op] == NULL) return 0;
        s->out[op] = find_output(model, op, &info, s->in[op]);
        if (s->out[op] == NULL) return 0;
        write_output(tensors, model, op, &info, s->out[op]);
    }
    return 1;
}

int scales_open(scales *s, const v5l_model *model) {
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    *s = (scales){.count = info.op_count};
    s->in = calloc((size_t)info.op_count, sizeof *s->in);
    s->out = calloc((size_t)info.op_count, sizeof *s->out);
    tensor_scales *tensors = calloc((size_t)info.tensor_count, sizeof *tensors);
    int complete = s->in != NULL && s->out != NULL && tensors != NULL;
    complete = complete && make_tensors(tensors, info.tensor_count, model, info.op_count);
    complete = complete && find_all(s, tensors, model);
    for (int i = 0; tensors != NULL && i < info.tensor_count; i++)
        free(tensors[i].channels);
    free(tensors);
    return complete;
}

void scales_close(scales *s) {
    for (int i = 0; i < s->count; i++) {
        if (s->in != NULL) free(s->in[i]);
        if (s->out != NULL) free(s->out[i]);
    }
    free(s->in);
    free(s->out);
}
