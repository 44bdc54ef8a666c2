/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "message.h"
#include "npy.h"
#include "output.h"
#include "op_outputs.h"

enum { MAX_HEADS = 8 };

typedef struct dump {
    const session *session;
    const char *directory;
    int raw;
    int heads, head_strides[MAX_HEADS]; /* heads written so far */
} dump;

void dump_name(const char *name, char out[MAX_DUMP_NAME + 1]) {
    size_t n = 0;
    for (; n < MAX_DUMP_NAME && name[n] != 0; n++) {
        char c = name[n];
        int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
        out[n] = plain ? c : '_';
    }
    out[n] = 0;
}

void dump_head_name(int stride, int n, char out[40]) {
    if (n == 0)
        snprintf(out, 40, "head_s%d", stride);
    else
        snprintf(out, 40, "head_s%d_%d", stride, n);
}

static void op_base(int op, const char *op_name, char base[MAX_DUMP_NAME + 16]) {
    char name[MAX_DUMP_NAME + 1];
    dump_name(op_name, name);
    snprintf(base, MAX_DUMP_NAME + 16, "%03d_%s", op, name);
}

static char *array_path(const char *directory, const char *base) {
    return output_join(directory, base, (int)strlen(base), ".npy");
}

static int prepare_array(const char *directory, const char *base) {
    char *path = array_path(directory, base);
    int status = path != NULL ? guard_output(path) : report_error("cannot dump", base, "out of memory");
    free(path);
    return status;
}

/* Several heads may have the same stride: their files are numbered. */
static int prepare_heads(const session *s, const char *directory) {
    int strides[MAX_HEADS], status = STATUS_OK;
    char base[40];
    for (int i = 0; i < s->info.head_count && i < MAX_HEADS && status == STATUS_OK; i++) {
        v5l_head_info head;
        int before = 0;
        v5l_model_get_head(&s->model, i, &head);
        for (int j = 0; j < i; j++)
            before += strides[j] == head.stride;
        strides[i] = head.stride;
        dump_head_name(head.stride, before, base);
        status = prepare_array(directory, base);
    }
    return status;
}

int dump_prepare(const session *s, const char *directory) {
    char base[MAX_DUMP_NAME + 16];
    int status = prepare_array(directory, "input");
    for (int i = 0; i < s->info.op_count && status == STATUS_OK; i++) {
        v5l_op_info op;
        v5l_model_get_op(&s->model, i, &op);
        op_base(i, op.name, base);
        status = prepare_array(directory, base);
    }
    return status == STATUS_OK ? prepare_heads(s, directory) : status;
}

static int write_array(const dump *d, const char *base, npy_type type, const void *data, const int shape[3]) {
    char *path = array_path(d->directory, base);
    if (path == NULL) return report_error("cannot dump", base, "out of memory");
    int status = npy_write(path, type, data, shape);
    free(path);
    return status;
}

static int write_picture(void *user, const uint8_t *rgb, int height, int width) {
    return write_array(user, "input", NPY_U8, rgb, (const int[]){height, width, 3});
}

static int write_head(dump *d, const float *data, const int shape[3]) {
    char base[40];
    int stride = d->session->options.height / shape[0], before = 0;
    for (int i = 0; i < d->heads; i++)
        before += d->head_strides[i] == stride;
    if (d->heads < MAX_HEADS) d->head_strides[d->heads++] = stride;
    dump_head_name(stride, before, base);
    return write_array(d, base, NPY_F32, data, shape);
}

/* data: integers of int8 as floats. */
static int write_integers(const dump *d, const char *base, const float *data, const int shape[3]) {
    const size_t count = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    int8_t *integers = malloc(count);
    if (integers == NULL) return report_error("cannot dump", base, "out of memory");
    for (size_t i = 0; i < count; i++)
        integers[i] = (int8_t)data[i];
    const int status = write_array(d, base, NPY_S8, integers, shape);
    free(integers);
    return status;
}

static int write_op(void *user, int op, const v5l_op_info *info, const v5l_view *view, const float *data) {
    dump *d = user;
    char base[MAX_DUMP_NAME + 16];
    const int shape[3] = {view->height, view->width, view->channels};
    op_base(op, info->name, base);
    if (d->raw && info->out_type == V5L_TYPE_S8) return write_integers(d, base, data, shape);
    const int status = write_array(d, base, NPY_F32, data, shape);
    return status == STATUS_OK && info->kind == V5L_OP_DETECT ? write_head(d, data, shape) : status;
}

int dump_ops(session *s, args_size size, const image *picture, const char *directory, int raw) {
    dump d = {.session = s, .directory = directory, .raw = raw};
    const op_receiver w = {&d, raw, write_picture, write_op};
    return outputs_of_ops(s, size, picture, &w);
}
