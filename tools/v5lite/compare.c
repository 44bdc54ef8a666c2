/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"
#include "message.h"
#include "op_outputs.h"

/* Strides, in elements, of an op's output in an array: [height][width][channels] as in a dump, or
 * [channels][height][width] as in PyTorch. Leading dimensions of 1 (the batch) are ignored. */
typedef struct layout {
    size_t y, x, c;
} layout;

/* Finds the layouts that fit the shape of the array. Returns their number, 0 .. 2. */
static int layouts(const npy_array *a, const size_t hwc[3], layout out[2]) {
    const size_t *shape = a->shape;
    size_t small[3] = {1, 1, 1};
    int dimensions = a->dimensions, count = 0;
    for (; dimensions > 3 && shape[0] == 1; dimensions--)
        shape++;
    if (dimensions > 3) return 0;
    memcpy(small + 3 - dimensions, shape, (size_t)dimensions * sizeof *shape);
    if (small[0] == hwc[0] && small[1] == hwc[1] && small[2] == hwc[2])
        out[count++] = (layout){small[1] * small[2], small[2], 1};
    if (small[0] == hwc[2] && small[1] == hwc[0] && small[2] == hwc[1])
        out[count++] = (layout){small[2], 1, small[1] * small[2]};
    return count;
}

static void describe_shape(const npy_array *a, char *out, size_t size) {
    size_t used = 0;
    out[0] = 0;
    for (int i = 0; i < a->dimensions && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%zu", i > 0 ? "x" : "", a->shape[i]);
    if (a->dimensions == 0) snprintf(out, size, "a number");
}

/* Returns the rounding error of float16 at this value; 0 for other types. */
static double rounding(double want, npy_type type) {
    return type == NPY_F16 ? fmax(fabs(want) * 0x1.01p-11, 0x1p-25) : 0;
}

static double largest(const npy_array *a) {
    double most = 0;
    for (size_t i = 0; i < a->count; i++) {
        const double value = fabs((double)npy_element(a, i));
        if (value > most && value <= DBL_MAX) most = value;
    }
    return most;
}

/* Computed values: floats of an op, or bytes of the picture; the other pointer is NULL. */
typedef struct values {
    size_t hwc[3];
    const float *floats;
    const uint8_t *bytes;
} values;

static void compare_elements(comparison_row *row, const values *v, const npy_array *a, layout l, tolerance t) {
    const double allowed = fmax(t.absolute, t.relative * row->reference_max);
    size_t i = 0;
    for (size_t y = 0; y < v->hwc[0]; y++)
        for (size_t x = 0; x < v->hwc[1]; x++)
            for (size_t c = 0; c < v->hwc[2]; c++, i++) {
                /* One of the two is not NULL. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
                const double got = v->floats != NULL ? (double)v->floats[i] : v->bytes[i];
                const double want = (double)npy_element(a, y * l.y + x * l.x + c * l.c), error = fabs(got - want);
                const double limit = allowed + rounding(want, a->type);
                row->over += !(error <= limit); /* NaN fails */
                row->error_squares += error * error;
                row->reference_squares += want * want;
                row->error = isnan(error) ? INFINITY : fmax(row->error, error);
                if (!(error <= 0)) row->used = isnan(error) ? INFINITY : fmax(row->used, error / limit);
            }
    row->count = i;
}

/* Compares an array. If both layouts fit the shape, the one with the smaller error counts. */
static void compare_array(comparison_row *row, const values *v, const npy_array *a, tolerance t) {
    layout l[2];
    const int count = layouts(a, v->hwc, l);
    const double most = largest(a);
    row->type = a->type;
    if (count == 0) describe_shape(a, row->shape, sizeof row->shape);
    for (int i = 0; i < count; i++) {
        comparison_row trial = {.array = row->array, .op = row->op, .type = a->type, .reference_max = most};
        compare_elements(&trial, v, a, l[i], t);
        if (i == 0 || trial.error < row->error) *row = trial;
    }
    row->failed = count == 0 || (t.snr > 0 ? !(row_snr(row) >= t.snr) : row->over > 0);
}

double row_relative(const comparison_row *row) { return row->error > 0 ? row->error / row->reference_max : 0; }

double row_rms(const comparison_row *row) { return row->count > 0 ? sqrt(row->error_squares / (double)row->count) : 0; }

double row_snr(const comparison_row *row) {
    if (row->error_squares == 0) return INFINITY;
    return 10 * log10(row->reference_squares / row->error_squares);
}

int row_passes(const comparison_row *row) { return !row->failed; }

int comparison_passes(const comparison *c) { return c->first_failed < 0 && c->ops_compared > 0; }

static void add_row(comparison *c, const comparison_row *row) {
    const int index = c->row_count++;
    c->rows[index] = *row;
    if (!row_passes(row) && c->first_failed < 0) c->first_failed = index;
    if (row->op != WITH_PICTURE && row->shape[0] == 0 && (c->worst < 0 || row->error > c->rows[c->worst].error))
        c->worst = index;
}

/* Compares all arrays that match this op, or the picture. */
static int compare_with(comparison *c, int op, const values *v, tolerance t) {
    int failed = 0, compared = 0;
    for (int i = 0; i < c->reference->count; i++) {
        reference_array a;
        comparison_row row = {.array = i, .op = op};
        if (c->with[i] != op) continue;
        if (reference_load(c->reference, i, &a) != STATUS_OK) return STATUS_BAD;
        compare_array(&row, v, &a.array, t);
        reference_release(&a);
        add_row(c, &row);
        compared = 1;
        failed |= !row_passes(&row);
    }
    if (op == WITH_PICTURE) return STATUS_OK;
    c->compared[op] = (unsigned char)compared;
    c->ops_compared += compared;
    c->ops_failed += failed;
    return STATUS_OK;
}

static int on_picture(void *user, const uint8_t *rgb, int height, int width) {
    const values v = {{(size_t)height, (size_t)width, 3}, NULL, rgb};
    return compare_with(user, WITH_PICTURE, &v, (tolerance){0, 0, 0});
}

static int on_op(void *user, int op, const v5l_op_info *info, const v5l_view *view, const float *data) {
    comparison *c = user;
    const values v = {{(size_t)view->height, (size_t)view->width, (size_t)view->channels}, data, NULL};
    (void)info;
    return compare_with(c, op, &v, c->tolerance);
}

int compare_ops(comparison *c, session *s, args_size size, const image *picture, const reference *r, tolerance t) {
    const size_t arrays = (size_t)r->count, ops = (size_t)s->info.op_count;
    *c = (comparison){.reference = r, .tolerance = t, .first_failed = -1, .worst = -1};
    c->with = calloc(arrays, sizeof *c->with);
    c->rows = calloc(arrays, sizeof *c->rows);
    c->compared = calloc(ops, 1);
    if (c->with == NULL || c->rows == NULL || c->compared == NULL)
        return report_error("cannot compare", r->path, "out of memory");
    for (int i = 0; i < r->count; i++)
        c->with[i] = match_name(&s->model, s->info.op_count, r->names[i]);
    const op_receiver w = {c, 0, on_picture, on_op};
    return outputs_of_ops(s, size, picture, &w);
}

void comparison_verdict(const comparison *c, const session *s, char *text, size_t size) {
    char limits[160];
    int halves = 0;
    v5l_op_info op = {.name = "input"};
    for (int i = 0; i < c->row_count; i++)
        halves |= c->rows[i].type == NPY_F16;
    if (c->tolerance.snr > 0)
        snprintf(limits, sizeof limits, "the noise of a ratio of %g dB", c->tolerance.snr);
    else
        snprintf(limits, sizeof limits, "%g absolute or %g relative%s", c->tolerance.absolute, c->tolerance.relative,
                 halves ? ", plus float16's rounding" : "");
    if (c->ops_compared == 0) {
        snprintf(text, size, "FAILED: no array of the reference has the name of an op");
        return;
    }
    const comparison_row *row = &c->rows[c->first_failed >= 0 ? c->first_failed : c->worst];
    if (row->op != WITH_PICTURE) v5l_model_get_op(&s->model, row->op, &op);
    if (c->first_failed < 0)
        snprintf(text, size, "OK: %d of %d ops compared, all within %s; largest error %.3g, of %s", c->ops_compared,
                 s->info.op_count, limits, row->error, op.name);
    else if (row->shape[0] != 0)
        snprintf(text, size, "FAILED: the reference of %s has another shape, %s", op.name, row->shape);
    else if (row->op == WITH_PICTURE)
        snprintf(text, size, "FAILED: the reference was made from another input picture: %llu of %llu values differ",
                 (unsigned long long)row->over, (unsigned long long)row->count);
    else
        snprintf(text, size, "FAILED: %d of %d ops compared are over %s; the first is %s, by %.3g", c->ops_failed,
                 c->ops_compared, limits, op.name, row->error);
}

void compare_free(comparison *c) {
    free(c->with);
    free(c->rows);
    free(c->compared);
}
