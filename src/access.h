/* SPDX-License-Identifier: MIT */
/* Lists which ops read and write each tensor: one table, made in one pass over the ops. Every optimisation that changes
 * what a tensor holds, or when, checks this table first (fuse.c). */
#ifndef V5L_ACCESS_H
#define V5L_ACCESS_H

#include "arena.h"
#include "model.h"

/* Sets blocks[t].first and .last, for every tensor t, to the times of the first and the last op that reads or writes
 * it. Op i has time i + 1. A tensor without such an op gets first > last. Views read nothing unless with_views is
 * set. blocks: [tensor_count]; sets all other fields to 0. */
void v5l_find_accesses(const v5l_model *m, int with_views, v5l_block *blocks);

/* Extends the accesses of every tensor that op `index` reads or writes to contain the times first .. last. */
void v5l_extend_accesses(const v5l_model *m, uint32_t index, uint32_t first, uint32_t last, v5l_block *blocks);

/* Returns whether no op other than first .. last reads or writes the tensor of this block. Valid until the table is
 * extended. */
int v5l_used_only_within(const v5l_block *block, uint32_t first, uint32_t last);

/* Returns whether any of the ops first .. end-1 writes channels that op `reader` reads. */
int v5l_overwritten(const v5l_model *m, uint32_t reader, uint32_t first, uint32_t end);

#endif
