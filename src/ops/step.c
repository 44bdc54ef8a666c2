/* SPDX-License-Identifier: MIT */
#include "ops.h"

void v5l_step_bind(v5l_step *step) {
    const v5l_kernels *k = step->kernels;
    step->in_bytes = v5l_type_bytes(step->in_type);
    step->out_bytes = v5l_type_bytes(step->out_type);
    step->weight_bytes = v5l_type_bytes(V5L_TYPE_F32); /* files have no others */
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
        step->kernel = k->gemm.name;
        break;
    case V5L_OP_DWCONV:
        step->run = v5l_dwconv_run;
        step->kernel = k->dwconv.name;
        break;
    case V5L_OP_MAXPOOL:
        step->run = v5l_maxpool_run;
        step->kernel = k->maxpool.name;
        break;
    case V5L_OP_ADD:
        step->run = v5l_add_run;
        step->kernel = k->add.name;
        break;
    case V5L_OP_AVGPOOL:
        step->run = v5l_avgpool_run;
        step->kernel = k->avgpool.name;
        break;
    case V5L_OP_SCALE:
        step->run = v5l_scale_run;
        step->kernel = k->scale.name;
        break;
    case V5L_OP_SHUFFLE:
        step->run = v5l_shuffle_run;
        step->kernel = k->shuffle.name;
        break;
    case V5L_OP_UPSAMPLE:
        step->run = v5l_upsample_run;
        step->kernel = k->copy.name;
        break;
    default: /* SPLIT, CONCAT: the model knows no other kinds */
        step->run = v5l_copy_run;
        step->kernel = k->copy.name;
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
