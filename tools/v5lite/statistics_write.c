/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "message.h"
#include "npz_write.h"
#include "statistics.h"

/* ---- zero points of the inputs ---- */

/* The zero points of the channels that each tensor has at some point of the program. */
typedef struct zero_points {
    int8_t **tensors; /* [count]; NULL if out of memory */
    int count;
} zero_points;

static int zeros_open(zero_points *z, const session *s) {
    *z = (zero_points){calloc((size_t)s->info.tensor_count, sizeof *z->tensors), s->info.tensor_count};
    int complete = z->tensors != NULL;
    for (int i = 0; i < z->count && complete; i++) {
        v5l_block_info block;
        v5l_net_get_block(s->net, i, &block);
        z->tensors[i] = calloc((size_t)block.channels, 1);
        complete = z->tensors[i] != NULL;
    }
    return complete;
}

static void zeros_close(zero_points *z) {
    for (int i = 0; z->tensors != NULL && i < z->count; i++)
        free(z->tensors[i]);
    free(z->tensors);
}

/* Notes the zero points of an op's output. */
static void zeros_after(const zero_points *z, const session *s, int op, const v5l_op_info *info) {
    for (int i = 0, channel = 0; i < info->out_spans; i++) {
        v5l_channel_span span;
        v5l_model_get_span(&s->model, op, V5L_OPERAND_OUT, i, &span);
        for (int c = 0; c < span.count; c++, channel++) {
            float scale;
            int zero = 0;
            v5l_model_get_scale(&s->model, op, channel, &scale, &zero);
            z->tensors[span.tensor][span.first + c] = (int8_t)zero;
        }
    }
}

/* ---- sums become means ---- */

/* Returns how many of `count` outputs have window row or column k inside the picture, of `size` rows or columns. */
static int inside(const v5l_op_info *info, int k, int count, int size) {
    int number = 0;
    for (int i = 0; i < count; i++) {
        const int at = i * info->stride + k - info->padding;
        number += at >= 0 && at < size;
    }
    return number;
}

/* Divides the sums of an op. Outside the picture a tap of an S8 op reads the zero point; others read 0. */
static void finish_sums(const statistics *st, const zero_points *z, int op) {
    const op_statistics *o = &st->ops[op];
    const double outputs = (double)o->out_height * (double)o->out_width;
    double *at = o->sums;
    for (int tap = 0; tap < o->taps; tap++) {
        const int rows = inside(&o->info, tap / o->info.kernel_w, o->out_height, o->in_height);
        const int columns = inside(&o->info, tap % o->info.kernel_w, o->out_width, o->in_width);
        const double outside = (outputs - (double)rows * (double)columns) * st->pictures;
        for (int i = 0; i < o->info.a_spans; i++) {
            v5l_channel_span span;
            v5l_model_get_span(&st->session->model, op, V5L_OPERAND_A, i, &span);
            for (int c = 0; c < span.count; c++, at++)
                *at = (*at + outside * z->tensors[span.tensor][span.first + c]) / (outputs * st->pictures);
        }
    }
}

static int finish(const statistics *st) {
    zero_points z;
    const int complete = zeros_open(&z, st->session);
    for (int i = 0; i < st->session->info.op_count && complete; i++) {
        finish_sums(st, &z, i);
        zeros_after(&z, st->session, i, &st->ops[i].info);
    }
    zeros_close(&z);
    return complete ? STATUS_OK : report_error("cannot calibrate", st->session->path, "out of memory");
}

/* -128 stands for 0 in a channel with that zero point: it does not mean that a value was too small. */
static void forget_zeros(const statistics *st, int op) {
    const op_statistics *o = &st->ops[op];
    for (int i = 0; o->low != NULL && i < o->info.out_channels; i++) {
        float scale;
        int zero = 0;
        v5l_model_get_scale(&st->session->model, op, i, &scale, &zero);
        if (zero == INT8_MIN) o->low[i] = 0;
    }
}

/* ---- file ---- */

static int is_finite(const op_statistics *o) {
    int finite = 1;
    for (int i = 0; o->min != NULL && i < o->info.out_channels; i++)
        finite &= isfinite(o->min[i]) && isfinite(o->max[i]);
    for (int i = 0; i < o->taps * o->info.in_channels; i++)
        finite &= isfinite(o->sums[i]);
    return finite;
}

static void add_array(npz_writer *w, const char *name, int op, npy_type type, const void *data, int rows, int columns) {
    char full[NPZ_MAX_NAME + 1];
    const int shape[] = {rows, columns};
    if (data == NULL) return;
    snprintf(full, sizeof full, "%s.%d", name, op);
    npz_add(w, full, type, data, rows > 0 ? 2 : 1, rows > 0 ? shape : shape + 1);
}

static int write_archive(const statistics *st, const char *path) {
    enum { ARRAYS = 5 };
    npz_writer w;
    if (npz_create(&w, path, st->session->info.op_count * ARRAYS) != STATUS_OK) return STATUS_BAD;
    for (int i = 0; i < st->session->info.op_count; i++) {
        const op_statistics *o = &st->ops[i];
        add_array(&w, "min", i, NPY_F32, o->min, 0, o->info.out_channels);
        add_array(&w, "max", i, NPY_F32, o->max, 0, o->info.out_channels);
        add_array(&w, "low", i, NPY_F64, o->low, 0, o->info.out_channels);
        add_array(&w, "high", i, NPY_F64, o->high, 0, o->info.out_channels);
        add_array(&w, "mean", i, NPY_F64, o->sums, o->taps, o->info.in_channels);
    }
    return npz_commit(&w);
}

int statistics_write(const statistics *st, const char *path) {
    if (finish(st) != STATUS_OK) return STATUS_BAD;
    for (int i = 0; i < st->session->info.op_count; i++) {
        forget_zeros(st, i);
        if (!is_finite(&st->ops[i]))
            return report_error("cannot calibrate", st->ops[i].info.name,
                                "expected finite values: the weights of this op or of one before it are unsuitable");
    }
    return write_archive(st, path);
}
