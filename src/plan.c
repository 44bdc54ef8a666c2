/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <string.h>

#include "letterbox.h"
#include "options.h"

/* ---- sizes ---- */

int v5l_plan_rows(const v5l_plan *plan, uint32_t tensor) {
    return v5l_pixels_along(plan->height, v5l_tensors(plan->model)[tensor].stride);
}

uint32_t v5l_plan_channels(const v5l_plan *plan, uint32_t tensor) {
    const v5l_file_head *heads = v5l_heads(plan->model);
    for (uint32_t i = 0; i < v5l_header(plan->model)->head_count; i++)
        if (heads[i].tensor == tensor && v5l_is_deferred(&plan->decisions, i)) return heads[i].anchor_count;
    return v5l_tensors(plan->model)[tensor].channels;
}

uint64_t v5l_plan_row_bytes(const v5l_plan *plan, uint32_t tensor) {
    return v5l_tensor_row_bytes(&v5l_tensors(plan->model)[tensor], plan->width, v5l_plan_channels(plan, tensor));
}

/* Leading operand spans that a 1x1 convolution can sum up before they are upsampled; 0 if that saves nothing. */
static uint32_t low_spans(const v5l_model *m, const v5l_file_op *op) {
    if (op->kind != V5L_OP_CONV || op->kernel_h * op->kernel_w != 1 || op->stride != 1 || op->out_count != 1) return 0;
    uint32_t n = 0;
    while (n < op->a_count && v5l_spans(m)[op->a_first + n].upsample)
        n++;
    return n < op->a_count ? n : 0;
}

/* Everything about a step that does not need memory. */
static v5l_step shape_step(const v5l_plan *plan, uint32_t index) {
    const v5l_model *m = plan->model;
    v5l_step s;
    memset(&s, 0, sizeof s);
    s.op = &v5l_ops(m)[index];
    s.kernels = &plan->kernels;
    const v5l_operand result = v5l_is_view(s.op) ? V5L_OPERAND_A : V5L_OPERAND_OUT;
    const uint32_t in = v5l_operand_stride(m, s.op, V5L_OPERAND_A), out = v5l_operand_stride(m, s.op, result);
    s.in_height = v5l_pixels_along(plan->height, in);
    s.in_width = v5l_pixels_along(plan->width, in);
    s.in_channels = (int)v5l_operand_channels(m, s.op, V5L_OPERAND_A);
    s.out_height = v5l_pixels_along(plan->height, out);
    s.out_width = v5l_pixels_along(plan->width, out);
    s.out_channels = (int)v5l_operand_channels(m, s.op, result);
    const int deferred = s.op->kind == V5L_OP_DETECT && v5l_is_deferred(&plan->decisions, s.op->head);
    s.reads_picture = v5l_spans(m)[s.op->a_first].tensor == 0;
    s.low_spans = low_spans(m, s.op);
    s.out_spans = deferred ? 1 : s.op->out_count;
    for (uint32_t i = 0; i < s.op->out_count; i++) {
        const uint32_t channels = v5l_spans(m)[s.op->out_first + i].count;
        if (channels > s.widest) s.widest = channels;
    }
    s.out_padded = v5l_has_weights(s.op) ? v5l_padded_channels(m, s.op) : 0;
    s.winograd = v5l_uses_winograd(&plan->decisions, index);
    return s;
}

/* ---- blocks: sizes and lifetimes ---- */

/* Bytes of a rolling window: one worker's. */
static uint64_t window_bytes(const v5l_plan *plan, uint32_t tensor, uint32_t window_rows) {
    return v5l_aligned(window_rows * v5l_plan_row_bytes(plan, tensor));
}

/* Adds a size to the sum; false if it does not fit the table's 32-bit units. */
static int set_size(v5l_block *block, uint64_t bytes, uint64_t *sum) {
    const uint64_t units = v5l_aligned(bytes) / V5L_ALIGN;
    *sum += units;
    block->size = (uint32_t)units;
    return *sum <= UINT32_MAX;
}

/* False if they do not fit the block table. */
static int size_blocks(v5l_plan *plan) {
    const uint32_t tensors = v5l_header(plan->model)->tensor_count;
    uint64_t sum = 0;
    int fits = 1;
    for (uint32_t t = 0; t < tensors; t++) {
        const uint32_t window_rows = plan->blocks[t].window_rows;
        const uint64_t bytes = t == 0 && plan->decisions.streams_input ? 0
                               : window_rows > 0 ? window_bytes(plan, t, window_rows) * (uint64_t)plan->threads
                                                 : v5l_plan_row_bytes(plan, t) * (uint64_t)v5l_plan_rows(plan, t);
        fits &= set_size(&plan->blocks[t], bytes, &sum);
    }
    fits &= set_size(&plan->blocks[tensors], plan->letterbox_bytes * (uint64_t)plan->threads, &sum);
    fits &= set_size(&plan->blocks[tensors + 1], plan->candidate_capacity * sizeof(v5l_candidate), &sum);
    return fits;
}

