/* SPDX-License-Identifier: MIT */
#include "arena.h"

void *v5l_bump_take(v5l_bump *bump, uint64_t bytes) {
    unsigned char *piece = bump->base == NULL ? NULL : bump->base + (size_t)bump->used;
    bump->used += v5l_aligned(bytes);
    return piece;
}

static int lifetimes_overlap(const v5l_block *x, const v5l_block *y) {
    return x->first <= y->last && y->first <= x->last;
}

/* Orders of placement. Large blocks, or large blocks with long lifetimes, are hard to place late, so they are placed
 * first. Which of the two matters more depends on the network. */
typedef enum { BY_SIZE_AND_LIFE, BY_BOTH, BY_SIZE, PLACEMENTS } placement;

static uint64_t weight(const v5l_block *b, placement order) {
    static const uint32_t factor[PLACEMENTS] = {1, 1, 0}, base[PLACEMENTS] = {1, 64, 1}; /* of the life, and constant */
    return (uint64_t)b->size * ((b->last - b->first) * factor[order] + base[order]);
}

/* Returns whether block i is placed before block j: heavier blocks first, equal ones by index. */
static int comes_before(const v5l_block *blocks, placement order, int i, int j) {
    const uint64_t a = weight(&blocks[i], order), b = weight(&blocks[j], order);
    return a != b ? a > b : i < j;
}

/* Returns the lowest offset at which block b overlaps no block that is placed before it and whose lifetime overlaps
 * b's. */
static uint32_t lowest_free(const v5l_block *blocks, int count, placement order, int b) {
    uint32_t at = 0;
    for (int moved = 1; moved;) {
        moved = 0;
        for (int i = 0; i < count; i++) {
            if (i == b || !lifetimes_overlap(&blocks[i], &blocks[b]) || !comes_before(blocks, order, i, b)) continue;
            if (blocks[i].offset < at + blocks[b].size && at < blocks[i].offset + blocks[i].size) {
                at = blocks[i].offset + blocks[i].size;
                moved = 1;
            }
        }
    }
    return at;
}

static uint64_t place(v5l_block *blocks, int count, placement order) {
    uint64_t end = 0;
    int previous = -1;
    for (int placed = 0; placed < count; placed++) {
        int next = -1;
        for (int i = 0; i < count; i++)
            if ((previous < 0 || comes_before(blocks, order, previous, i)) &&
                (next < 0 || comes_before(blocks, order, i, next)))
                next = i;
        blocks[next].offset = lowest_free(blocks, count, order, next);
        const uint64_t top = (uint64_t)blocks[next].offset + blocks[next].size;
        if (top > end) end = top;
        previous = next;
    }
    return end;
}

uint64_t v5l_assign_offsets(v5l_block *blocks, int count) {
    uint64_t least = place(blocks, count, (placement)0);
    int best = 0;
    for (int order = 1; order < PLACEMENTS; order++) {
        const uint64_t end = place(blocks, count, (placement)order);
        if (end < least) {
            least = end;
            best = order;
        }
    }
    return best == PLACEMENTS - 1 ? least : place(blocks, count, (placement)best);
}
