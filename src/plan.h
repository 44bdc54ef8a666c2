/* SPDX-License-Identifier: MIT */
/* The plan of a net: shapes, lifetimes, arena offsets and kernels for one model and one input size. Two passes over the
 * same code: v5l_plan_measure decides everything and needs no memory but the caller's block table; v5l_plan_place
 * carves the memory and resolves every pointer. */
#ifndef V5L_PLAN_H
#define V5L_PLAN_H

#include "candidates.h"
#include "fuse.h"
#include "ops/ops.h"

/* Blocks of the arena: one for each tensor, then the letterbox's scratch, then the candidates. Times: the letterbox has
 * time 0, op i has time i + 1, decode and NMS have the time after the last op. */
enum { V5L_MAX_BLOCKS = V5L_MAX_TENSORS + 2 };

typedef struct {
    v5l_decode_level level;
    const v5l_step *deferred; /* the DETECT step that decode calls for boxes and classes; NULL: the map is complete */
} v5l_plan_head;

typedef struct {
    const v5l_model *model;
    int width, height, threads;
    v5l_decisions decisions;
    v5l_kernels kernels[V5L_KERNEL_TABLES]; /* of F32, and of the narrow type of the file */
    int widens;                             /* F16 is stored as F32: no kernel computes in F16 */
    uint32_t candidate_capacity;
    uint64_t arena_bytes, scratch_bytes, letterbox_bytes; /* scratch and letterbox: of one worker */
    uint64_t winograd_bytes;                              /* weights that v5l_net_create transforms, all steps */
    uint32_t quant_count;                                 /* quantised ops */
    uint64_t macs;
    v5l_block *blocks; /* [tensor_count + 2] */

    /* After v5l_plan_place only. */
    v5l_step *steps;      /* [threads][op_count]: each worker has its own rolling windows */
    v5l_span *spans;      /* [threads][span_count], in the order of the file */
    v5l_plan_head *heads; /* [head_count] */
    v5l_quant *quants;    /* [quant_count], in the order of the ops */
    void *zeros;
    unsigned char *scratch; /* [threads][scratch_bytes] */
    unsigned char *arena;
} v5l_plan;

/* Fills plan up to and including blocks: [V5L_MAX_BLOCKS]. The options are checked already.
 * Errors: V5L_E_TOO_LARGE, V5L_E_CPU. */
v5l_status v5l_plan_measure(v5l_plan *plan, const v5l_model *model, const v5l_net_options *options, v5l_block *blocks);

/* Takes the plan's memory from bump. Unless bump only measures, copies the block table to that memory and fills spans,
 * steps and heads. */
void v5l_plan_place(v5l_plan *plan, v5l_bump *bump);

/* Return the rows of a tensor, how many of its channels are kept, and the type they are stored in. */
v5l_type v5l_plan_type(const v5l_plan *plan, uint32_t tensor);
int v5l_plan_rows(const v5l_plan *plan, uint32_t tensor);
uint32_t v5l_plan_channels(const v5l_plan *plan, uint32_t tensor);

/* Return the address of a tensor (worker 0's rolling window if it has one), of the letterbox's scratch and of the
 * candidates. */
unsigned char *v5l_plan_block(const v5l_plan *plan, uint32_t index);
unsigned char *v5l_plan_letterbox(const v5l_plan *plan);
v5l_candidate *v5l_plan_candidates(const v5l_plan *plan);

#endif
