/* SPDX-License-Identifier: MIT */
#include "saturation.h"

#include "message.h"
#include "scales.h"
#include "op_outputs.h"

typedef struct counter {
    scales scales;
    saturation *counts;
} counter;

static int count_op(void *user, int op, const v5l_op_info *info, const v5l_view *view, const float *data) {
    const counter *c = user;
    const size_t channels = (size_t)view->channels, pixels = (size_t)view->height * (size_t)view->width;
    saturation *s = &c->counts[op];
    if (info->view || info->out_type != V5L_TYPE_S8) return STATUS_OK;
    for (size_t i = 0; i < channels; i++) {
        const float *value = data + (view->order != NULL ? view->order[i] : i);
        const int zero = c->scales.ops[op].out[i].zero;
        for (size_t pixel = 0; pixel < pixels; pixel++, value += channels) {
            s->low += *value == INT8_MIN && zero != INT8_MIN;
            s->high += *value == INT8_MAX && zero != INT8_MAX;
        }
    }
    s->values = pixels * channels;
    return STATUS_OK;
}

int saturation_count(session *s, args_size size, const image *picture, saturation *counts) {
    counter c = {.counts = counts};
    const op_receiver w = {.user = &c, .raw = 1, .op = count_op};
    int status = STATUS_OK;
    if (!scales_open(&c.scales, &s->model)) status = report_error("cannot read scales", s->path, "out of memory");
    if (status == STATUS_OK) status = outputs_of_ops(s, size, picture, &w);
    scales_close(&c.scales);
    return status;
}
