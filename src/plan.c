/* SPDX-License-Identifier: MIT */
/* Two passes, in the order of the sections below. v5l_plan_measure decides, computes sizes, and gives each block its
 * lifetime and offset. v5l_plan_place takes the memory and resolves the pointers of spans, steps and heads. */
#include "plan.h"

#include <string.h>

#include "letterbox.h"
#include "options.h"

/* ---- decisions ---- */

static void decide(v5l_plan *plan, const v5l_net_options *options) {
    const v5l_fuse_input in = {.model = plan->model,
                               .width = plan->width,
                               .height = plan->height,
                               .threads = plan->threads,
                               .direct = options->direct,
                               .whole_tensors = options->observer.op != NULL,
                               .whole_input = options->observer.stage != NULL};
    v5l_decide(&in, plan->blocks, &plan->decisions);
}

/* Selects the kernels of F32, and those of the file's narrow type. F16: kernels with F16 weights alone, if none
 * computes in F16. */
static v5l_status select_kernels(v5l_plan *plan, uint32_t cpu) {
    v5l_status status = v5l_kernels_select(&plan->kernels[0], V5L_KERNELS_F32, cpu);
#if V5L_KERNEL_TABLES > 1
    const v5l_type narrow = v5l_narrow_type(plan->model);
    if (status == V5L_OK && narrow == V5L_TYPE_S8) status = v5l_kernels_select(&plan->kernels[1], V5L_KERNELS_S8, cpu);
    if (status == V5L_OK && narrow == V5L_TYPE_F16) {
        (void)v5l_kernels_select(&plan->kernels[1], V5L_KERNELS_F16, cpu);
        plan->widens = plan->kernels[1].gemm == NULL;
        if (plan->widens) status = v5l_kernels_select(&plan->kernels[1], V5L_KERNELS_W16, cpu);
    }
#endif
    return status;
}

/* ---- sizes ---- */

v5l_type v5l_plan_type(const v5l_plan *plan, uint32_t tensor) {
    return v5l_stored_type(v5l_tensors(plan->model)[tensor].type, plan->widens);
}

int v5l_plan_rows(const v5l_plan *plan, uint32_t tensor) {
    return v5l_pixels_along(plan->height, v5l_tensors(plan->model)[tensor].stride);
}

uint32_t v5l_plan_channels(const v5l_plan *plan, uint32_t tensor) {
    const v5l_file_head *heads = v5l_heads(plan->model);
    for (uint32_t i = 0; i < v5l_header(plan->model)->head_count; i++)
        if (heads[i].tensor == tensor && v5l_is_deferred(&plan->decisions, i)) return heads[i].anchor_count;
    return v5l_tensors(plan->model)[tensor].channels;
}

static uint64_t row_bytes(const v5l_plan *plan, uint32_t tensor) {
    const v5l_file_tensor *t = &v5l_tensors(plan->model)[tensor];
    return v5l_tensor_row_bytes(t, plan->widens, plan->width, v5l_plan_channels(plan, tensor));
}

/* Bytes of one worker's rolling window. */
static uint64_t window_bytes(const v5l_plan *plan, uint32_t tensor) {
    return v5l_aligned(plan->blocks[tensor].window_rows * row_bytes(plan, tensor));
}

static uint64_t tensor_bytes(const v5l_plan *plan, uint32_t tensor) {
    if (tensor == 0 && plan->decisions.streams_input) return 0;
    if (plan->blocks[tensor].window_rows > 0) return window_bytes(plan, tensor) * (uint64_t)plan->threads;
    return row_bytes(plan, tensor) * (uint64_t)v5l_plan_rows(plan, tensor);
}

/* Sets the size of a block and adds it to *sum. Returns 0 if the sum exceeds the 32-bit units of the block table. */
static int set_size(v5l_block *block, uint64_t bytes, uint64_t *sum) {
    const uint64_t units = v5l_aligned(bytes) / V5L_ALIGN;
    *sum += units;
    block->size = (uint32_t)units;
    return *sum <= UINT32_MAX;
}

