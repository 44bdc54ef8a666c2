/* SPDX-License-Identifier: MIT */
/* Which ops read and write each tensor: one table, made in one pass over the ops. Every optimisation that changes what a
 * tensor holds, or when it holds it, asks here first (fuse.c). */
#ifndef V5L_ACCESS_H
#define V5L_ACCESS_H

#include "arena.h"
#include "model.h"

/* Sets blocks[t].first and .last, for every tensor t, to the times of the first and the last op that reads or writes it; op i
 * has time i + 1. A tensor without such an op gets first > last. Views read nothing, unless with_views is set.
 * blocks: [tensor_count]; other fields become 0. */
void v5l_find_accesses(const v5l_model *m, int with_views, v5l_block *blocks);

/* Extends first .. last of every tensor that op `index` reads or writes to contain the given times. */
void v5l_extend_accesses(const v5l_model *m, uint32_t index, uint32_t first, uint32_t last, v5l_block *blocks);

/* Whether no op outside first .. last reads or writes the tensor of this block. Valid until the table is extended. */
int v5l_used_only_within(const v5l_block *block, uint32_t first, uint32_t last);

/* Whether an op of first .. end-1 writes channels that op `reader` reads. */
int v5l_overwritten(const v5l_model *m, uint32_t reader, uint32_t first, uint32_t end);

#endif
