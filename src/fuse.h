/* SPDX-License-Identifier: MIT */
/* Which consecutive ops run as a chain (ops/chain.c), and how many rows their windows keep. */
#ifndef V5L_FUSE_H
#define V5L_FUSE_H

#include "plan.h"

typedef struct {
    int count;                      /* ops; 1 = no chain */
    uint32_t ops[V5L_MAX_CHAIN];    /* their indices; views between them are not counted */
    uint32_t tensor[V5L_MAX_CHAIN]; /* between op i and op i+1: this tensor */
    int ring[V5L_MAX_CHAIN];        /* and this many rows of it */
    int batch;                      /* rows that the last op computes at a time */
} v5l_chain;

/* The longest chain that starts with op `first`, which is not a view. Depends on model, input size, thread count and
 * plan->chains alone. */
v5l_chain v5l_find_chain(const v5l_plan *plan, uint32_t first);

/* Whether op 0, and no other, reads the letterboxed picture, and may have it row by row: plan->chains. */
int v5l_stem_can_be_fed(const v5l_plan *plan);

/* Whether op `index` is a 3x3 convolution to be computed by Winograd's transform. The answer is the same in every form of a
 * model and for every thread count, so that results are. */
int v5l_takes_winograd(const v5l_plan *plan, uint32_t index);

/* The DETECT op of a head. */
uint32_t v5l_head_op(const v5l_model *model, uint32_t head);

/* Whether a head's boxes and classes can be left to decode (ops/head.c): plan->chains, the file lays the channels out for
 * it, and what the DETECT op reads stays as it is until the end. */
int v5l_head_can_wait(const v5l_plan *plan, uint32_t head);

#endif
