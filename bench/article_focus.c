/* SPDX-License-Identifier: MIT */
/* Focus in its two forms, and YOLOv5-Lite's stem that replaces it. */
#include <math.h>
#include <stddef.h>

#include "article.h"

enum { CHANNELS = 32, DEPTH = 108 }; /* of Focus: outputs, and products of each */

/* a: kernel; b: 1 if a pool follows */
static uint32_t make_stem(bench_net *n, const article_case *c) {
    const uint32_t map = net_map(n, CHANNELS);
    net_conv(n, net_whole(n, 0), net_whole(n, map), c->a, c->activation);
    if (!c->b) return map;
    const uint32_t pooled = builder_tensor(&n->file, CHANNELS, 4);
    builder_span(&n->file, map, 0, CHANNELS, 0);
    builder_span(&n->file, pooled, 0, CHANNELS, 0);
    builder_op(&n->file, V5L_OP_MAXPOOL, "pool", 1, 1, 3, 2);
    return pooled;
}

static uint32_t make_sliced(bench_net *n, const article_case *c) {
    const uint32_t slices = net_slice(n);
    if (c->slices_only) return slices;
    const uint32_t map = net_map(n, CHANNELS);
    net_conv(n, net_whole(n, slices), net_whole(n, map), 3, c->activation);
    return map;
}

static const article_case cases[] = {
    {"3x3 s2, 3 to 32", make_stem, 3, 0, V5L_ACT_RELU, 0, 0},
    {"the same and maxpool 3x3 s2, one after the other", make_stem, 3, 1, V5L_ACT_RELU, 0, 0},
    {"the same and maxpool 3x3 s2, row by row", make_stem, 3, 1, V5L_ACT_RELU, 1, 0},
    {"Focus's slices alone", make_sliced, 0, 0, V5L_ACT_RELU, 0, 1},
    {"Focus as slices, then 3x3 s1, 12 to 32", make_sliced, 0, 0, V5L_ACT_RELU, 0, 0},
    {"Focus as a view: 6x6 s2, 3 to 32", make_stem, 6, 0, V5L_ACT_RELU, 0, 0},
};

const article_section article_focus[2] = {
    {"Focus and the stem, 640 x 640", 640, ARTICLE_CASES(cases)},
    {"Focus and the stem, 320 x 320", 320, ARTICLE_CASES(cases)},
};

/* ---- check ---- */

/* Product k of the 6x6 convolution, 18 ky' + 3 kx' + c, is this product of the 3x3 one on slices: W6[o, c, 2 ky + dy, 2
 * kx + dx] = W[o, 3 block + c, ky, kx]. */
static int sliced_product(int k) {
    const int c = k % 3, x = k / 3 % 6, y = k / 18;
    const int tap = y / 2 * 3 + x / 2, block = x % 2 * 2 + y % 2;
    return tap * 12 + 3 * block + c;
}

/* Index of product k of output o, in panels of 8 outputs. */
static size_t weight_at(int o, int k) { return (size_t)(o / 8 * DEPTH * 8 + k * 8 + o % 8); }

static float *floats_of(bench_net *n, uint64_t at) { return n->file.weights + at / sizeof(float); }

/* Gives the view the weights of the slices. */
static void share_weights(bench_net *view, bench_net *sliced) {
    const v5l_file_op *to = &view->file.ops[view->first], *from = &sliced->file.ops[sliced->first];
    for (int o = 0; o < CHANNELS; o++) {
        for (int k = 0; k < DEPTH; k++)
            floats_of(view, to->weights)[weight_at(o, k)] =
                floats_of(sliced, from->weights)[weight_at(o, sliced_product(k))] / 64.0f;
        floats_of(view, to->bias)[o] = floats_of(sliced, from->bias)[o];
    }
    for (uint64_t i = 0; i < from->weight_count; i++)
        floats_of(sliced, from->weights)[i] /= 64.0f; /* bytes, not 0 .. 1 */
}

/* Output o of the 6x6 convolution at (y, x) of the map. *allowed: the bound on the error of its sum in floats. */
static double exact(bench_net *view, int y, int x, int o, double *allowed) {
    const v5l_file_op *op = &view->file.ops[view->first];
    const int width = view->plan.width, height = view->plan.height;
    double sum = (double)floats_of(view, op->bias)[o], magnitude = fabs(sum);
    for (int k = 0; k < DEPTH; k++) {
        const int iy = 2 * y - 2 + k / 18, ix = 2 * x - 2 + k / 3 % 6;
        if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
        const double product =
            view->picture[(iy * width + ix) * 3 + k % 3] * (double)floats_of(view, op->weights)[weight_at(o, k)];
        sum += product;
        magnitude += fabs(product);
    }
    *allowed = (DEPTH + 4) * 6e-8 * magnitude; /* half an ulp for each product and sum */
    return fmax(sum, 0);
}

static void check_size(uint32_t cpu, int width, int height, double *difference, double *share) {
    const article_case forms[2] = {{.make = make_sliced, .activation = V5L_ACT_RELU},
                                   {.make = make_stem, .a = 6, .activation = V5L_ACT_RELU}};
    bench_net *nets[2];
    uint32_t outputs[2];
    for (int i = 0; i < 2; i++) {
        nets[i] = net_new();
        outputs[i] = forms[i].make(nets[i], &forms[i]);
    }
    share_weights(nets[1], nets[0]);
    for (int i = 0; i < 2; i++) {
        net_plan(nets[i], outputs[i], width, height, cpu, 0);
        net_run(nets[i]);
    }
    const float *sliced = net_values(nets[0], outputs[0]), *viewed = net_values(nets[1], outputs[1]);
    for (int i = 0; i < width / 2 * (height / 2) * CHANNELS; i++) {
        const int o = i % CHANNELS, x = i / CHANNELS % (width / 2), y = i / CHANNELS / (width / 2);
        double allowed;
        const double want = exact(nets[1], y, x, o, &allowed);
        const double a = fabs((double)sliced[i] - want), b = fabs((double)viewed[i] - want);
        *share = a <= allowed && b <= allowed ? fmax(*share, fmax(a, b) / allowed) : INFINITY; /* also for NaN */
        *difference = fmax(*difference, fabs((double)sliced[i] - (double)viewed[i]));
    }
    for (int i = 0; i < 2; i++)
        net_free(nets[i]);
}

void article_check_focus(uint32_t cpu, double *difference, double *share) {
    *difference = *share = 0;
    check_size(cpu, 2, 2, difference, share);
    check_size(cpu, 64, 48, difference, share);
    check_size(cpu, 34, 70, difference, share);
}
