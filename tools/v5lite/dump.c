/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include <stdio.h>
#include <stdlib.h>

#include "message.h"
#include "npy.h"
#include "output.h"

enum { MAX_HEADS = 8, MAX_NAME = 200 }; /* of an op's name in a file name, which may be 255 bytes at most */

typedef struct dump {
    session *session;
    const char *directory;
    int status;
    int heads, head_strides[MAX_HEADS]; /* heads written so far */
} dump;

/* Model files are not trusted: an op's name must not lead out of the directory. */
static void make_file_name(const char *name, char *out) {
    size_t n = 0;
    for (; name[n] != 0 && n < MAX_NAME; n++) {
        char c = name[n];
        int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
        out[n] = plain ? c : '_';
    }
    out[n] = 0;
}

static int write_array(const dump *d, const char *base, int base_length, const float *data, const v5l_view *view) {
    char *path = output_join(d->directory, base, base_length, ".npy");
    if (path == NULL) return complain("cannot dump", base, "out of memory");
    int status = npy_write(path, data, view->height, view->width, view->channels);
    free(path);
    return status;
}

static int write_head(dump *d, const float *data, const v5l_view *view) {
    char base[40];
    int stride = d->session->options.height / view->height, before = 0, length;
    for (int i = 0; i < d->heads; i++)
        before += d->head_strides[i] == stride;
    if (d->heads < MAX_HEADS) d->head_strides[d->heads++] = stride;
    if (before == 0)
        length = snprintf(base, sizeof base, "head_s%d", stride);
    else
        length = snprintf(base, sizeof base, "head_s%d_%d", stride, before);
    return write_array(d, base, length, data, view);
}

static void on_op(void *user, int op, const v5l_view *view) {
    dump *d = user;
    v5l_op_info info;
    char name[MAX_NAME + 1], base[MAX_NAME + 16];
    if (view == NULL || d->status != STATUS_OK) return;
    v5l_model_get_op(&d->session->model, op, &info);
    make_file_name(info.name, name);
    int length = snprintf(base, sizeof base, "%03d_%s", op, name);
    float *data = malloc((size_t)view->height * (size_t)view->width * (size_t)view->channels * sizeof *data);
    if (data == NULL) {
        d->status = complain("cannot dump", info.name, "out of memory");
        return;
    }
    v5l_view_copy(view, data);
    d->status = write_array(d, base, length, data, view);
    if (d->status == STATUS_OK && info.kind == V5L_OP_DETECT) d->status = write_head(d, data, view);
    free(data);
}

int dump_ops(session *s, args_size size, const image *picture, const char *directory) {
    dump d = {s, directory, STATUS_OK, 0, {0}};
    v5l_detection best; /* wanted by nobody */
    const v5l_observer usual = s->options.observer;
    d.status = output_directory(directory);
    s->options.observer = (v5l_observer){.user = &d, .op = on_op};
    session_drop_net(s);
    if (d.status == STATUS_OK) d.status = session_shape(s, size, size);
    int count = d.status == STATUS_OK ? session_detect(s, picture, &best, 1) : 0;
    if (count < 0) d.status = complain("cannot detect", s->path, "%s", v5l_status_text((v5l_status)count));
    s->options.observer = usual;
    session_drop_net(s); /* it observes into d */
    return d.status;
}
