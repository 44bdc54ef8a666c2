/* SPDX-License-Identifier: MIT */
/* Describes models and nets for tools. A detection runs none of this code. */
#include <string.h>

#include "kernels/f16.h"
#include "net.h"
#include "quant.h"

/* ---- model ---- */

static uint64_t parameter_count(const v5l_model *m, const v5l_file_op *op) {
    if (!v5l_has_weights(op)) return 0;
    const uint64_t taps = (uint64_t)op->kernel_h * op->kernel_w;
    const uint64_t in = op->kind == V5L_OP_DWCONV ? 1 : v5l_operand_channels(m, op, V5L_OPERAND_A);
    return (taps * in + 1) * v5l_operand_channels(m, op, V5L_OPERAND_OUT);
}

void v5l_model_get_info(const v5l_model *model, v5l_model_info *info) {
    if (info == NULL) return;
    memset(info, 0, sizeof *info);
    if (!v5l_is_open(model)) return;
    const v5l_file_header *h = v5l_header(model);
    info->planned = (int)h->form;
    info->class_count = (int)h->class_count;
    info->head_count = (int)h->head_count;
    info->op_count = (int)h->op_count;
    info->tensor_count = (int)h->tensor_count;
    info->max_stride = (int)h->max_stride;
    info->weight_bytes = h->weights_bytes;
    info->file_bytes = model->size;
    info->exporter = v5l_strings(model) + h->exporter;
    info->source_sha256 = h->source_sha256;
    for (uint32_t i = 0; i < h->op_count; i++) {
        const v5l_file_op *op = &v5l_ops(model)[i];
        info->view_count += v5l_is_view(op);
        info->parameter_count += parameter_count(model, op);
    }
}

const char *v5l_model_class_name(const v5l_model *model, int class_id) {
    if (!v5l_is_open(model)) return NULL;
    const v5l_file_header *h = v5l_header(model);
    if (class_id < 0 || (uint32_t)class_id >= h->class_count) return NULL;
    const char *name = v5l_strings(model) + h->names;
    for (int i = 0; i < class_id; i++) {
        while (*name != '\0')
            name++;
        name++;
    }
    return name;
}

v5l_status v5l_model_get_head(const v5l_model *model, int head, v5l_head_info *info) {
    if (!v5l_is_open(model) || info == NULL || head < 0 || (uint32_t)head >= v5l_header(model)->head_count)
        return V5L_E_ARGUMENT;
    const v5l_file_head *h = &v5l_heads(model)[head];
    memset(info, 0, sizeof *info);
    info->stride = (int)h->stride;
    info->anchor_count = (int)h->anchor_count;
    info->anchors = (const float *)v5l_weights(model, h->anchors);
    return V5L_OK;
}

static const v5l_file_op *op_at(const v5l_model *model, int op) {
    return op >= 0 && (uint32_t)op < v5l_header(model)->op_count ? &v5l_ops(model)[op] : NULL;
}

v5l_status v5l_model_get_op(const v5l_model *model, int op, v5l_op_info *info) {
    const v5l_file_op *f = v5l_is_open(model) && info != NULL ? op_at(model, op) : NULL;
    if (f == NULL) return V5L_E_ARGUMENT;
    memset(info, 0, sizeof *info);
    info->name = v5l_strings(model) + f->name;
    info->kind = (v5l_op_kind)f->kind;
    info->view = v5l_is_view(f);
    info->activation = (v5l_activation)f->activation;
    info->kernel_h = f->kernel_h;
    info->kernel_w = f->kernel_w;
    info->stride = f->stride;
    info->padding = f->pad;
    info->groups = (int)f->groups;
    info->alpha = f->alpha;
    info->head = f->head;
    info->in_channels = (int)v5l_operand_channels(model, f, V5L_OPERAND_A);
    info->out_channels = info->view ? info->in_channels : (int)v5l_operand_channels(model, f, V5L_OPERAND_OUT);
    info->a_spans = (int)f->a_count;
    info->b_spans = (int)f->b_count;
    info->out_spans = (int)f->out_count;
    info->parameter_count = parameter_count(model, f);
    info->winograd = v5l_has_winograd_weights(f);
    if (v5l_has_weights(f)) {
        info->weights = v5l_weights(model, f->weights);
        info->bias = v5l_weights(model, f->bias);
    }
    info->shared_panels = (f->flags & V5L_FLAG_SHARED_PANELS) != 0;
    info->weight_count = f->weight_count;
    info->bias_count = f->bias_count;
    info->order = f->order == V5L_NO_ORDER ? NULL : v5l_orders(model) + f->order;
    info->in_type = (int)v5l_operand_type(model, f, V5L_OPERAND_A);
    info->out_type = info->view ? info->in_type : (int)v5l_operand_type(model, f, V5L_OPERAND_OUT);
    return V5L_OK;
}

