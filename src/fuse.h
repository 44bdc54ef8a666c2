/* SPDX-License-Identifier: MIT */
/* Decides where a net does not simply run op after op on whole tensors: which ops run as chains (ops/chain.c), which
 * convolutions use Winograd, whether the input is streamed, and which heads are deferred (ops/head.c). All decisions
 * depend only on v5l_fuse_input and are made once. */
#ifndef V5L_FUSE_H
#define V5L_FUSE_H

#include "access.h"

typedef struct {
    const v5l_model *model;
    int width, height; /* of the network input */
    int threads;
    int direct;        /* no Winograd, except where the file has no other weights */
    int whole_tensors; /* an observer reads every output: no chains, streamed input or deferred heads */
    int whole_input;   /* an observer reads the letterboxed picture */
} v5l_fuse_input;

typedef struct {
    uint32_t winograd_ops[V5L_MAX_OPS / 32]; /* bit i % 32 of [i / 32]: op i uses Winograd */
    uint32_t head_ops[V5L_MAX_HEADS];        /* the DETECT op of each head */
    uint32_t
        deferred_heads; /* bit i: decode computes boxes and classes of head i; its tensor holds only the objectness */
    int streams_input;  /* the letterbox passes rows to op 0 one by one; tensor 0, the picture, does not exist */
} v5l_decisions;

/* Sets the accesses (access.h) in blocks[tensor_count], window_rows of the tensors inside chains, and *decisions. The
 * use of Winograd depends only on the model, the input size and `direct`, so results are bit-identical for any thread
 * count and observer. */
void v5l_decide(const v5l_fuse_input *in, v5l_block *blocks, v5l_decisions *decisions);

static inline int v5l_uses_winograd(const v5l_decisions *d, uint32_t op) {
    return (d->winograd_ops[op / 32] >> op % 32 & 1u) != 0;
}
static inline int v5l_is_deferred(const v5l_decisions *d, uint32_t head) {
    return (d->deferred_heads >> head & 1u) != 0;
}

/* Returns the op that reads the rows of `op` through a rolling window; 0 if no op does. */
uint32_t v5l_next_in_chain(const v5l_model *m, const v5l_block *blocks, uint32_t op);

/* Returns how many rows of `width` pixels the last op of a chain computes at a time. */
int v5l_chain_batch(int width);

#endif
