/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <stdlib.h>

#include "message.h"

typedef struct watch {
    session *session;
    const watcher *watcher;
    int status;
} watch;

static void on_op(void *user, int op, const v5l_view *view) {
    watch *w = user;
    v5l_op_info info;
    if (w->status != STATUS_OK) return;
    if (view == NULL) { /* before the op */
        const session *s = w->session;
        if (op == 0)
            w->status =
                w->watcher->picture(w->watcher->user, v5l_net_picture(s->net), s->options.height, s->options.width);
        return;
    }
    v5l_model_get_op(&w->session->model, op, &info);
    float *data = malloc((size_t)view->height * (size_t)view->width * (size_t)view->channels * sizeof *data);
    if (data == NULL) {
        w->status = report_error("cannot show op", info.name, "out of memory");
        return;
    }
    v5l_view_copy(view, data);
    w->status = w->watcher->op(w->watcher->user, op, &info, view, data);
    free(data);
}

int watch_ops(session *s, args_size size, const image *picture, const watcher *w) {
    v5l_detection best; /* unused */
    const v5l_observer usual = s->options.observer;
    watch state = {s, w, STATUS_OK};
    s->options.observer = (v5l_observer){.user = &state, .op = on_op};
    session_drop_net(s);
    state.status = session_shape(s, size, size);
    int count = state.status == STATUS_OK ? session_detect(s, picture, &best, 1) : 0;
    if (count < 0) state.status = report_error("cannot detect", s->path, "%s", v5l_status_text((v5l_status)count));
    s->options.observer = usual;
    session_drop_net(s); /* its observer refers to the state */
    return state.status;
}