/* Returns 0 if the blocks do not fit the block table. */
static int size_blocks(v5l_plan *plan) {
    const uint32_t tensors = v5l_header(plan->model)->tensor_count;
    uint64_t sum = 0;
    int fits = 1;
    for (uint32_t t = 0; t < tensors; t++)
        fits &= set_size(&plan->blocks[t], tensor_bytes(plan, t), &sum);
    fits &= set_size(&plan->blocks[tensors], plan->letterbox_bytes * (uint64_t)plan->threads, &sum);
    fits &= set_size(&plan->blocks[tensors + 1], plan->candidate_capacity * sizeof(v5l_candidate), &sum);
    return fits;
}

/* ---- lifetimes ---- */

/* Returns the last op of the chain that starts with op `first`, or `first` if no chain starts there. */
static uint32_t chain_end(const v5l_plan *plan, uint32_t first) {
    uint32_t last = first, next = v5l_next_in_chain(plan->model, plan->blocks, first);
    while (next != 0) {
        last = next;
        next = v5l_next_in_chain(plan->model, plan->blocks, last);
    }
    return last;
}

static void set_life(v5l_block *block, uint32_t first, uint32_t last) {
    block->first = first & 0x7FFu;
    block->last = last & 0x7FFu;
    block->window_rows = 0;
}

/* Extends the accesses to lifetimes. The ops of a chain run at the same time. The letterbox writes the picture at time
 * 0. Decode runs at the end and reads the heads and the inputs of deferred heads. */
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
    set_life(&plan->blocks[h->tensor_count], 0, plan->decisions.streams_input ? 1 : 0);
    set_life(&plan->blocks[h->tensor_count + 1], end, end);
}

/* ---- steps without memory ---- */

/* Returns the index of the kernels for an op. In a build with one table, no checked file has a narrow type. */
static uint32_t table_of(const v5l_plan *plan, const v5l_file_op *op) {
    return V5L_KERNEL_TABLES > 1 && v5l_op_type(plan->model, op) != V5L_TYPE_F32;
}

static v5l_step shape_step(const v5l_plan *plan, uint32_t index) {
    const v5l_file_op *op = &v5l_ops(plan->model)[index];
    v5l_step s;
    v5l_step_shape(&s, plan->model, op, plan->height, plan->width);
    s.in_type = v5l_stored_type(s.in_type, plan->widens);
    s.out_type = v5l_stored_type(s.out_type, plan->widens);
    s.kernels = &plan->kernels[table_of(plan, op)];
    s.winograd = v5l_uses_winograd(&plan->decisions, index);
    if (op->kind == V5L_OP_DETECT && v5l_is_deferred(&plan->decisions, op->head)) s.out_spans = 1;
    v5l_step_bind(&s);
    return s;
}

static void measure_steps(v5l_plan *plan) {
    v5l_bump made_weights = {NULL, 0};
    for (uint32_t i = 0; i < v5l_header(plan->model)->op_count; i++) {
        v5l_step step = shape_step(plan, i);
        const uint64_t scratch = v5l_step_scratch(&step);
        if (scratch > plan->scratch_bytes) plan->scratch_bytes = scratch;
        v5l_step_prepare(&step, &made_weights);
        plan->macs += v5l_step_macs(&step);
        plan->quant_count += (uint32_t)v5l_is_quantised(plan->model, step.op);
    }
    plan->winograd_bytes = made_weights.used;
}

v5l_status v5l_plan_measure(v5l_plan *plan, const v5l_model *model, const v5l_net_options *options, v5l_block *blocks) {
    memset(plan, 0, sizeof *plan);
    plan->model = model;
    plan->width = options->width;
    plan->height = options->height;
    plan->threads = options->parallel.run != NULL ? options->parallel.threads : 1;
    plan->blocks = blocks;
    plan->candidate_capacity = v5l_options_candidates(model, options);
    plan->letterbox_bytes = v5l_aligned(v5l_letterbox_scratch(plan->width));
    const v5l_status status = select_kernels(plan, options->cpu_mask & v5l_cpu_features());
    if (status != V5L_OK) return status;
    decide(plan, options);
    if (!size_blocks(plan)) return V5L_E_TOO_LARGE;
    set_lifetimes(plan);
    plan->arena_bytes = v5l_assign_offsets(blocks, (int)v5l_header(model)->tensor_count + 2) * V5L_ALIGN;
    measure_steps(plan);
    return V5L_OK;
}

