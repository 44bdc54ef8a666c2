/* SPDX-License-Identifier: MIT */
#include "article_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial.h"

enum { SLICES = 4 };

static const v5l_file_tensor *tensor_of(const bench_net *n, uint32_t tensor) { return &n->file.tensors[tensor]; }

bench_net *net_new(void) {
    bench_net *n = need(calloc(1, sizeof *n));
    builder_init(&n->file, 1);
    return n;
}

void net_free(bench_net *n) {
    blob_free(&n->bytes);
    free(n->memory);
    free(n->picture);
    free(n);
}

/* ---- layers ---- */

bench_part net_whole(const bench_net *n, uint32_t tensor) {
    return (bench_part){tensor, 0, tensor_of(n, tensor)->channels};
}

uint32_t net_map(bench_net *n, uint32_t channels) { return builder_tensor(&n->file, channels, 2); }

static void add_span(bench_net *n, bench_part p) { builder_span(&n->file, p.tensor, p.first, p.count, 0); }

/* The picture's tensor has stride 1, all others 2. */
static uint32_t stride_between(const bench_net *n, bench_part from, bench_part to) {
    return (uint32_t)tensor_of(n, to.tensor)->stride / tensor_of(n, from.tensor)->stride;
}

v5l_file_op *net_conv(bench_net *n, bench_part from, bench_part to, uint32_t kernel, v5l_activation activation) {
    add_span(n, from), add_span(n, to);
    const uint32_t stride = stride_between(n, from, to);
    v5l_file_op *op = builder_op(&n->file, V5L_OP_CONV, "conv", 1, 1, kernel, stride);
    op->activation = (uint16_t)activation;
    op->pad = (uint16_t)((kernel - 1) / 2);
    if (from.tensor == 0)
        for (uint64_t i = 0; i < op->weight_count; i++)
            n->file.weights[op->weights / sizeof(float) + i] /= 64.0f; /* bytes, not 0 .. 1 */
    n->parameters += (uint64_t)kernel * kernel * from.count * to.count + 2 * to.count;
    return op;
}

void net_add(bench_net *n, uint32_t a, uint32_t b, uint32_t to, v5l_activation activation) {
    add_span(n, net_whole(n, a)), add_span(n, net_whole(n, b)), add_span(n, net_whole(n, to));
    v5l_file_op *op = builder_op(&n->file, V5L_OP_ADD, "add", 2, 1, 0, 0);
    op->a_count = op->b_count = 1;
    op->b_first = op->a_first + 1;
    op->alpha = 1.0f;
    op->activation = (uint16_t)activation;
}

/* A copy, which no rolling window crosses, so the input is whole in memory. */
uint32_t net_input(bench_net *n, uint32_t channels) {
    const uint32_t made = net_map(n, channels);
    n->input = net_map(n, channels);
    net_conv(n, net_whole(n, 0), net_whole(n, made), 1, V5L_ACT_RELU);
    add_span(n, net_whole(n, made)), add_span(n, net_whole(n, n->input));
    builder_op(&n->file, V5L_OP_CONCAT, "input", 1, 1, 0, 0);
    n->first = n->file.header.op_count;
    n->parameters = 0;
    return n->input;
}

uint32_t net_slice(bench_net *n) {
    n->sliced = 1;
    return net_input(n, 3 * SLICES);
}

/* ---- plan ---- */

static void ignore_op(void *user, int op, const v5l_view *output) { (void)user, (void)op, (void)output; }

/* With an observer of stages, the picture is whole, too. */
static void ignore_stage(void *user, v5l_stage stage, int done) { (void)user, (void)stage, (void)done; }

static void expect_ok(v5l_status status) {
    if (status == V5L_OK) return;
    fprintf(stderr, "bench_article: %s\n", v5l_status_text(status));
    exit(2);
}

