/* SPDX-License-Identifier: MIT */
/* Lazy detect heads. A score is objectness * class <= objectness: where the objectness does not pass the threshold, box and
 * classes, most of the head's work, need not be computed. Planned models keep the objectness of all anchors in the first
 * output span and each anchor's box and classes in one of its own (FORMAT.md), so the step computes the first span for the
 * whole map, and decode asks for the others pixel by pixel, a tile at a time. The large maps never exist, and what is
 * computed is the same bits. */
#include "../kernels/scalar_math.h"
#include "ops.h"

uint64_t v5l_head_scratch(const v5l_step *step) {
    const uint64_t tile = step->kernels->gemm.tile;
    return v5l_aligned(tile * sizeof(uint32_t)) + v5l_aligned(tile * step->widest * sizeof(float));
}

typedef struct {
    uint32_t *cells; /* [tile] */
    float *rows;     /* [tile][widest] box and classes */
    uint32_t count;
} pending;

static void flush(const v5l_step *step, const v5l_worker *worker, const v5l_decode_level *level, uint32_t anchor,
                  const v5l_net_options *options, v5l_candidates *list, pending *p) {
    if (p->count == 0) return;
    v5l_conv_pixels(step, worker, 1 + anchor, p->cells, p->count, p->rows, step->widest);
    for (uint32_t m = 0; m < p->count; m++) {
        const uint32_t cell = p->cells[m], width = (uint32_t)level->width;
        const float *row = p->rows + (size_t)m * step->widest;
        v5l_decode_anchor(level, level->map[(size_t)cell * level->head->anchor_count + anchor], row, row + 4,
                          (int)(cell % width), (int)(cell / width), anchor, options, list);
    }
    p->count = 0;
}

void v5l_head_decode(const v5l_step *step, const v5l_worker *worker, const v5l_decode_level *level,
                     const v5l_net_options *options, v5l_candidates *list) {
    const uint32_t tile = step->kernels->gemm.tile, anchors = level->head->anchor_count;
    const uint32_t cells = (uint32_t)level->height * (uint32_t)level->width;
    const float floor = v5l_logit_floor(options->confidence);
    unsigned char *at = (unsigned char *)worker->scratch + v5l_conv_scratch(step);
    pending p = {.cells = (uint32_t *)(void *)at, .rows = (float *)(void *)(at + v5l_aligned(tile * sizeof(uint32_t)))};
    for (uint32_t a = 0; a < anchors; a++) {
        const float *logits = level->map + a;
        for (uint32_t next = 0, cell; next < cells; next = cell + 1) {
            cell = V5L_RUN(step->kernels, find_above)(logits, anchors, floor, next, cells);
            if (cell == cells) break;
            if (!(v5l_sigmoid(logits[(size_t)cell * anchors]) > options->confidence)) continue;
            p.cells[p.count++] = cell;
            if (p.count == tile) flush(step, worker, level, a, options, list, &p);
        }
        flush(step, worker, level, a, options, list, &p);
    }
}
