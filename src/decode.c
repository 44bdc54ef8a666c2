/* SPDX-License-Identifier: MIT */
#include "decode.h"

#include "kernels/scalar_math.h"

/* Limits an anchor's side. Files may hold any float as an anchor, but areas of boxes must stay finite. */
static float prior(float anchor) { return anchor < 1e18f ? anchor : 1e18f; }

/* Computes the box of anchor a at cell (gx, gy). */
static void decode_box(const v5l_decode_level *level, const float *logits, int gx, int gy, uint32_t a,
                       v5l_candidate *c) {
    const float stride = (float)level->head->stride;
    const float cx = (2.0f * v5l_sigmoid(logits[0]) - 0.5f + (float)gx) * stride;
    const float cy = (2.0f * v5l_sigmoid(logits[1]) - 0.5f + (float)gy) * stride;
    const float sw = 2.0f * v5l_sigmoid(logits[2]), sh = 2.0f * v5l_sigmoid(logits[3]);
    const float half_w = sw * sw * prior(level->anchors[2 * a]) * 0.5f;
    const float half_h = sh * sh * prior(level->anchors[2 * a + 1]) * 0.5f;
    c->x0 = cx - half_w;
    c->y0 = cy - half_h;
    c->x1 = cx + half_w;
    c->y1 = cy + half_h;
}

static void add_classes(const v5l_decode_level *level, const float *logits, float objectness,
                        const v5l_net_options *options, v5l_candidate *c, v5l_candidates *list) {
    /* A logit lower than the best by more than this cannot have the higher score: v5l_expf is accurate to 2 ulp, and
     * rounding keeps the order of the operations that follow. */
    const float margin = 0.01f;
    float best = -1.0f, top = 0.0f; /* score and logit of the best class; unused by multi-label */
    for (uint32_t k = 0; k < level->class_count; k++) {
        if (v5l_is_nan(logits[k]) || (best >= 0.0f && logits[k] < top - margin)) continue;
        const float score = objectness * v5l_sigmoid(logits[k]);
        if (options->multi_label) {
            if (score > options->confidence && (options->classes == NULL || options->classes[k] != 0)) {
                c->score = score;
                c->class_id = k;
                v5l_candidates_add(list, c);
            }
        } else if (score > best) { /* strict: of equal classes the first wins */
            best = score;
            top = logits[k];
            c->score = score;
            c->class_id = k;
        }
    }
    if (!options->multi_label && best > options->confidence &&
        (options->classes == NULL || options->classes[c->class_id] != 0))
        v5l_candidates_add(list, c);
}

/* Returns the logit at which the sigmoid crosses the threshold, minus a margin for the rounding error of v5l_sigmoid,
 * which is a few 1e-7 of its value. Near 1 the curve is flat, so the margin grows. */
float v5l_logit_floor(float confidence) {
    float low = -110.0f, high = 110.0f;
    for (int i = 0; i < 24; i++) {
        const float middle = 0.5f * (low + high);
        if (v5l_sigmoid(middle) > confidence)
            high = middle;
        else
            low = middle;
    }
    return low - 0.01f - 4e-6f / (1.000001f - confidence);
}

static int has_nan(const float *x, int n) {
    for (int i = 0; i < n; i++)
        if (v5l_is_nan(x[i])) return 1;
    return 0;
}

void v5l_decode_anchor(const v5l_decode_level *level, float objectness, const float *box, const float *classes, int gx,
                       int gy, uint32_t a, const v5l_net_options *options, v5l_candidates *list) {
    if (v5l_is_nan(objectness) || has_nan(box, 4)) return;
    const float probability = v5l_sigmoid(objectness);
    if (!(probability > options->confidence)) return;
    const uint32_t width = (uint32_t)level->width, cells = (uint32_t)level->height * width;
    v5l_candidate c = {.row = level->first_row + a * cells + (uint32_t)gy * width + (uint32_t)gx};
    decode_box(level, box, gx, gy, a, &c);
    add_classes(level, classes, probability, options, &c, list);
}

/* Visits anchors, then rows of cells: the order of the decoded tensor. */
void v5l_decode(const v5l_decode_level *level, const v5l_kernels *kernels, const v5l_net_options *options,
                v5l_candidates *list) {
    const v5l_file_head *head = level->head;
    const size_t pixel_stride = (size_t)head->anchor_count * (5u + level->class_count) * sizeof(float);
    const uint32_t width = (uint32_t)level->width, cells = (uint32_t)level->height * width;
    uint32_t cell = 0;
    v5l_find_above_args find = {
        .stride = pixel_stride, .found = &cell, .floor = v5l_logit_floor(options->confidence), .count = cells};
    for (uint32_t a = 0; a < head->anchor_count; a++) {
        const uint32_t objectness = head->obj_first + a * head->obj_step;
        find.src = v5l_advance_const(level->map, objectness * sizeof(float));
        for (find.first = 0; find.first < cells; find.first = cell + 1) { /* few cells pass */
            v5l_run_find_above(kernels, &find);
            if (cell == cells) break;
            const float *logits = (const float *)v5l_advance_const(level->map, cell * pixel_stride); /* of the cell */
            v5l_decode_anchor(level, logits[objectness], logits + head->box_first + a * head->box_step,
                              logits + head->cls_first + a * head->cls_step, (int)(cell % width), (int)(cell / width),
                              a, options, list);
        }
    }
}
