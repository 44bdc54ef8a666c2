/* SPDX-License-Identifier: MIT */
#include "op_outputs.h"

#include <stdlib.h>

#include "message.h"
#include "scales.h"

typedef struct running {
    session *session;
    const op_receiver *receiver;
    scales scales; /* with receiver->raw: none */
    int status;
} running;

/* Replaces the integers of an S8 output by the numbers that they stand for. */
static void dequantise(const v5l_view *view, const channel_scale *channels, float *data) {
    const size_t pixels = (size_t)view->height * (size_t)view->width;
    for (size_t i = 0; i < pixels; i++, data += view->channels)
        for (int c = 0; c < view->channels; c++) {
            float *value = &data[view->order != NULL ? view->order[c] : c];
            *value = (*value - (float)channels[c].zero) * channels[c].scale;
        }
}

static int before_ops(const running *w) {
    const session *s = w->session;
    if (w->receiver->picture == NULL) return STATUS_OK;
    return w->receiver->picture(w->receiver->user, v5l_net_picture(s->net), s->options.height, s->options.width);
}

static void on_op(void *user, int op, const v5l_view *view) {
    running *w = user;
    v5l_op_info info;
    if (w->status != STATUS_OK) return;
    if (view == NULL) { /* before the op */
        if (op == 0) w->status = before_ops(w);
        return;
    }
    v5l_model_get_op(&w->session->model, op, &info);
    float *data = malloc((size_t)view->height * (size_t)view->width * (size_t)view->channels * sizeof *data);
    if (data == NULL) {
        w->status = report_error("cannot show op", info.name, "out of memory");
        return;
    }
    v5l_view_copy(view, data);
    if (info.out_type == V5L_TYPE_S8 && !w->receiver->raw) dequantise(view, w->scales.ops[op].out, data);
    w->status = w->receiver->op(w->receiver->user, op, &info, view, data);
    free(data);
}

int outputs_of_ops(session *s, args_size size, const image *picture, const op_receiver *w) {
    v5l_detection best; /* unused */
    const v5l_observer usual = s->options.observer;
    running state = {.session = s, .receiver = w};
    s->options.observer = (v5l_observer){.user = &state, .op = on_op};
    session_drop_net(s);
    if (!w->raw && !scales_open(&state.scales, &s->model))
        state.status = report_error("cannot read scales", s->path, "out of memory");
    if (state.status == STATUS_OK) state.status = session_shape(s, size, size);
    int count = state.status == STATUS_OK ? session_detect(s, picture, &best, 1) : 0;
    if (count < 0) state.status = report_error("cannot detect", s->path, "%s", v5l_status_text((v5l_status)count));
    scales_close(&state.scales);
    s->options.observer = usual;
    session_drop_net(s); /* its observer refers to the state */
    return state.status;
}
