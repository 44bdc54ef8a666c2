/* SPDX-License-Identifier: MIT */
/* The four guidelines of ShuffleNetV2 (Ma et al. 2018), each as layers of nearly equal multiply-accumulates on maps of
 * 40 x 40. Widths are whole panels of 8 channels where possible, so that the padding does not show. */
#include "article.h"

enum { PICTURE = 80 }; /* maps are half as large */

/* ---- G1: equal channels ---- */

/* Convolves from a to b channels and back. */
static uint32_t make_pair(bench_net *n, const article_case *c) {
    const uint32_t in = net_input(n, c->a), between = net_map(n, c->b), out = net_map(n, c->a);
    net_conv(n, net_whole(n, in), net_whole(n, between), 1, c->activation);
    net_conv(n, net_whole(n, between), net_whole(n, out), 1, c->activation);
    return out;
}

static const article_case equal_channels[] = {
    {"192 to 192 and back (1:1)", make_pair, 192, 192, V5L_ACT_RELU, 0, 0},
    {"136 to 272 and back (1:2)", make_pair, 136, 272, V5L_ACT_RELU, 0, 0},
    {"80 to 480 and back (1:6)", make_pair, 80, 480, V5L_ACT_RELU, 0, 0},
    {"56 to 672 and back (1:12)", make_pair, 56, 672, V5L_ACT_RELU, 0, 0},
    {"1:1, row by row", make_pair, 192, 192, V5L_ACT_RELU, 1, 0},
    {"1:2, row by row", make_pair, 136, 272, V5L_ACT_RELU, 1, 0},
    {"1:6, row by row", make_pair, 80, 480, V5L_ACT_RELU, 1, 0},
    {"1:12, row by row", make_pair, 56, 672, V5L_ACT_RELU, 1, 0},
};

/* ---- G2: group convolution ---- */

/* Convolves b groups of a / b channels, each by a convolution of its own. */
static uint32_t make_groups(bench_net *n, const article_case *c) {
    const uint32_t in = net_input(n, c->a), out = net_map(n, c->a), width = c->a / c->b;
    for (uint32_t g = 0; g < c->b; g++)
        net_conv(n, (bench_part){in, g * width, width}, (bench_part){out, g * width, width}, 1, c->activation);
    return out;
}

static const article_case groups[] = {
    {"1 group, 192 channels", make_groups, 192, 1, V5L_ACT_RELU, 1, 0},
    {"2 groups, 272 channels", make_groups, 272, 2, V5L_ACT_RELU, 1, 0},
    {"4 groups, 384 channels", make_groups, 384, 4, V5L_ACT_RELU, 1, 0},
    {"8 groups, 544 channels", make_groups, 544, 8, V5L_ACT_RELU, 1, 0},
};

/* ---- G3: fragmentation ---- */

/* Runs b convolutions of a channels in series. */
static uint32_t make_series(bench_net *n, const article_case *c) {
    uint32_t from = net_input(n, c->a);
    for (uint32_t i = 0; i < c->b; i++) {
        const uint32_t to = net_map(n, c->a);
        net_conv(n, net_whole(n, from), net_whole(n, to), 1, c->activation);
        from = to;
    }
    return from;
}

/* Runs b convolutions of all of a channels, each of which makes its share of the output. */
static uint32_t make_shares(bench_net *n, const article_case *c) {
    const uint32_t in = net_input(n, c->a), out = net_map(n, c->a), share = c->a / c->b;
    for (uint32_t i = 0; i < c->b; i++)
        net_conv(n, net_whole(n, in), (bench_part){out, i * share, share}, 1, c->activation);
    return out;
}

/* Runs b convolutions of a channels and adds their outputs. */
static uint32_t make_sum(bench_net *n, const article_case *c) {
    const uint32_t in = net_input(n, c->a);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < c->b; i++) {
        const uint32_t branch = net_map(n, c->a), before = sum;
        net_conv(n, net_whole(n, in), net_whole(n, branch), 1, c->activation);
        sum = i == 0 ? branch : net_map(n, c->a);
        if (i > 0) net_add(n, before, branch, sum, V5L_ACT_NONE);
    }
    return sum;
}

static const article_case fragments[] = {
    {"1 convolution of 192 channels", make_series, 192, 1, V5L_ACT_RELU, 0, 0},
    {"2 in series, of 136", make_series, 136, 2, V5L_ACT_RELU, 0, 0},
    {"4 in series, of 96", make_series, 96, 4, V5L_ACT_RELU, 0, 0},
    {"2 in series, row by row", make_series, 136, 2, V5L_ACT_RELU, 1, 0},
    {"4 in series, row by row", make_series, 96, 4, V5L_ACT_RELU, 1, 0},
    {"2 in parallel, 192 to 96 each", make_shares, 192, 2, V5L_ACT_RELU, 0, 0},
    {"4 in parallel, 192 to 48 each", make_shares, 192, 4, V5L_ACT_RELU, 0, 0},
    {"2 in parallel, of 136, added", make_sum, 136, 2, V5L_ACT_RELU, 0, 0},
    {"4 in parallel, of 96, added", make_sum, 96, 4, V5L_ACT_RELU, 0, 0},
};

/* ---- G4: element-wise operations ---- */

/* 1x1 to a channels, 3x3, 1x1 back to 192. b: adds the input; the last activation comes after that. */
static uint32_t make_bottleneck(bench_net *n, const article_case *c) {
    enum { WIDE = 192 };
    const uint32_t in = net_input(n, WIDE), a = net_map(n, c->a), b = net_map(n, c->a), out = net_map(n, WIDE);
    net_conv(n, net_whole(n, in), net_whole(n, a), 1, c->activation);
    net_conv(n, net_whole(n, a), net_whole(n, b), 3, c->activation);
    net_conv(n, net_whole(n, b), net_whole(n, out), 1, c->b ? V5L_ACT_NONE : c->activation);
    if (!c->b) return out;
    const uint32_t sum = net_map(n, WIDE);
    net_add(n, in, out, sum, c->activation);
    return sum;
}

static const article_case elementwise[] = {
    {"bottleneck of 192, 48, 48, 192", make_bottleneck, 48, 0, V5L_ACT_NONE, 1, 0},
    {"with ReLU", make_bottleneck, 48, 0, V5L_ACT_RELU, 1, 0},
    {"with SiLU", make_bottleneck, 48, 0, V5L_ACT_SILU, 1, 0},
    {"with ADD", make_bottleneck, 48, 1, V5L_ACT_NONE, 1, 0},
    {"with ReLU and ADD", make_bottleneck, 48, 1, V5L_ACT_RELU, 1, 0},
    {"with SiLU and ADD", make_bottleneck, 48, 1, V5L_ACT_SILU, 1, 0},
};

const article_section article_guides[4] = {
    {"G1: equal channels, two 1x1 convolutions", PICTURE, ARTICLE_CASES(equal_channels)},
    {"G2: groups, a 1x1 convolution", PICTURE, ARTICLE_CASES(groups)},
    {"G3: fragments, 1x1 convolutions", PICTURE, ARTICLE_CASES(fragments)},
    {"G4: element-wise operations", PICTURE, ARTICLE_CASES(elementwise)},
};
