/* SPDX-License-Identifier: MIT */
#include "statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static const size_t max_bytes = (size_t)1 << 30; /* of all statistics */

enum { MAX_KERNEL = 15 };

/* ---- ranges of outputs ---- */

static void extend_floats(float *restrict min, float *restrict max, const float *restrict values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        min[i] = values[i] < min[i] ? values[i] : min[i];
        max[i] = values[i] > max[i] ? values[i] : max[i];
    }
}

static void count_integers(uint64_t *restrict counts, const int8_t *restrict values, size_t count) {
    for (size_t i = 0; i < count; i++)
        counts[i * INTEGERS + (size_t)(values[i] - INT8_MIN)]++;
}

static void extend_span(const op_statistics *o, size_t first, const v5l_span *span) {
    const unsigned char *row = span->data;
    for (int y = 0; y < o->out_height; y++, row += span->row_stride)
        for (int x = 0; x < o->out_width; x++) {
            const void *pixel = row + (size_t)x * span->pixel_stride;
            if (span->type == V5L_TYPE_S8)
                count_integers(o->counts + first * INTEGERS, pixel, span->channels);
            else
                extend_floats(o->min + first, o->max + first, pixel, span->channels);
        }
}

/* Extends the ranges by an output, and notes where its tensors are. */
static void add_output(statistics *st, int op, const v5l_view *view) {
    const op_statistics *o = &st->ops[op];
    size_t first = 0;
    if (o->info.view) return;
    for (int i = 0; i < view->span_count; i++) {
        const v5l_span *span = &view->spans[i];
        v5l_channel_span stored;
        v5l_model_get_span(&st->session->model, op, V5L_OPERAND_OUT, i, &stored);
        const size_t before = (size_t)stored.first * (span->type == V5L_TYPE_S8 ? 1 : sizeof(float));
        st->places[stored.tensor] =
            (tensor_place){(const unsigned char *)span->data - before, span->pixel_stride, span->row_stride};
        extend_span(o, first, span);
        first += span->channels;
    }
}

/* ---- sums of inputs ---- */

/* Channels of operand A in memory. */
typedef struct source {
    const unsigned char *data;
    size_t pixel_stride, row_stride, first, count; /* first: of these channels in the operand */
    int type, upsample;
} source;

static source source_of_span(const statistics *st, int op, int index, size_t first) {
    v5l_channel_span span = {0};
    v5l_model_get_span(&st->session->model, op, V5L_OPERAND_A, index, &span);
    const tensor_place *place = &st->places[span.tensor];
    const int type = st->ops[op].info.in_type;
    const size_t before = (size_t)span.first * (type == V5L_TYPE_F32 ? sizeof(float) : 1);
    return (source){.data = place->data + before,
                    .pixel_stride = place->pixel_stride,
                    .row_stride = place->row_stride,
                    .first = first,
                    .count = (size_t)span.count,
                    .type = type,
                    .upsample = span.upsample};
}

static const void *pixel_of(const source *s, int y, int x) {
    return s->data + (size_t)(y >> s->upsample) * s->row_stride + (size_t)(x >> s->upsample) * s->pixel_stride;
}

/* Adds `sign` times the channels of a pixel. */
static void add_pixel(double *restrict sums, const source *s, const void *restrict pixel, double sign) {
    if (s->type == V5L_TYPE_S8)
        for (size_t i = 0; i < s->count; i++)
            sums[i] += sign * ((const int8_t *)pixel)[i];
    else if (s->type == V5L_TYPE_U8)
        for (size_t i = 0; i < s->count; i++)
            sums[i] += sign * ((const uint8_t *)pixel)[i];
    else
        for (size_t i = 0; i < s->count; i++)
            sums[i] += sign * (double)((const float *)pixel)[i];
}

/* Subtracts the columns of the picture that window column kx never reads, of those that it would read if the output
 * were wider. */
