/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "floats.h"
#include "range.h"
#include "reserved.h"

enum { MAX_INPUT = 8192, MAX_CANDIDATES = 30000 };

static int is_input_side(int x, int stride) { return v5l_in_range(x, 1, MAX_INPUT) && x % stride == 0; }

/* Returns whether the file has only transformed weights for some convolution. */
static int has_winograd_ops(const v5l_model *m) {
    for (uint32_t i = 0; i < v5l_header(m)->op_count; i++)
        if (v5l_has_winograd_weights(&v5l_ops(m)[i])) return 1;
    return 0;
}

/* Returns the name of a reserved field that is not zero (a later version's field may be set there), or NULL. */
static const char *unknown_field(const v5l_net_options *o) {
    if (!V5L_RESERVED_IS_ZERO(&o->parallel)) return "parallel.reserved";
    if (!V5L_RESERVED_IS_ZERO(&o->observer)) return "observer.reserved";
    return V5L_RESERVED_IS_ZERO(o) ? NULL : "reserved";
}

v5l_status v5l_options_check(const v5l_model *model, const v5l_net_options *options, const char **option) {
    const v5l_net_options *o = options;
    const int stride = (int)v5l_header(model)->max_stride;
    const struct {
        const char *name;
        v5l_status error;
        int is_good;
    } rules[] = {
        {"width", V5L_E_INPUT_SIZE, is_input_side(o->width, stride)},
        {"height", V5L_E_INPUT_SIZE, is_input_side(o->height, stride)},
        {"fit_width", V5L_E_ARGUMENT, v5l_in_range(o->fit_width, 0, MAX_INPUT)},
        {"fit_height", V5L_E_ARGUMENT, v5l_in_range(o->fit_height, 0, MAX_INPUT)},
        {"confidence", V5L_E_ARGUMENT, v5l_is_fraction(o->confidence)},
        {"iou", V5L_E_ARGUMENT, v5l_is_fraction(o->iou)},
        {"max_detections", V5L_E_ARGUMENT, v5l_in_range(o->max_detections, 1, MAX_CANDIDATES)},
        {"max_candidates", V5L_E_ARGUMENT, v5l_in_range(o->max_candidates, 0, MAX_CANDIDATES)},
        {"parallel.threads", V5L_E_ARGUMENT,
         o->parallel.run == NULL || v5l_in_range(o->parallel.threads, 1, V5L_MAX_THREADS)},
        {"direct", V5L_E_DIRECT, !o->direct || !has_winograd_ops(model)},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].is_good) continue;
        *option = rules[i].name;
        return rules[i].error;
    }
    *option = unknown_field(o);
    return *option == NULL ? V5L_OK : V5L_E_ARGUMENT;
}

uint32_t v5l_options_candidates(const v5l_model *model, const v5l_net_options *options) {
    const v5l_file_header *h = v5l_header(model);
    uint64_t rows = 0;
    for (uint32_t i = 0; i < h->head_count; i++) {
        const v5l_file_head *head = &v5l_heads(model)[i];
        const int stride = (int)head->stride;
        rows += (uint64_t)(options->width / stride) * (uint64_t)(options->height / stride) * head->anchor_count;
    }
    if (options->multi_label) rows *= h->class_count;
    const uint64_t limit = options->max_candidates > 0 ? (uint64_t)options->max_candidates : (uint64_t)MAX_CANDIDATES;
    return (uint32_t)(rows < limit ? rows : limit);
}
