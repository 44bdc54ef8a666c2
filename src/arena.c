/* SPDX-License-Identifier: MIT */
#include "arena.h"

void *v5l_bump_take(v5l_bump *bump, uint64_t bytes) {
    unsigned char *piece = bump->base == NULL ? NULL : bump->base + (size_t)bump->used;
    bump->used += v5l_aligned(bytes);
    return piece;
}

static int conflict(const v5l_block *x, const v5l_block *y) { return x->first <= y->last && y->first <= x->last; }

/* Placement order: larger blocks first, then by index. A block is placed iff it comes before in this order. */
static int comes_before(const v5l_block *blocks, int i, int j) {
    return blocks[i].size != blocks[j].size ? blocks[i].size > blocks[j].size : i < j;
}

/* Lowest offset at which block b meets no conflicting block that was placed before it. */
static uint32_t lowest_free(const v5l_block *blocks, int count, int b) {
    uint32_t at = 0;
    for (int moved = 1; moved;) {
        moved = 0;
        for (int i = 0; i < count; i++) {
            if (i == b || !comes_before(blocks, i, b) || !conflict(&blocks[i], &blocks[b])) continue;
            if (blocks[i].offset < at + blocks[b].size && at < blocks[i].offset + blocks[i].size) {
                at = blocks[i].offset + blocks[i].size;
                moved = 1;
            }
        }
    }
    return at;
}

uint64_t v5l_pack(v5l_block *blocks, int count) {
    uint64_t end = 0;
    int previous = -1;
    for (int placed = 0; placed < count; placed++) {
        int next = -1;
        for (int i = 0; i < count; i++)
            if ((previous < 0 || comes_before(blocks, previous, i)) && i != previous &&
                (next < 0 || comes_before(blocks, i, next)))
                next = i;
        blocks[next].offset = lowest_free(blocks, count, next);
        const uint64_t top = (uint64_t)blocks[next].offset + blocks[next].size;
        if (top > end) end = top;
        previous = next;
    }
    return end;
}
