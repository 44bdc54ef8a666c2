/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include <math.h>
#include <string.h>

#include "fail.h"

static void check_spans(const v5l_model *model, int op, v5l_operand operand, int count, const v5l_model_info *info) {
    v5l_channel_span span;
    for (int i = 0; i < count; i++) {
        REQUIRE(v5l_model_get_span(model, op, operand, i, &span) == V5L_OK, "op %d: span %d of %d is refused", op, i,
                count);
        REQUIRE(span.tensor >= 0 && span.tensor < info->tensor_count && span.first >= 0 && span.count >= 1,
                "op %d: span %d of tensor %d", op, i, span.tensor);
    }
    REQUIRE(v5l_model_get_span(model, op, operand, count, &span) == V5L_E_ARGUMENT, "op %d: a span too many", op);
}

/* Checks the scales of the first and the last channel: the others have the same way through the net. */
static void check_scales(const v5l_model *model, int op, const v5l_op_info *o) {
    for (int i = 0; i < 2; i++) {
        float scale = 0.0f;
        int zero = 0;
        REQUIRE(v5l_model_get_scale(model, op, i * (o->out_channels - 1), &scale, &zero) == V5L_OK, "op %d: a scale",
                op);
        REQUIRE(scale >= 0x1p-20f && scale <= 0x1p20f && zero >= -128 && zero <= 127, "op %d: %g, %d", op,
                (double)scale, zero);
        REQUIRE(o->out_type == V5L_TYPE_S8 || (scale == 1.0f && zero == 0), "op %d: a scale of floats", op);
    }
    float scale;
    int zero;
    REQUIRE(v5l_model_get_scale(model, op, o->out_channels, &scale, &zero) == V5L_E_ARGUMENT,
            "op %d: the scale of a channel too many", op);
}

static void check_op(const v5l_model *model, int op, const v5l_model_info *info, uint64_t *parameters) {
    v5l_op_info o;
    REQUIRE(v5l_model_get_op(model, op, &o) == V5L_OK, "op %d is refused", op);
    REQUIRE(o.name != NULL && strlen(o.name) <= 255, "op %d: its name", op);
    REQUIRE(strcmp(v5l_op_kind_name(o.kind), "?") != 0, "op %d: kind %d has no name", op, (int)o.kind);
    REQUIRE((o.weights != NULL) == (o.weight_count > 0) && (o.bias != NULL) == (o.bias_count > 0), "op %d: weights",
            op);
    check_scales(model, op, &o);
    check_spans(model, op, V5L_OPERAND_A, o.a_spans, info);
    check_spans(model, op, V5L_OPERAND_B, o.b_spans, info);
    check_spans(model, op, V5L_OPERAND_OUT, o.out_spans, info);
    *parameters += o.parameter_count;
}

void check_descriptions(const v5l_model *model) {
    v5l_model_info info;
    v5l_head_info head;
    v5l_op_info op;
    uint64_t parameters = 0;
    v5l_model_get_info(model, &info);
    for (int i = 0; i < info.class_count; i++)
        REQUIRE(v5l_model_class_name(model, i) != NULL, "class %d has no name", i);
    REQUIRE(v5l_model_class_name(model, info.class_count) == NULL && v5l_model_class_name(model, -1) == NULL,
            "names of classes that do not exist");
    for (int i = 0; i < info.head_count; i++) {
        REQUIRE(v5l_model_get_head(model, i, &head) == V5L_OK, "head %d is refused", i);
        REQUIRE(head.stride >= 1 && head.stride <= info.max_stride && head.anchor_count >= 1, "head %d", i);
        for (int k = 0; k < 2 * head.anchor_count; k++)
            REQUIRE(head.anchors[k] > 0.0f, "head %d: an anchor of %g", i, (double)head.anchors[k]);
    }
    REQUIRE(v5l_model_get_head(model, info.head_count, &head) == V5L_E_ARGUMENT, "a head too many");
    for (int i = 0; i < info.op_count; i++)
        check_op(model, i, &info, &parameters);
    REQUIRE(v5l_model_get_op(model, info.op_count, &op) == V5L_E_ARGUMENT, "an op too many");
    REQUIRE(parameters == info.parameter_count, "parameters do not add up");
}

/* ---- options ---- */

