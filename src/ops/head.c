/* SPDX-License-Identifier: MIT */
/* Deferred detect heads. A score is objectness * class <= objectness. If the objectness of an anchor does not exceed
 * the threshold, its box and classes, which are most of the head's work, need not be computed. Planned models keep the
 * objectness of all anchors in the first output span, and the box and classes of each anchor in one later span
 * (FORMAT.md). The step computes the first span for the whole map. Decode then computes the other spans only for pixels
 * that pass, a tile at a time. Large maps never exist, and results are bit-identical. Heads write F32 logits for any
 * input type. */
#include "../kernels/scalar_math.h"
#include "ops.h"

typedef struct {
    uint32_t *cells;  /* [max_pixels] */
    void *logits;     /* [max_pixels][widest]: box and classes */
    size_t row_bytes; /* of one pixel's logits */
    uint32_t count;
} pending;

static pending carve_head(const v5l_step *step, v5l_bump *bump) {
    const uint64_t max_pixels = step->kernels->gemm->max;
    pending p = {.row_bytes = (size_t)step->widest * step->out_bytes};
    p.cells = (uint32_t *)v5l_bump_take(bump, max_pixels * sizeof(uint32_t));
    p.logits = v5l_bump_take(bump, max_pixels * p.row_bytes);
    return p;
}

uint64_t v5l_head_scratch(const v5l_step *step) {
    v5l_bump bump = {NULL, 0};
    (void)carve_head(step, &bump);
    return bump.used;
}

static float objectness(const v5l_decode_level *level, uint32_t cell, uint32_t anchor) {
    return ((const float *)level->map)[(size_t)cell * level->head->anchor_count + anchor];
}

static void flush(const v5l_step *step, const v5l_worker *worker, const v5l_decode_level *level, uint32_t anchor,
                  const v5l_net_options *options, v5l_candidates *list, pending *p) {
    if (p->count == 0) return;
    v5l_conv_pixels(step, worker, 1 + anchor, p->cells, p->count, p->logits, p->row_bytes);
    for (uint32_t m = 0; m < p->count; m++) {
        const uint32_t cell = p->cells[m], width = (uint32_t)level->width;
        const float *box = (const float *)v5l_advance(p->logits, m * p->row_bytes);
        v5l_decode_anchor(level, objectness(level, cell, anchor), box, box + 4, (int)(cell % width),
                          (int)(cell / width), anchor, options, list);
    }
    p->count = 0;
}

void v5l_head_decode(const v5l_step *step, const v5l_worker *worker, const v5l_decode_level *level,
                     const v5l_net_options *options, v5l_candidates *list) {
    const uint32_t anchors = level->head->anchor_count, cells = (uint32_t)level->height * (uint32_t)level->width;
    uint32_t cell = 0;
    v5l_find_above_args find = {.stride = (size_t)anchors * step->out_bytes,
                                .found = &cell,
                                .floor = v5l_logit_floor(options->confidence),
                                .count = cells};
    v5l_bump bump = {(unsigned char *)worker->scratch, v5l_conv_scratch(step)};
    pending p = carve_head(step, &bump);
    for (uint32_t a = 0; a < anchors; a++) {
        find.src = v5l_advance_const(level->map, (size_t)a * step->out_bytes);
        for (find.first = 0; find.first < cells; find.first = cell + 1) {
            v5l_run_find_above(step->kernels, &find);
            if (cell == cells) break;
            if (!(v5l_sigmoid(objectness(level, cell, a)) > options->confidence)) continue;
            p.cells[p.count++] = cell;
            if (p.count == step->kernels->gemm->max) flush(step, worker, level, a, options, list, &p);
        }
        flush(step, worker, level, a, options, list, &p);
    }
}