/* The last op of the chain that starts with op `first`; `first` itself if none does. */
static uint32_t chain_end(const v5l_plan *plan, uint32_t first) {
    uint32_t last = first, next = v5l_next_in_chain(plan->model, plan->blocks, first);
    while (next != 0) {
        last = next;
        next = v5l_next_in_chain(plan->model, plan->blocks, last);
    }
    return last;
}

/* From accesses to lifetimes: the ops of a chain run at the same time, the letterbox writes the picture at time 0,
 * decode reads heads, and what deferred ones read, at the end. */
static void set_lifetimes(v5l_plan *plan) {
    const v5l_model *m = plan->model;
    const v5l_file_header *h = v5l_header(m);
    const uint32_t end = h->op_count + 1;
    for (uint32_t first = 0, last; first < h->op_count; first = last + 1) {
        last = chain_end(plan, first);
        for (uint32_t i = first; i <= last && last > first; i++)
            if (!v5l_is_view(&v5l_ops(m)[i])) v5l_extend_accesses(m, i, first + 1, last + 1, plan->blocks);
    }
    for (uint32_t i = 0; i < h->head_count; i++) {
        v5l_extend_life(&plan->blocks[v5l_heads(m)[i].tensor], end, end);
        if (v5l_is_deferred(&plan->decisions, i))
            v5l_extend_accesses(m, plan->decisions.head_ops[i], end, end, plan->blocks);
    }
    v5l_extend_life(&plan->blocks[0], 0, 0);
    const v5l_block letterbox = {.first = 0, .last = plan->decisions.streams_input ? 1u : 0u};
    const v5l_block candidates = {.first = end & 0x7FFu, .last = end & 0x7FFu};
    plan->blocks[h->tensor_count] = letterbox;
    plan->blocks[h->tensor_count + 1] = candidates;
}

v5l_status v5l_plan_measure(v5l_plan *plan, const v5l_model *model, const v5l_net_options *options, v5l_block *blocks) {
    memset(plan, 0, sizeof *plan);
    plan->model = model;
    plan->width = options->width;
    plan->height = options->height;
    plan->threads = options->parallel.run != NULL ? options->parallel.threads : 1;
    plan->blocks = blocks;
    const v5l_status status = v5l_kernels_select(&plan->kernels, options->cpu_mask & v5l_cpu_features());
    if (status != V5L_OK) return status;
    plan->candidate_capacity = v5l_options_candidates(model, options);
    plan->letterbox_bytes = v5l_aligned(v5l_letterbox_scratch(plan->width));
    const v5l_fuse_input in = {.model = model,
                               .width = plan->width,
                               .height = plan->height,
                               .threads = plan->threads,
                               .direct = options->direct,
                               .whole_tensors = options->observer.op != NULL,
                               .whole_input = options->observer.stage != NULL};
    v5l_decide(&in, blocks, &plan->decisions);
    set_lifetimes(plan);
    if (!size_blocks(plan)) return V5L_E_TOO_LARGE;
    for (uint32_t i = 0; i < v5l_header(model)->op_count; i++) {
        const v5l_step step = shape_step(plan, i);
        const uint64_t need = v5l_step_scratch(&step);
        if (need > plan->scratch_bytes) plan->scratch_bytes = need;
        if (step.winograd) plan->winograd_bytes += v5l_aligned(v5l_winograd_weight_bytes(&step));
        plan->macs += v5l_step_macs(&step);
    }
    plan->arena_bytes = v5l_assign_offsets(blocks, (int)v5l_header(model)->tensor_count + 2) * V5L_ALIGN;
    return V5L_OK;
}

/* ---- memory ---- */

unsigned char *v5l_plan_block(const v5l_plan *plan, uint32_t index) {
    return plan->arena + (size_t)plan->blocks[index].offset * V5L_ALIGN;
}

unsigned char *v5l_plan_letterbox(const v5l_plan *plan) {
    return v5l_plan_block(plan, v5l_header(plan->model)->tensor_count);
}

v5l_candidate *v5l_plan_candidates(const v5l_plan *plan) {
    return (v5l_candidate *)(void *)v5l_plan_block(plan, v5l_header(plan->model)->tensor_count + 1);
}

