/* SPDX-License-Identifier: MIT */
/* Decodes heads by weights/FORMAT.md, in double precision. */
#include <math.h>

#include "fail.h"
#include "interpreter.h"
#include "model.h"

/* Scores and boxes are computed in float32 by a sigmoid of a few units in the last place. */
static const double score_error = 4e-6, box_error = 2e-5;

typedef struct {
    const interpreter *p;
    const v5l_net_options *options;
    const v5l_image *image;
} decoding;

typedef struct {
    uint32_t tensor, anchor;
    int x, y;
    const v5l_file_head *head;
} cell;

static double sigmoid(double x) { return 1.0 / (1.0 + exp(-x)); }

static double logit(const decoding *d, const cell *at, uint32_t first, uint32_t step, uint32_t i) {
    return interpreter_value(d->p, at->tensor, at->y, at->x, first + at->anchor * step + i);
}

static double class_logit(const decoding *d, const cell *at, uint32_t class_id) {
    return logit(d, at, at->head->cls_first, at->head->cls_step, class_id);
}

static double objectness(const decoding *d, const cell *at) {
    return sigmoid(logit(d, at, at->head->obj_first, at->head->obj_step, 0));
}

/* Returns whether a logit of objectness or box is NaN: such an anchor gives no detection. */
static int is_mute(const decoding *d, const cell *at) {
    int nan = isnan(logit(d, at, at->head->obj_first, at->head->obj_step, 0));
    for (uint32_t i = 0; i < 4; i++)
        nan |= isnan(logit(d, at, at->head->box_first, at->head->box_step, i));
    return nan;
}

static double clamped(double v, double limit) { return v > 0.0 ? (v < limit ? v : limit) : 0.0; }

/* Computes the box in pixels of the picture: x0, y0, x1, y1. Returns the largest error of each. */
static double box_of(const decoding *d, const cell *at, double box[4]) {
    const float *anchor = (const float *)v5l_weights(interpreter_model(d->p), at->head->anchors) + 2 * at->anchor;
    double y[4], error = 1.0;
    for (uint32_t i = 0; i < 4; i++)
        y[i] = 2.0 * sigmoid(logit(d, at, at->head->box_first, at->head->box_step, i));
    const double stride = at->head->stride, gain = fmin((double)d->options->width / d->image->width,
                                                        (double)d->options->height / d->image->height);
    const double centre[2] = {(y[0] - 0.5 + at->x) * stride, (y[1] - 0.5 + at->y) * stride};
    const double limit[2] = {d->image->width, d->image->height};
    const double canvas[2] = {d->options->width, d->options->height};
    for (int i = 0; i < 2; i++) {
        const double side = y[2 + i] * y[2 + i] * fmin(anchor[i], 1e18), margin = (canvas[i] - limit[i] * gain) / 2.0;
        box[i] = clamped((centre[i] - side / 2.0 - margin) / gain, limit[i]);
        box[2 + i] = clamped((centre[i] + side / 2.0 - margin) / gain, limit[i]);
        error += (side + fabs(centre[i]) + fabs(margin)) / gain;
    }
    return box_error * error;
}

/* Returns whether a detection may be this anchor's. */
static int explains(const decoding *d, const cell *at, const v5l_detection *found) {
    const double score = objectness(d, at) * sigmoid(class_logit(d, at, (uint32_t)found->class_id));
    const double got[4] = {found->x0, found->y0, found->x1, found->y1};
    double box[4];
    if (!(fabs(score - found->score) <= score_error)) return 0;
    const double error = box_of(d, at, box);
    for (int i = 0; i < 4; i++)
        if (!(fabs(box[i] - got[i]) <= error)) return 0;
    return 1;
}

/* Counts an anchor's scores that certainly pass the threshold, and those that may. */
static void count_scores(const decoding *d, const cell *at, uint32_t *sure, uint32_t *possible) {
    const uint32_t classes = v5l_header(interpreter_model(d->p))->class_count;
    const double object = objectness(d, at), threshold = d->options->confidence;
    uint32_t passing = 0, perhaps = 0, admitted = 0, refused = 0;
    double best = -INFINITY;
    for (uint32_t k = 0; k < classes; k++)
        best = fmax(best, object * sigmoid(class_logit(d, at, k)));
    for (uint32_t k = 0; k < classes; k++) {
        const double score = object * sigmoid(class_logit(d, at, k));
        const int wanted = d->options->classes == NULL || d->options->classes[k] != 0;
        if (!d->options->multi_label && !(score >= best - score_error)) continue;
        if (!wanted) refused++;
        if (!wanted) continue;
        passing += object > threshold + score_error && score > threshold + score_error;
        perhaps += object > threshold - score_error && score > threshold - score_error;
        admitted++;
    }
    if (!d->options->multi_label) { /* one of the best classes; which one is undefined where they are equal */
        passing = passing > 0 && refused == 0 && passing == admitted;
        perhaps = perhaps > 0;
    }
    *sure += passing;
    *possible += perhaps;
}

/* Calls `visit` for every anchor of every cell that may give a detection, until it returns nonzero. */
static int each_anchor(const decoding *d, int (*visit)(const decoding *d, const cell *at, void *user), void *user) {
    const v5l_model *m = interpreter_model(d->p);
    for (uint32_t h = 0; h < v5l_header(m)->head_count; h++) {
        const v5l_file_head *head = &v5l_heads(m)[h];
        const int height = d->options->height / (int)head->stride, width = d->options->width / (int)head->stride;
        cell at = {.tensor = head->tensor, .head = head};
        for (at.anchor = 0; at.anchor < head->anchor_count; at.anchor++)
            for (at.y = 0; at.y < height; at.y++)
                for (at.x = 0; at.x < width; at.x++)
                    if (!is_mute(d, &at) && visit(d, &at, user)) return 1;
    }
    return 0;
}

static int visit_explains(const decoding *d, const cell *at, void *found) { return explains(d, at, found); }

typedef struct {
    uint32_t sure, possible;
} score_counts;

static int visit_counts(const decoding *d, const cell *at, void *user) {
    score_counts *counts = user;
    count_scores(d, at, &counts->sure, &counts->possible);
    return 0;
}

void interpreter_check_detections(const interpreter *p, const v5l_net_options *options, const v5l_image *image,
                                  const v5l_detection *found, int count, int capacity) {
    const decoding d = {p, options, image};
    for (int i = 0; i < count && i < 50; i++) {
        v5l_detection one = found[i];
        REQUIRE(each_anchor(&d, visit_explains, &one), "detection %d, class %d, score %.9g: no anchor says so", i,
                one.class_id, (double)one.score);
    }
    const int most = options->max_detections < capacity ? options->max_detections : capacity;
    score_counts scores = {0, 0};
    each_anchor(&d, visit_counts, &scores);
    REQUIRE((uint32_t)count <= scores.possible, "%d detections, of %u scores above the threshold", count,
            (unsigned)scores.possible);
    if (options->iou < 1.0f || options->max_candidates != 0 || scores.possible > (uint32_t)most) return;
    REQUIRE((uint32_t)count >= scores.sure, "%d detections, expected %u at least", count, (unsigned)scores.sure);
}