static void place(bench_net *n) {
    v5l_bump bump = {NULL, 0};
    v5l_plan_place(&n->plan, &bump);
    n->memory = need(aligned_alloc(V5L_ALIGN, (size_t)v5l_aligned(bump.used)));
    bump = (v5l_bump){n->memory, 0};
    v5l_plan_place(&n->plan, &bump);
}

/* Gives every net the same input of a size. */
static void draw(bench_net *n) {
    const size_t bytes = (size_t)n->plan.width * (size_t)n->plan.height * 3;
    n->picture = need(malloc(bytes));
    n->file.seed = 1;
    for (size_t i = 0; i < bytes; i++)
        n->picture[i] = (uint8_t)(127.0f * builder_random(&n->file) + 128.0f);
    memcpy(v5l_plan_block(&n->plan, 0), n->picture, bytes);
}

/* Runs ops from .. end-1, each chain at once. */
static void run_ops(const bench_net *n, uint32_t from, uint32_t end) {
    const v5l_worker worker = {.scratch = n->plan.scratch};
    for (uint32_t i = from; i < end; i++) {
        const v5l_step *step = &n->plan.steps[i], *last = step;
        while (last->next != NULL)
            last = last->next;
        if (step != last)
            v5l_chain_run(step, &worker, 0, last->out_height);
        else
            step->run(step, &worker, 0, step->out_height);
        i = (uint32_t)(last - n->plan.steps);
    }
}

void net_plan(bench_net *n, uint32_t output, int width, int height, uint32_t cpu, int windows) {
    v5l_net_options options;
    v5l_net_options_default(&options);
    options.width = width;
    options.height = height;
    options.cpu_mask = cpu;
    options.observer.stage = ignore_stage;
    if (!windows) options.observer.op = ignore_op;

    n->output = output;
    n->end = n->file.header.op_count;
    /* A model needs a head. It never runs, but it keeps its input alive. */
    const uint32_t kept = n->input != 0 ? n->input : output;
    builder_detect(&n->file, kept, tensor_of(n, kept)->stride, 1);
    n->bytes = builder_finish(&n->file);
    need(n->bytes.allocation);
    expect_ok(v5l_model_open(&n->model, n->bytes.bytes, n->bytes.size));
    expect_ok(v5l_plan_measure(&n->plan, &n->model, &options, n->blocks));
    place(n);
    draw(n);
    run_ops(n, 0, n->first);
    for (uint32_t i = n->first; i < n->end; i++)
        n->macs += v5l_step_macs(&n->plan.steps[i]);
}

const float *net_values(const bench_net *n, uint32_t tensor) {
    return (const float *)(const void *)v5l_plan_block(&n->plan, tensor);
}

/* ---- run ---- */

/* Row by row, so that what is read twice stays in the cache: slices whole, one after the other, would move more. Loops
 * over bytes, because with 3 channels a pixel the kernels u8_to_f32 and copy take 4 times its instructions on AArch64.
 * Blocks (dy, dx) are (0, 0), (1, 0), (0, 1), (1, 1). */
static void run_slices(const bench_net *n) {
    const size_t row = 3 * (size_t)n->plan.width, pixels = (size_t)n->plan.width / 2;
    float *map = (float *)(void *)v5l_plan_block(&n->plan, n->input);
    for (size_t y = 0; y < (size_t)n->plan.height / 2; y++) {
        for (size_t block = 0; block < SLICES; block++) {
            const uint8_t *from = n->picture + (2 * y + block % 2) * row + block / 2 * 3;
            float *to = map + y * pixels * 3 * SLICES + 3 * block;
            for (size_t x = 0; x < pixels; x++, from += 2 * 3, to += 3 * SLICES) {
                to[0] = from[0];
                to[1] = from[1];
                to[2] = from[2];
            }
        }
    }
}

void net_run(void *net) {
    const bench_net *n = net;
    if (n->sliced) run_slices(n);
    run_ops(n, n->first, n->end);
}