/* Sets an int option to a value outside its range, or a fraction outside 0 .. 1. Returns the option's name. */
static const char *spoil(v5l_net_options *o, choices *c, int stride) {
    static const float fractions[] = {-0.001f, 1.001f, INFINITY, -INFINITY, NAN, 1e30f};
    static const int numbers[] = {-1, -2147483647 - 1, 2147483647, 30001 * 64};
    const int number = numbers[choose(c, 4)];
    switch (choose(c, 8)) {
    case 0: o->width = stride > 1 && chance(c, 50) ? o->width + 1 : chance(c, 50) ? 0 : number; return "width";
    case 1: o->height = stride > 1 && chance(c, 50) ? o->height + 1 : chance(c, 50) ? 0 : number; return "height";
    case 2: o->fit_width = number; return "fit_width";
    case 3: o->fit_height = number; return "fit_height";
    case 4: o->confidence = fractions[choose(c, 6)]; return "confidence";
    case 5: o->iou = fractions[choose(c, 6)]; return "iou";
    case 6: o->max_detections = chance(c, 30) ? 0 : number; return "max_detections";
    default: o->max_candidates = number; return "max_candidates";
    }
}

void check_bad_options(const v5l_model *model, const v5l_net_options *good, choices *c) {
    v5l_model_info info;
    v5l_net_options bad = *good;
    v5l_model_get_info(model, &info);
    const char *spoiled = spoil(&bad, c, info.max_stride), *named = NULL;
    size_t bytes = 1;
    const v5l_status status = v5l_net_check(model, &bad, &bytes, &named);
    REQUIRE(status != V5L_OK && bytes == 1, "a bad %s is taken", spoiled);
    REQUIRE(strcmp(v5l_status_text(status), v5l_status_text((v5l_status)1)) != 0, "status %d has no text", (int)status);
    REQUIRE(named != NULL && strcmp(named, spoiled) == 0, "a bad %s, which the library calls %s", spoiled,
            named != NULL ? named : "nothing");
    REQUIRE(v5l_net_memory(model, &bad) == 0, "memory for a bad %s", spoiled);
}

/* ---- pictures ---- */

void check_bad_image(v5l_net *net, const v5l_image *good, choices *c) {
    static const int sides[] = {0, -1, 32769, 2147483647, -2147483647 - 1};
    v5l_image bad = *good;
    v5l_detection found;
    const uint32_t kind = choose(c, 9);
    if (kind == 0) bad.data = NULL;
    if (kind == 1) bad.width = sides[choose(c, 5)];
    if (kind == 2) bad.height = sides[choose(c, 5)];
    if (kind == 3) bad.format = (v5l_pixel_format)(V5L_I444 + 1 + choose(c, 1000));
    if (kind == 4) bad.row_bytes = -1;
    if (kind == 6) bad.yuv_matrix = (v5l_yuv_matrix)(2 + choose(c, 1000));
    if (kind == 7) bad.yuv_range = (v5l_yuv_range)(2 + choose(c, 1000));
    if (kind == 5) bad.more_row_bytes[choose(c, 2)] = -1;
    if (kind == 8) bad.reserved[choose(c, 3)] = 1u + choose(c, 1000);
    REQUIRE(v5l_net_detect(net, &bad, &found, 1) == V5L_E_IMAGE, "a bad picture, %u, is taken", (unsigned)kind);
    REQUIRE(v5l_net_detect(net, good, &found, 0) == V5L_E_ARGUMENT, "room for no detection is taken");
}

/* ---- letterbox ---- */

/* Checks one side: the picture from `first` on, in the network input, which fits a box; stride as in
 * v5l_letterbox_fit. */
static void check_box_side(int picture, int first, int input, int fit, int stride) {
    REQUIRE(picture >= 1 && first >= 0 && first + picture <= input, "a letterbox has %d pixels at %d of %d", picture,
            first, input);
    REQUIRE(stride > 0 ? input <= fit : input == fit, "a letterbox of %d for %d", input, fit);
}

void check_letterbox(choices *c) {
    v5l_letterbox box;
    int sides[4];
    for (int i = 0; i < 4; i++)
        sides[i] = (int)choose(c, i < 2 ? 2000 : 900);
    const int stride = (int)choose(c, 3) * 16;
    const v5l_status status = v5l_letterbox_fit(&box, sides[0], sides[1], sides[2], sides[3], stride);
    const int possible = sides[0] > 0 && sides[1] > 0 && sides[2] > 0 && sides[3] > 0;
    REQUIRE(status == (possible ? V5L_OK : V5L_E_ARGUMENT), "a letterbox of %d x %d in %d x %d: %d", sides[0], sides[1],
            sides[2], sides[3], (int)status);
    if (!possible) return;
    check_box_side(box.resized_width, box.left, box.width, sides[2], stride);
    check_box_side(box.resized_height, box.top, box.height, sides[3], stride);
}
