/* SPDX-License-Identifier: MIT */
/* Which consecutive ops run as a chain (ops/chain.c), and how many rows their windows keep. */
#ifndef V5L_FUSE_H
#define V5L_FUSE_H

#include "plan.h"

typedef struct {
    int count;                      /* ops; 1 = no chain */
    uint32_t ops[V5L_MAX_CHAIN];    /* their indices; views between them are not counted */
    uint32_t tensor[V5L_MAX_CHAIN]; /* between op i and op i+1: this tensor */
    int window_rows[V5L_MAX_CHAIN]; /* and this many rows of it */
} v5l_chain;

/* The longest chain that starts with op `first`, which is not a view. Like every decision below, depends only on the model,
 * the input size, the thread count, plan->chains and the accesses in plan->blocks. */
v5l_chain v5l_find_chain(const v5l_plan *plan, uint32_t first);

/* Rows of `width` pixels that the last op of a chain computes at a time. */
int v5l_chain_batch(int width);

/* Whether op 0, and no other, reads the letterboxed picture, and may get it row by row. */
int v5l_can_stream_input(const v5l_plan *plan);

/* Whether op `index` is a 3x3 convolution to be computed by Winograd's transform. The answer is the same in every form of a
 * model and for every thread count, so that results are. */
int v5l_uses_winograd(const v5l_plan *plan, uint32_t index);

/* Whether boxes and classes of a head can be left to decode (ops/head.c): the file lays the channels out for it, no other op
 * reads or writes the map, and what the DETECT op reads is not overwritten later. Needs plan->head_ops. */
int v5l_can_defer_head(const v5l_plan *plan, uint32_t head);

#endif