static void subtract_edges(const op_statistics *o, const source *s, int y, int kx, double *sums) {
    const int stride = o->info.stride, first = kx - o->info.padding, end = first + o->out_width * stride;
    int x = (first + MAX_KERNEL * stride) % stride;
    for (; x < first; x += stride)
        add_pixel(sums, s, pixel_of(s, y, x), -1);
    while (x < end)
        x += stride;
    for (; x < o->in_width; x += stride)
        add_pixel(sums, s, pixel_of(s, y, x), -1);
}

/* Adds `sums`, of what window column kx reads in row y, to each tap of that column that reads the row. */
static void add_to_taps(const op_statistics *o, const source *s, int y, int kx, const double *restrict sums) {
    for (int ky = 0; ky < o->info.kernel_h; ky++) {
        const int from_first = y - (ky - o->info.padding), out_y = from_first / o->info.stride;
        if (from_first < 0 || from_first % o->info.stride != 0 || out_y >= o->out_height) continue;
        double *restrict tap = o->sums + (size_t)(ky * o->info.kernel_w + kx) * (size_t)o->info.in_channels + s->first;
        for (size_t i = 0; i < s->count; i++)
            tap[i] += sums[i];
    }
}

/* Adds row y of the operand to all taps: sums the columns once, by their residues modulo the stride, and corrects
 * these sums at the edges. row: [stride + 1][count]. */
static void add_row(const op_statistics *o, const source *s, int y, double *row) {
    const int stride = o->info.stride;
    double *const sums = row + (size_t)stride * s->count;
    memset(row, 0, (size_t)stride * s->count * sizeof *row);
    for (int x = 0; x < o->in_width; x++)
        add_pixel(row + (size_t)(x % stride) * s->count, s, pixel_of(s, y, x), 1);
    for (int kx = 0; kx < o->info.kernel_w; kx++) {
        const int residue = (kx - o->info.padding + MAX_KERNEL * stride) % stride;
        memcpy(sums, row + (size_t)residue * s->count, s->count * sizeof *sums);
        subtract_edges(o, s, y, kx, sums);
        add_to_taps(o, s, y, kx, sums);
    }
}

static void add_input(const statistics *st, int op) {
    const op_statistics *o = &st->ops[op];
    size_t first = 0;
    for (int i = 0; i < o->info.a_spans && o->taps > 0; i++) {
        const source s = source_of_span(st, op, i, first);
        for (int y = 0; y < o->in_height; y++)
            add_row(o, &s, y, st->row);
        first += s.count;
    }
}

static void on_op(void *user, int op, const v5l_view *output) {
    statistics *st = user;
    if (output == NULL)
        add_input(st, op);
    else
        add_output(st, op, output);
}

/* ---- life ---- */

static int out_of_memory(const session *s) { return report_error("cannot calibrate", s->path, "out of memory"); }

static void describe_ops(const statistics *st) {
    const session *s = st->session;
    for (int i = 0; i < s->info.op_count; i++) {
        op_statistics *o = &st->ops[i];
        v5l_op_plan plan;
        v5l_model_get_op(&s->model, i, &o->info);
        v5l_net_get_op(s->net, i, &plan);
        o->in_height = plan.in_height;
        o->in_width = plan.in_width;
        o->out_height = plan.out_height;
        o->out_width = plan.out_width;
        if (o->info.kind == V5L_OP_CONV || o->info.kind == V5L_OP_DWCONV || o->info.kind == V5L_OP_DETECT)
            o->taps = o->info.kernel_h * o->info.kernel_w;
    }
}

static int is_known(int type) { return type == V5L_TYPE_F32 || type == V5L_TYPE_U8 || type == V5L_TYPE_S8; }

static int check_types(const statistics *st) {
    for (int i = 0; i < st->session->info.op_count; i++)
        if (!is_known(st->ops[i].info.in_type) || !is_known(st->ops[i].info.out_type))
            return report_error("cannot calibrate", st->session->path, "expected a float32 or an int8 network");
    return STATUS_OK;
}

