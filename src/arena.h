/* SPDX-License-Identifier: MIT */
/* Two small allocators over memory that the caller owns.
 *
 * v5l_bump hands out 64-byte aligned pieces one after the other; with base = NULL it only measures.
 * v5l_assign_offsets gives offsets to blocks with known lifetimes, so that blocks alive at the same time never overlap. */
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

/* The next `bytes` bytes (rounded up to V5L_ALIGN), or NULL when measuring. Cannot fail: measure first. */
void *v5l_bump_take(v5l_bump *bump, uint64_t bytes);

/* Sizes and offsets count units of V5L_ALIGN bytes. 12 bytes a block: 512 blocks take 6 KB of stack. */
typedef struct {
    uint32_t size;                  /* units, at least 1; 0 = no block */
    uint32_t offset;                /* out: units */
    unsigned first : 11, last : 11; /* alive from time first to time last, both included */
    unsigned window_rows : 10;      /* the owner's: rows of a rolling window, 0 = not one */
} v5l_block;

/* Extends the life of a block to contain the times first .. last. */
static inline void v5l_extend_life(v5l_block *block, uint32_t first, uint32_t last) {
    if (block->first > first) block->first = first & 0x7FFu;
    if (block->last < last) block->last = last & 0x7FFu;
}

/* Places blocks, each at the lowest offset that is free for its whole life: in the order of size times life, or of size if that
 * takes less in all; equal ones in index order. Returns the units needed in all. Bounded by count^3 steps. */
uint64_t v5l_assign_offsets(v5l_block *blocks, int count);

#endif
