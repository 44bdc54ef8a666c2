/* SPDX-License-Identifier: MIT */
/* Two small allocators over memory that the caller owns.
 *
 * v5l_bump hands out 64-byte aligned pieces one after another; with base = NULL it only measures.
 * v5l_assign_offsets places blocks with known lifetimes: blocks alive at the same time never overlap. */
#ifndef V5L_ARENA_H
#define V5L_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define V5L_ALIGN 64u

/* Bytes, rounded up to V5L_ALIGN. */
static inline uint64_t v5l_aligned(uint64_t bytes) { return (bytes + V5L_ALIGN - 1) / V5L_ALIGN * V5L_ALIGN; }

typedef struct {
    unsigned char *base; /* aligned to V5L_ALIGN, or NULL to measure */
    uint64_t used;       /* bytes, a multiple of V5L_ALIGN: the high-water mark */
} v5l_bump;

/* Takes `bytes` bytes, rounded up to V5L_ALIGN. Returns NULL when measuring. Cannot fail: measure first. */
void *v5l_bump_take(v5l_bump *bump, uint64_t bytes);

/* Sizes and offsets count units of V5L_ALIGN bytes. 12 bytes: 512 blocks fit 6 KB of stack. */
typedef struct {
    uint32_t size;                  /* units, at least 1; 0 = no block */
    uint32_t offset;                /* out: units */
    unsigned first : 11, last : 11; /* lifetime, both times included */
    unsigned window_rows : 10;      /* of a rolling window; 0: all rows are kept */
} v5l_block;

/* Extends the lifetime of a block to contain the times first .. last. */
static inline void v5l_extend_life(v5l_block *block, uint32_t first, uint32_t last) {
    if (block->first > first) block->first = first & 0x7FFu;
    if (block->last < last) block->last = last & 0x7FFu;
}

/* Places each block at the lowest offset that is free for its whole lifetime. Tries three orders, by size, by size
 * times lifetime and between them, largest first, equal ones by index, and keeps the best result. Returns the units
 * needed. Takes at most count^3 steps for each. */
uint64_t v5l_assign_offsets(v5l_block *blocks, int count);

#endif