/* ---- memory ---- */

static uint64_t zero_bytes(const v5l_model *m) {
    uint32_t widest = 0;
    for (uint32_t i = 0; i < v5l_header(m)->span_count; i++)
        if (v5l_spans(m)[i].count > widest) widest = v5l_spans(m)[i].count;
    for (uint32_t i = 0; i < v5l_header(m)->op_count; i++) {
        const uint32_t channels = v5l_operand_channels(m, &v5l_ops(m)[i], V5L_OPERAND_OUT);
        if (channels > widest) widest = channels;
    }
    return v5l_whole_panels(widest) * v5l_type_bytes(V5L_TYPE_F32); /* enough for smaller types too */
}

unsigned char *v5l_plan_block(const v5l_plan *plan, uint32_t index) {
    return plan->arena + (size_t)plan->blocks[index].offset * V5L_ALIGN;
}

unsigned char *v5l_plan_letterbox(const v5l_plan *plan) {
    return v5l_plan_block(plan, v5l_header(plan->model)->tensor_count);
}

v5l_candidate *v5l_plan_candidates(const v5l_plan *plan) {
    return (v5l_candidate *)(void *)v5l_plan_block(plan, v5l_header(plan->model)->tensor_count + 1);
}

/* ---- spans ---- */

/* Resolves the spans of worker 0. */
static void resolve_spans(v5l_plan *plan) {
    const v5l_model *m = plan->model;
    for (uint32_t i = 0; i < v5l_header(m)->span_count; i++) {
        const v5l_file_span *s = &v5l_spans(m)[i];
        const v5l_type type = v5l_plan_type(plan, s->tensor);
        const uint32_t element_bytes = v5l_type_bytes(type);
        v5l_span *out = &plan->spans[i];
        memset(out, 0, sizeof *out);
        out->channels = s->count;
        out->pixel_stride = v5l_plan_channels(plan, s->tensor) * element_bytes;
        out->row_stride = (uint32_t)row_bytes(plan, s->tensor); /* at most 8192 pixels of 8192 elements */
        out->type = type;
        out->upsample = s->upsample;
        out->window_rows = plan->blocks[s->tensor].window_rows;
        if (s->tensor == 0 && plan->decisions.streams_input) continue; /* the worker's source makes the rows */
        out->data = v5l_plan_block(plan, s->tensor) + (size_t)s->first * element_bytes;
    }
}

/* ---- steps ---- */

/* Resolves a step of worker 0. Takes a quantised op's *next_quant, and memory for weights that the file lacks from
 * made_weights. */
static void resolve_step(v5l_plan *plan, uint32_t index, v5l_quant **next_quant, v5l_bump *made_weights) {
    const v5l_model *m = plan->model;
    v5l_step *s = &plan->steps[index];
    *s = shape_step(plan, index);
    s->a = plan->spans + s->op->a_first;
    s->b = plan->spans + s->op->b_first;
    s->out = plan->spans + s->op->out_first;
    if (v5l_has_weights(s->op)) {
        s->weights = v5l_weights(m, s->op->weights);
        s->bias = v5l_weights(m, s->op->bias);
    }
    if (v5l_is_quantised(m, s->op)) {
        v5l_quant *quant = *next_quant;
        *next_quant += 1;
        *quant = v5l_op_quant(m, s->op);
        s->quant = quant;
    }
    const int has_padding = s->quant != NULL && s->quant->padding != NULL;
    s->padding = has_padding ? s->quant->padding : plan->zeros;
    s->padding_stride = has_padding ? s->in_bytes : 0;
    v5l_step_prepare(s, made_weights);
}

/* Links the steps of each chain. */
static void link_steps(v5l_plan *plan) {
    for (uint32_t i = 0; i < v5l_header(plan->model)->op_count; i++) {
        const uint32_t next = v5l_next_in_chain(plan->model, plan->blocks, i);
        if (next == 0) continue;
        plan->steps[i].next = &plan->steps[next];
        plan->steps[next].batch = v5l_chain_batch(plan->steps[next].out_width);
    }
}

