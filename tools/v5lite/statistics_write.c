/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "message.h"
#include "npz_write.h"
#include "scales.h"
#include "statistics.h"

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

/* Divides the sums of an op. Outside the picture a tap of an S8 op reads the zero point; others read 0. in: of each
 * channel of the input. */
static void finish_sums(const op_statistics *o, double pictures, const channel_scale *in) {
    const double outputs = (double)o->out_height * (double)o->out_width;
    double *at = o->sums;
    for (int tap = 0; tap < o->taps; tap++) {
        const int rows = inside(&o->info, tap / o->info.kernel_w, o->out_height, o->in_height);
        const int columns = inside(&o->info, tap % o->info.kernel_w, o->out_width, o->in_width);
        const double outside = (outputs - (double)rows * (double)columns) * pictures;
        for (int i = 0; i < o->info.in_channels; i++, at++)
            *at = (*at + outside * in[i].zero) / (outputs * pictures);
    }
}

/* Finds range and saturation of S8 channels. The lowest or highest integer does not mean saturation in a channel in
 * which it stands for the number 0. */
static void finish_counts(const op_statistics *o, const channel_scale *out) {
    for (int i = 0; o->counts != NULL && i < o->info.out_channels; i++) {
        const uint64_t *counts = o->counts + (size_t)i * INTEGERS;
        int first = 0, last = INTEGERS - 1;
        while (first < last && counts[first] == 0)
            first++;
        while (last > first && counts[last] == 0)
            last--;
        o->min[i] = (float)(first + INT8_MIN);
        o->max[i] = (float)(last + INT8_MIN);
        o->low[i] = out[i].zero != INT8_MIN ? (double)counts[0] : 0;
        o->high[i] = out[i].zero != INT8_MAX ? (double)counts[INTEGERS - 1] : 0;
    }
}

static int finish(const statistics *st) {
    scales all;
    const int complete = scales_open(&all, &st->session->model);
    for (int i = 0; i < all.count && complete; i++) {
        finish_sums(&st->ops[i], st->pictures, all.ops[i].in);
        finish_counts(&st->ops[i], all.ops[i].out);
    }
    scales_close(&all);
    return complete ? STATUS_OK : report_error("cannot calibrate", st->session->path, "out of memory");
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
    for (int i = 0; i < st->session->info.op_count; i++)
        if (!is_finite(&st->ops[i]))
            return report_error("cannot calibrate", st->ops[i].info.name,
                                "expected finite values: the weights of this op or of one before it are unsuitable");
    return write_archive(st, path);
}
