/* SPDX-License-Identifier: MIT */
/* The program that will run: shapes, lifetimes, arena offsets and kernels for one model and one input size, in two
 * passes over the same code. v5l_plan_measure decides everything and needs no memory but the caller's block table;
 * v5l_plan_place carves the memory and resolves every pointer. */
#ifndef V5L_PLAN_H
#define V5L_PLAN_H

#include "candidates.h"
#include "fuse.h"
#include "ops/ops.h"

/* Blocks of the arena: one for each tensor, then the letterbox's scratch, then the candidates. Time 0 is the
 * letterbox, op i has time i + 1, decode and NMS have the time after the last op. */
enum { V5L_MAX_BLOCKS = V5L_MAX_TENSORS + 2 };

typedef struct {
    v5l_decode_level level;
    const v5l_step *deferred; /* the DETECT step, which decode lets compute boxes and classes; NULL: the map is whole */
} v5l_plan_head;

typedef struct {
    const v5l_model *model;
    int width, height, threads;
    v5l_decisions decisions;
    v5l_kernels kernels;
    uint32_t candidate_capacity;
    uint64_t arena_bytes, scratch_bytes, letterbox_bytes; /* scratch and letterbox: of one worker */
    uint64_t winograd_bytes;                              /* weights that create transforms, of all steps */
    uint64_t macs;
    v5l_block *blocks; /* [tensor_count + 2] */

    /* After v5l_plan_place only. */
    v5l_step *steps;      /* [threads][op_count]: each worker has its own rolling windows */
    v5l_span *spans;      /* [threads][span_count], in the order of the file */
    v5l_plan_head *heads; /* [head_count] */
    void *zeros;
    unsigned char *scratch; /* [threads][scratch_bytes] */
    unsigned char *arena;
} v5l_plan;

/* Fills plan up to and including blocks, which has room for V5L_MAX_BLOCKS. Options are checked. Errors:
 * V5L_E_TOO_LARGE, V5L_E_CPU. */
v5l_status v5l_plan_measure(v5l_plan *plan, const v5l_model *model, const v5l_net_options *options, v5l_block *blocks);

/* Takes the plan's memory from bump. If bump only measures, does no more; otherwise copies the block table to that
 * memory and fills spans, steps and heads. */
void v5l_plan_place(v5l_plan *plan, v5l_bump *bump);

/* Rows of a tensor, and channels that are kept of it. */
int v5l_plan_rows(const v5l_plan *plan, uint32_t tensor);
uint32_t v5l_plan_channels(const v5l_plan *plan, uint32_t tensor);

/* Address of a tensor (of worker 0's if it is a rolling window), of the letterbox's scratch and of the candidates. */
unsigned char *v5l_plan_block(const v5l_plan *plan, uint32_t index);
unsigned char *v5l_plan_letterbox(const v5l_plan *plan);
v5l_candidate *v5l_plan_candidates(const v5l_plan *plan);

#endif
