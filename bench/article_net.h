/* SPDX-License-Identifier: MIT */
/* A few layers to measure alone: a model made in memory and planned by the library, so that it runs as it would in a
 * network, with rolling windows and Winograd. */
#ifndef ARTICLE_NET_H
#define ARTICLE_NET_H

#include "../tests/unit/builder.h"
#include "plan.h"

typedef struct {
    builder file;
    blob bytes;
    v5l_model model;
    v5l_plan plan;
    v5l_block blocks[V5L_MAX_BLOCKS];
    void *memory;
    uint8_t *picture;          /* as before the first run: its tensor does not outlive its readers */
    uint32_t first, end;       /* range of ops that count; earlier ones make their input, later ones keep it alive */
    uint32_t input, output;    /* tensors */
    int sliced;                /* the input is made again in each run: net_slice */
    uint64_t macs, parameters; /* parameters: weights, and of each output channel the scale and shift of its BN */
} bench_net;

/* Returns the channels of a tensor. */
typedef struct {
    uint32_t tensor, first, count;
} bench_part;

/* Returns an empty net. Free with net_free. */
bench_net *net_new(void);
void net_free(bench_net *n);

/* Adds a tensor of half the picture's size, of random values. */
uint32_t net_input(bench_net *n, uint32_t channels);

/* Adds a tensor of half the picture's size, for the output of net_conv or net_add. */
uint32_t net_map(bench_net *n, uint32_t channels);

bench_part net_whole(const bench_net *n, uint32_t tensor);
v5l_file_op *net_conv(bench_net *n, bench_part from, bench_part to, uint32_t kernel, v5l_activation activation);
void net_add(bench_net *n, uint32_t a, uint32_t b, uint32_t to, v5l_activation activation);

/* Adds Focus's four slices of the picture, concatenated: 12 channels at half its size. */
uint32_t net_slice(bench_net *n);

/* Completes the net, for a picture of random bytes. windows: ops may run row by row through rolling windows, as in any
 * unobserved net; otherwise each ends before the next begins. Ends the program if the library refuses. */
void net_plan(bench_net *n, uint32_t output, int width, int height, uint32_t cpu, int windows);

/* Runs the layers that count, once. (void *: for cpu_time) */
void net_run(void *net);

/* Returns a tensor's values, [height][width][channels]. */
const float *net_values(const bench_net *n, uint32_t tensor);

#endif
