/* SPDX-License-Identifier: MIT */
#include "ops.h"

#include <string.h>

/* ---- shape ---- */

/* Returns how many leading operand spans a 1x1 convolution can sum before upsampling; 0 if that saves nothing. */
static uint32_t lowres_spans(const v5l_model *m, const v5l_file_op *op) {
    if (op->kind != V5L_OP_CONV || op->kernel_h * op->kernel_w != 1 || op->stride != 1 || op->out_count != 1) return 0;
    uint32_t n = 0;
    while (n < op->a_count && v5l_spans(m)[op->a_first + n].upsample)
        n++;
    return n < op->a_count ? n : 0;
}

void v5l_step_shape(v5l_step *step, const v5l_model *m, const v5l_file_op *op, int height, int width) {
    const v5l_operand result = v5l_is_view(op) ? V5L_OPERAND_A : V5L_OPERAND_OUT;
    const uint32_t in = v5l_operand_stride(m, op, V5L_OPERAND_A), out = v5l_operand_stride(m, op, result);
    memset(step, 0, sizeof *step);
    step->op = op;
    step->reads_picture = v5l_spans(m)[op->a_first].tensor == 0;
    step->in_height = v5l_pixels_along(height, in);
    step->in_width = v5l_pixels_along(width, in);
    step->in_channels = (int)v5l_operand_channels(m, op, V5L_OPERAND_A);
    step->out_height = v5l_pixels_along(height, out);
    step->out_width = v5l_pixels_along(width, out);
    step->out_channels = (int)v5l_operand_channels(m, op, result);
    step->in_type = v5l_operand_type(m, op, V5L_OPERAND_A);
    step->out_type = v5l_operand_type(m, op, result);
    step->weight_type = v5l_op_type(m, op);
    step->out_spans = op->out_count;
    step->out_padded = v5l_has_weights(op) ? v5l_padded_channels(m, op) : 0;
    step->panel_depth = v5l_panel_depth(m, op);
    for (uint32_t i = 0; i < op->out_count; i++) {
        const uint32_t channels = v5l_spans(m)[op->out_first + i].count;
        if (channels > step->widest) step->widest = channels;
    }
    step->lowres_spans = lowres_spans(m, op);
}

/* ---- kernels, weights, scratch ---- */

void v5l_step_bind(v5l_step *step) {
    const v5l_kernels *k = step->kernels;
    step->in_bytes = v5l_type_bytes(step->in_type);
    step->out_bytes = v5l_type_bytes(step->out_type);
    step->weight_bytes = v5l_type_bytes(step->weight_type);
    step->run = NULL;
    step->kernel = "view";
    if (v5l_is_view(step->op)) return;
    switch (step->op->kind) {
    case V5L_OP_CONV:
    case V5L_OP_DETECT:
        step->run = step->reads_picture       ? v5l_stem_run
                    : step->winograd          ? v5l_winograd_run
                    : step->lowres_spans != 0 ? v5l_conv_upsampled_run
                                              : v5l_conv_run;
        step->kernel = k->gemm->name;
        break;
    case V5L_OP_DWCONV:
        step->run = v5l_dwconv_run;
        step->kernel = k->dwconv->name;
        break;
    case V5L_OP_MAXPOOL:
        step->run = v5l_maxpool_run;
        step->kernel = k->maxpool->name;
        break;
    case V5L_OP_ADD:
        step->run = v5l_add_run;
        step->kernel = k->add->name;
        break;
    case V5L_OP_AVGPOOL:
        step->run = v5l_avgpool_run;
        step->kernel = k->avgpool->name;
        break;
    case V5L_OP_SCALE:
        step->run = v5l_scale_run;
        step->kernel = k->scale->name;
        break;
    case V5L_OP_SHUFFLE:
        step->run = v5l_shuffle_run;
        step->kernel = k->shuffle->name;
        break;
    case V5L_OP_UPSAMPLE:
        step->run = v5l_upsample_run;
        step->kernel = k->copy->name;
        break;
    default: /* SPLIT, CONCAT: a checked model has no other kinds */
        step->run = v5l_copy_run;
        step->kernel = k->copy->name;
        break;
    }
}

void v5l_step_prepare(v5l_step *step, v5l_bump *bump) {
    if (!step->winograd) return;
    if (v5l_has_winograd_weights(step->op)) {
        step->winograd_weights = step->weights;
        return;
    }
    void *made = v5l_bump_take(bump, v5l_winograd_weight_bytes(step));
    if (made == NULL) return;
    v5l_winograd_prepare(step, made);
    step->winograd_weights = made;
}

uint64_t v5l_step_scratch(const v5l_step *step) {
    switch (step->op->kind) {
    case V5L_OP_CONV: return step->winograd ? v5l_winograd_scratch(step) : v5l_conv_scratch(step);
    case V5L_OP_DETECT: return v5l_conv_scratch(step) + v5l_head_scratch(step);
    default: return 0;
    }
}

uint64_t v5l_step_macs(const v5l_step *step) {
    if (!v5l_has_weights(step->op)) return 0;
    const uint64_t taps = (uint64_t)step->op->kernel_h * step->op->kernel_w;
    const uint64_t outputs = (uint64_t)step->out_height * (uint64_t)step->out_width * (uint64_t)step->out_channels;
    return taps * outputs * (step->op->kind == V5L_OP_DWCONV ? 1u : (uint64_t)step->in_channels);
}