v5l_status v5l_model_get_span(const v5l_model *model, int op, v5l_operand operand, int index, v5l_channel_span *span) {
    const v5l_file_op *f = v5l_is_open(model) && span != NULL ? op_at(model, op) : NULL;
    if (f == NULL || (unsigned)operand > V5L_OPERAND_OUT) return V5L_E_ARGUMENT;
    if (index < 0 || (uint32_t)index >= v5l_operand_count(f, operand)) return V5L_E_ARGUMENT;
    const v5l_file_span *s = &v5l_spans(model)[v5l_operand_first(f, operand) + (uint32_t)index];
    span->tensor = (int)s->tensor;
    span->first = (int)s->first;
    span->count = (int)s->count;
    span->upsample = (int)s->upsample;
    return V5L_OK;
}

const char *v5l_op_kind_name(v5l_op_kind kind) {
    switch (kind) {
    case V5L_OP_CONV: return "conv";
    case V5L_OP_DWCONV: return "dwconv";
    case V5L_OP_MAXPOOL: return "maxpool";
    case V5L_OP_ADD: return "add";
    case V5L_OP_DETECT: return "detect";
    case V5L_OP_SPLIT: return "split";
    case V5L_OP_CONCAT: return "concat";
    case V5L_OP_SHUFFLE: return "shuffle";
    case V5L_OP_UPSAMPLE: return "upsample";
    case V5L_OP_AVGPOOL: return "avgpool";
    case V5L_OP_SCALE: return "scale";
    }
    return "?";
}

/* ---- net ---- */

void v5l_net_get_info(const v5l_net *net, v5l_net_info *info) {
    if (info == NULL) return;
    memset(info, 0, sizeof *info);
    if (net == NULL) return;
    const v5l_plan *plan = &net->plan;
    info->width = plan->width;
    info->height = plan->height;
    info->threads = plan->threads;
    info->memory_bytes = net->memory_bytes;
    info->arena_bytes = (size_t)plan->arena_bytes;
    info->input_bytes = plan->decisions.streams_input ? 0 : (size_t)plan->width * (size_t)plan->height * 3;
    info->scratch_bytes = (size_t)plan->scratch_bytes * (size_t)plan->threads;
    info->winograd_bytes = (size_t)plan->winograd_bytes;
    info->tables_bytes = info->memory_bytes - info->arena_bytes - info->scratch_bytes - info->winograd_bytes;
    info->macs = plan->macs;
}

/* Returns the bytes of an operand's activations. Counts each stored value once. */
static uint64_t operand_bytes(const v5l_net *net, const v5l_file_op *op, v5l_operand which) {
    const v5l_model *m = &net->model;
    const v5l_file_span *s = v5l_spans(m) + v5l_operand_first(op, which);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < v5l_operand_count(op, which); i++) {
        const v5l_file_tensor *t = &v5l_tensors(m)[s[i].tensor];
        const uint64_t pixels =
            (uint64_t)v5l_pixels_along(net->plan.width, t->stride) * (uint64_t)v5l_plan_rows(&net->plan, s[i].tensor);
        bytes += pixels * s[i].count * v5l_type_bytes(v5l_plan_type(&net->plan, s[i].tensor));
    }
    return bytes;
}

/* cppcheck-suppress constParameter ; a function is not written to */
static const char *function_name(v5l_step_fn *run) {
#define V5L_OP_FN(function)                                                                                            \
    if (run == (function)) return #function;
#include "ops/ops.def"
#undef V5L_OP_FN
    return "view";
}