/* Copies worker 0's spans and steps for another worker, with separate rolling windows. */
static void copy_worker(v5l_plan *plan, uint32_t worker) {
    const v5l_file_header *h = v5l_header(plan->model);
    const size_t first_span = (size_t)worker * h->span_count, first_step = (size_t)worker * h->op_count;
    v5l_span *spans = plan->spans + first_span;
    v5l_step *steps = plan->steps + first_step;
    memcpy(spans, plan->spans, h->span_count * sizeof *spans);
    memcpy(steps, plan->steps, h->op_count * sizeof *steps);
    for (uint32_t i = 0; i < h->span_count; i++) {
        const uint32_t tensor = v5l_spans(plan->model)[i].tensor;
        const size_t windows = (size_t)worker * (size_t)window_bytes(plan, tensor);
        if (spans[i].window_rows > 0) spans[i].data = v5l_advance(spans[i].data, windows);
    }
    for (uint32_t i = 0; i < h->op_count; i++) {
        steps[i].a += first_span;
        steps[i].b += first_span;
        steps[i].out += first_span;
        if (steps[i].next != NULL) steps[i].next += first_step;
    }
}

/* ---- heads ---- */

static void resolve_heads(v5l_plan *plan) {
    const v5l_model *m = plan->model;
    uint32_t row = 0;
    for (uint32_t i = 0; i < v5l_header(m)->head_count; i++) {
        const v5l_file_head *head = &v5l_heads(m)[i];
        const v5l_decode_level level = {.map = v5l_plan_block(plan, head->tensor),
                                        .height = v5l_plan_rows(plan, head->tensor),
                                        .width = v5l_pixels_along(plan->width, head->stride),
                                        .head = head,
                                        .anchors = (const float *)v5l_weights(m, head->anchors),
                                        .class_count = v5l_header(m)->class_count,
                                        .first_row = row};
        plan->heads[i].level = level;
        plan->heads[i].deferred =
            v5l_is_deferred(&plan->decisions, i) ? &plan->steps[plan->decisions.head_ops[i]] : NULL;
        row += (uint32_t)level.height * (uint32_t)level.width * head->anchor_count;
    }
}

void v5l_plan_place(v5l_plan *plan, v5l_bump *bump) {
    const v5l_file_header *h = v5l_header(plan->model);
    const size_t block_bytes = (h->tensor_count + 2) * sizeof(v5l_block);
    const uint64_t workers = (uint64_t)plan->threads;
    v5l_block *blocks = (v5l_block *)v5l_bump_take(bump, block_bytes);
    plan->steps = (v5l_step *)v5l_bump_take(bump, workers * h->op_count * sizeof(v5l_step));
    plan->spans = (v5l_span *)v5l_bump_take(bump, workers * h->span_count * sizeof(v5l_span));
    plan->heads = (v5l_plan_head *)v5l_bump_take(bump, h->head_count * sizeof(v5l_plan_head));
    plan->quants = (v5l_quant *)v5l_bump_take(bump, plan->quant_count * sizeof(v5l_quant));
    plan->zeros = v5l_bump_take(bump, zero_bytes(plan->model));
    v5l_bump made_weights = {(unsigned char *)v5l_bump_take(bump, plan->winograd_bytes), 0};
    plan->scratch = (unsigned char *)v5l_bump_take(bump, plan->scratch_bytes * workers);
    plan->arena = (unsigned char *)v5l_bump_take(bump, plan->arena_bytes);
    if (bump->base == NULL) return;

    memcpy(blocks, plan->blocks, block_bytes);
    plan->blocks = blocks;
    memset(plan->zeros, 0, (size_t)zero_bytes(plan->model));
    resolve_spans(plan);
    v5l_quant *next_quant = plan->quants;
    for (uint32_t i = 0; i < h->op_count; i++)
        resolve_step(plan, i, &next_quant, &made_weights);
    link_steps(plan);
    for (uint32_t worker = 1; worker < workers; worker++)
        copy_worker(plan, worker);
    resolve_heads(plan);
}
