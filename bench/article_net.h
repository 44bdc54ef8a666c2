/* SPDX-License-Identifier: MIT */
/* A few layers, to be measured alone: a model made in memory, planned by the library as it plans any, so that what runs is what
 * would run in a network, rolling windows and Winograd's transform included. */
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
    uint8_t *picture;          /* as it was before anything ran: its tensor does not outlive those who read it */
    uint32_t first, end;       /* ops that count: those before make their input, those behind keep it */
    uint32_t input, output;    /* tensors */
    int sliced;                /* the input is made anew in each run: net_slice */
    uint64_t macs, parameters; /* parameters: weights, and of each output channel the scale and shift of its BN */
} bench_net;

/* Channels of a tensor. */
typedef struct {
    uint32_t tensor, first, count;
} bench_part;

/* An empty net. Free with net_free. */
bench_net *net_new(void);
void net_free(bench_net *n);

/* Half the picture's size, of random values. */
uint32_t net_input(bench_net *n, uint32_t channels);

/* Half the picture's size, for what net_conv or net_add makes. */
uint32_t net_map(bench_net *n, uint32_t channels);

bench_part net_whole(const bench_net *n, uint32_t tensor);
v5l_file_op *net_conv(bench_net *n, bench_part from, bench_part to, uint32_t kernel, v5l_activation activation);
void net_add(bench_net *n, uint32_t a, uint32_t b, uint32_t to, v5l_activation activation);

/* Focus's four slices of the picture, one behind the other: 12 channels at half its size. */
uint32_t net_slice(bench_net *n);

/* Ends the net, for a picture of random bytes. windows: ops may run row by row through rolling windows, as in any net that nobody
 * observes; else each is done before the next begins. Ends the program if the library refuses. */
void net_plan(bench_net *n, uint32_t output, int width, int height, uint32_t cpu, int windows);

/* The layers that count, once. (void *: for cpu_time) */
void net_run(void *net);

/* A tensor's values, [height][width][channels]. */
const float *net_values(const bench_net *n, uint32_t tensor);

#endif