v5l_status v5l_net_get_op(const v5l_net *net, int op, v5l_op_plan *plan) {
    const v5l_file_op *f = net != NULL && plan != NULL ? op_at(&net->model, op) : NULL;
    if (f == NULL) return V5L_E_ARGUMENT;
    const v5l_model *m = &net->model;
    const v5l_step *s = &net->plan.steps[op];
    memset(plan, 0, sizeof *plan);
    plan->in_height = s->in_height;
    plan->in_width = s->in_width;
    plan->in_channels = s->in_channels;
    plan->out_height = s->out_height;
    plan->out_width = s->out_width;
    plan->out_channels = s->out_channels;
    plan->kernel = s->kernel;
    plan->function = function_name(s->run);
    plan->macs = v5l_step_macs(s);
    if (!v5l_is_view(f)) {
        plan->bytes_read = operand_bytes(net, f, V5L_OPERAND_A) + operand_bytes(net, f, V5L_OPERAND_B) +
                           f->weight_count * s->weight_bytes + f->bias_count * V5L_SUM_BYTES +
                           (v5l_is_quantised(m, f) ? v5l_quant_at(m, f, NULL).bytes : 0);
        plan->bytes_written = operand_bytes(net, f, V5L_OPERAND_OUT);
    }
    const uint32_t span = v5l_is_view(f) ? f->a_first : f->out_first;
    const v5l_block *block = &net->plan.blocks[v5l_spans(&net->model)[span].tensor];
    plan->arena_offset = (size_t)block->offset * V5L_ALIGN;
    plan->first_op = (int)block->first - 1;
    plan->last_op = (int)block->last - 1;
    return V5L_OK;
}

v5l_status v5l_net_get_block(const v5l_net *net, int block, v5l_block_info *info) {
    if (net == NULL || info == NULL || block < 0) return V5L_E_ARGUMENT;
    const uint32_t index = (uint32_t)block, tensors = v5l_header(&net->model)->tensor_count;
    if (index > tensors + 1) return V5L_E_ARGUMENT;
    const v5l_plan *plan = &net->plan;
    const v5l_block *b = &plan->blocks[index];
    memset(info, 0, sizeof *info);
    info->offset = (size_t)b->offset * V5L_ALIGN;
    info->bytes = (size_t)b->size * V5L_ALIGN;
    info->first_op = (int)b->first - 1;
    info->last_op = (int)b->last - 1;
    if (index < tensors) {
        info->height = v5l_plan_rows(plan, index);
        info->width = v5l_pixels_along(plan->width, v5l_tensors(&net->model)[index].stride);
        info->channels = (int)v5l_plan_channels(plan, index);
        info->type = (int)v5l_plan_type(plan, index);
        info->element_bytes = (int)v5l_type_bytes(v5l_plan_type(plan, index));
        info->window_rows = (int)b->window_rows;
    } else {
        info->kind = index == tensors ? V5L_BLOCK_LETTERBOX : V5L_BLOCK_CANDIDATES;
    }
    return V5L_OK;
}

const uint8_t *v5l_net_picture(const v5l_net *net) {
    return net != NULL && !net->plan.decisions.streams_input ? v5l_plan_block(&net->plan, 0) : NULL;
}

static float float_of(const void *pixel, uint32_t type, uint32_t channel) {
    if (type == V5L_TYPE_U8) return (float)((const uint8_t *)pixel)[channel];
    if (type == V5L_TYPE_S8) return (float)((const int8_t *)pixel)[channel];
#if !defined(V5L_NO_F16)
    if (type == V5L_TYPE_F16) return v5l_f16_to_f32(((const uint16_t *)pixel)[channel]);
#endif
    return ((const float *)pixel)[channel];
}

void v5l_view_copy(const v5l_view *view, float *dst) {
    if (view == NULL || dst == NULL) return;
    for (int y = 0; y < view->height; y++) {
        for (int x = 0; x < view->width; x++, dst += view->channels) {
            int channel = 0;
            for (int i = 0; i < view->span_count; i++) {
                const v5l_span *span = &view->spans[i];
                const void *pixel = v5l_span_pixel(span, y, x);
                for (uint32_t c = 0; c < span->channels; c++, channel++)
                    dst[view->order != NULL ? view->order[channel] : channel] = float_of(pixel, span->type, c);
            }
        }
    }
}