/* Ops may share weights, so the size of the file does not bound the sums. */
static int check_bytes(const statistics *st) {
    uint64_t bytes = 0;
    for (int i = 0; i < st->session->info.op_count; i++) {
        const v5l_op_info *info = &st->ops[i].info;
        const uint64_t counts = info->out_type == V5L_TYPE_S8 && !info->view ? INTEGERS * sizeof(uint64_t) : 0;
        bytes += (uint64_t)info->out_channels * (counts + 2 * (sizeof(float) + sizeof(double))) +
                 (uint64_t)info->in_channels * (uint64_t)st->ops[i].taps * sizeof(double);
    }
    if (bytes <= max_bytes) return STATUS_OK;
    return report_error("cannot calibrate", st->session->path, "its statistics need more than 1 GB");
}

static int allocate_op(op_statistics *o) {
    const size_t in = (size_t)o->info.in_channels, out = (size_t)o->info.out_channels;
    int complete = 1;
    if (o->taps > 0) {
        o->sums = calloc((size_t)o->taps * in, sizeof *o->sums);
        complete &= o->sums != NULL;
    }
    if (o->info.view) return complete;
    o->min = malloc(out * sizeof *o->min);
    o->max = malloc(out * sizeof *o->max);
    complete &= o->min != NULL && o->max != NULL;
    for (size_t i = 0; i < out && complete; i++) {
        o->min[i] = INFINITY;
        o->max[i] = -INFINITY;
    }
    if (o->info.out_type == V5L_TYPE_S8) {
        o->low = calloc(out, sizeof *o->low);
        o->high = calloc(out, sizeof *o->high);
        o->counts = calloc(out * INTEGERS, sizeof *o->counts);
        complete &= o->low != NULL && o->high != NULL && o->counts != NULL;
    }
    return complete;
}

/* Allocates the sums of a row: of each residue modulo the stride, and of a window column. */
static int allocate_row(statistics *st) {
    size_t most = 0;
    for (int i = 0; i < st->session->info.op_count; i++) {
        const op_statistics *o = &st->ops[i];
        const size_t needed = (size_t)(o->info.stride + 1) * (size_t)o->info.in_channels;
        if (o->taps > 0 && needed > most) most = needed;
    }
    st->row = malloc((most + 1) * sizeof *st->row);
    return st->row != NULL;
}

int statistics_open(statistics *st, session *s, args_size size) {
    *st = (statistics){.session = s};
    st->ops = calloc((size_t)s->info.op_count, sizeof *st->ops);
    st->places = calloc((size_t)s->info.tensor_count, sizeof *st->places);
    if (st->ops == NULL || st->places == NULL) return out_of_memory(s);
    s->options.observer = (v5l_observer){.user = st, .op = on_op};
    s->options.confidence = 1; /* no detections, which take time and are not used */
    session_drop_net(s);
    if (session_shape(s, size, size) != STATUS_OK) return STATUS_BAD;
    describe_ops(st);
    if (check_types(st) != STATUS_OK || check_bytes(st) != STATUS_OK) return STATUS_BAD;
    int complete = allocate_row(st);
    for (int i = 0; i < s->info.op_count && complete; i++)
        complete = allocate_op(&st->ops[i]);
    st->places[0] = (tensor_place){v5l_net_picture(s->net), 3, 3 * (size_t)size.width};
    return complete ? STATUS_OK : out_of_memory(s);
}

int statistics_add(statistics *st, const image *picture) {
    v5l_detection best; /* unused */
    const int count = session_detect(st->session, picture, &best, 1);
    if (count < 0) return report_error("cannot detect", st->session->path, "%s", v5l_status_text((v5l_status)count));
    st->pictures++;
    return STATUS_OK;
}

void statistics_close(statistics *st) {
    for (int i = 0; st->ops != NULL && i < st->session->info.op_count; i++) {
        op_statistics *o = &st->ops[i];
        free(o->min);
        free(o->max);
        free(o->low);
        free(o->high);
        free(o->counts);
        free(o->sums);
    }
    free(st->ops);
    free(st->places);
    free(st->row);
}