static void resolve_spans(v5l_plan *plan, uint32_t worker) {
    const v5l_model *m = plan->model;
    v5l_span *spans = plan->spans + (size_t)worker * v5l_header(m)->span_count;
    for (uint32_t i = 0; i < v5l_header(m)->span_count; i++) {
        const v5l_file_span *s = &v5l_spans(m)[i];
        const uint32_t window_rows = plan->blocks[s->tensor].window_rows;
        v5l_span *out = &spans[i];
        out->channels = s->count;
        out->upsample = s->upsample;
        out->pixel = v5l_plan_channels(plan, s->tensor);
        out->row = (uint32_t)(v5l_plan_row_bytes(plan, s->tensor) / sizeof(float));
        out->window_rows = window_rows;
        unsigned char *base = v5l_plan_block(plan, s->tensor);
        if (window_rows > 0) base += (size_t)worker * (size_t)window_bytes(plan, s->tensor, window_rows);
        /* The picture is bytes and has no spans of floats: its reader gets v5l_step.picture. */
        out->data = s->tensor == 0 ? NULL : (float *)(void *)base + s->first;
    }
}

static void resolve_step(v5l_plan *plan, uint32_t worker, uint32_t index) {
    const v5l_model *m = plan->model;
    const v5l_span *spans = plan->spans + (size_t)worker * v5l_header(m)->span_count;
    v5l_step *s = &plan->steps[(size_t)worker * v5l_header(m)->op_count + index];
    *s = shape_step(plan, index);
    s->a = spans + s->op->a_first;
    s->b = spans + s->op->b_first;
    s->out = spans + s->op->out_first;
    if (s->reads_picture && !plan->decisions.streams_input) s->picture = v5l_plan_block(plan, 0);
    if (v5l_has_weights(s->op)) {
        s->weights = v5l_weights(m, s->op->weights);
        s->bias = v5l_weights(m, s->op->bias);
        if (v5l_has_winograd_weights(s->op)) s->winograd_weights = s->weights;
    }
    v5l_step_bind(s);
}

/* Ties the steps of each chain together. */
static void link_steps(v5l_plan *plan, uint32_t worker) {
    const uint32_t ops = v5l_header(plan->model)->op_count;
    v5l_step *steps = plan->steps + (size_t)worker * ops;
    for (uint32_t i = 0; i < ops; i++) {
        const uint32_t next = v5l_next_in_chain(plan->model, plan->blocks, i);
        if (next == 0) continue;
        steps[i].next = &steps[next];
        steps[next].batch = v5l_chain_batch(steps[next].out_width);
    }
}

static uint64_t zero_bytes(const v5l_model *m) {
    uint32_t widest = 0;
    for (uint32_t i = 0; i < v5l_header(m)->span_count; i++)
        if (v5l_spans(m)[i].count > widest) widest = v5l_spans(m)[i].count;
    for (uint32_t i = 0; i < v5l_header(m)->op_count; i++) {
        const uint32_t channels = v5l_operand_channels(m, &v5l_ops(m)[i], V5L_OPERAND_OUT);
        if (channels > widest) widest = channels;
    }
    return v5l_whole_panels(widest) * sizeof(float);
}

/* Transforms weights that the file has not transformed, once for all workers. */
static void prepare_winograd(v5l_plan *plan, float *at) {
    const uint32_t ops = v5l_header(plan->model)->op_count;
    for (uint32_t i = 0; i < ops; i++) {
        const v5l_step *step = &plan->steps[i];
        if (!step->winograd || step->winograd_weights != NULL) continue;
        v5l_winograd_prepare(step, at);
        for (uint32_t w = 0; w < (uint32_t)plan->threads; w++)
            plan->steps[(size_t)w * ops + i].winograd_weights = at;
        at += v5l_aligned(v5l_winograd_weight_bytes(step)) / sizeof(float);
    }
}

void v5l_plan_place(v5l_plan *plan, v5l_bump *bump) {
    const v5l_file_header *h = v5l_header(plan->model);
    const size_t block_bytes = (h->tensor_count + 2) * sizeof(v5l_block);
    v5l_block *blocks = (v5l_block *)v5l_bump_take(bump, block_bytes);
    const uint64_t workers = (uint64_t)plan->threads;
    plan->steps = (v5l_step *)v5l_bump_take(bump, workers * h->op_count * sizeof(v5l_step));
    plan->spans = (v5l_span *)v5l_bump_take(bump, workers * h->span_count * sizeof(v5l_span));
    plan->zeros = (float *)v5l_bump_take(bump, zero_bytes(plan->model));
    float *transformed = (float *)v5l_bump_take(bump, plan->winograd_bytes);
    plan->scratch = (unsigned char *)v5l_bump_take(bump, plan->scratch_bytes * workers);
    plan->arena = (unsigned char *)v5l_bump_take(bump, plan->arena_bytes);
    if (bump->base == NULL) return;

    memcpy(blocks, plan->blocks, block_bytes);
    plan->blocks = blocks;
    memset(plan->zeros, 0, (size_t)zero_bytes(plan->model));
    for (uint32_t worker = 0; worker < workers; worker++) {
        resolve_spans(plan, worker);
        for (uint32_t i = 0; i < h->op_count; i++)
            resolve_step(plan, worker, i);
        link_steps(plan, worker);
    }
    prepare_winograd(plan, transformed);
}
