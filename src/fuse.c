/* SPDX-License-Identifier: MIT */
#include "fuse.h"

/* Smaller maps stay in the cache anyway, and chains cost something: halo rows are computed by two threads, and tiles of
 * pixels end at the end of a batch of rows. */
enum { MIN_BYTES = 128 * 1024, BATCH_PIXELS = 96, MAX_BATCH = 16, MAX_RING = 1023 };

static int windowed(const v5l_file_op *op) {
    return op->kind == V5L_OP_CONV || op->kind == V5L_OP_DWCONV || op->kind == V5L_OP_MAXPOOL;
}

/* The tensor that is all of a one-span operand; -1 if it is not. */
static int whole_tensor(const v5l_model *m, const v5l_file_op *op, v5l_operand which) {
    const v5l_file_span *s = &v5l_spans(m)[v5l_operand_first(op, which)];
    const int whole =
        v5l_operand_count(op, which) == 1 && s->upsample == 0 && s->count == v5l_tensors(m)[s->tensor].channels;
    return whole ? (int)s->tensor : -1;
}

static int uses(const v5l_model *m, const v5l_file_op *op, uint32_t tensor) {
    for (int which = V5L_OPERAND_A; which <= V5L_OPERAND_OUT; which++) {
        const v5l_file_span *s = &v5l_spans(m)[v5l_operand_first(op, (v5l_operand)which)];
        for (uint32_t i = 0; i < v5l_operand_count(op, (v5l_operand)which); i++)
            if (s[i].tensor == tensor) return 1;
    }
    return 0;
}

/* Nobody but ops i and j has to do with the tensor (views do not count: they are not read when chains are on). Heads are not
 * asked: their tensors are written by DETECT ops alone, which no chain has. */
static int private_to(const v5l_model *m, uint32_t tensor, uint32_t i, uint32_t j) {
    const v5l_file_header *h = v5l_header(m);
    for (uint32_t k = 0; k < h->op_count; k++)
        if (k != i && k != j && !v5l_is_view(&v5l_ops(m)[k]) && uses(m, &v5l_ops(m)[k], tensor)) return 0;
    return 1;
}

/* The tensor through which op i can hand its rows to op j; -1 if it cannot. */
static int link_between(const v5l_plan *plan, uint32_t i, uint32_t j) {
    const v5l_model *m = plan->model;
    const v5l_file_op *from = &v5l_ops(m)[i], *to = &v5l_ops(m)[j];
    if (!windowed(from) || !windowed(to)) return -1;
    if (v5l_takes_winograd(plan, i) || v5l_takes_winograd(plan, j)) return -1; /* they go by pairs of rows */
    const int tensor = whole_tensor(m, from, V5L_OPERAND_OUT);
    if (tensor < 0 || tensor != whole_tensor(m, to, V5L_OPERAND_A)) return -1;
    const uint64_t bytes = v5l_plan_row_bytes(plan, (uint32_t)tensor) * (uint64_t)v5l_plan_rows(plan, (uint32_t)tensor);
    return bytes >= MIN_BYTES && private_to(m, (uint32_t)tensor, i, j) ? tensor : -1;
}

static int overwrites(const v5l_model *m, const v5l_file_op *later, const v5l_file_op *earlier) {
    const v5l_file_span *out = &v5l_spans(m)[later->out_first], *in = &v5l_spans(m)[earlier->a_first];
    for (uint32_t i = 0; i < later->out_count; i++)
        for (uint32_t j = 0; j < earlier->a_count; j++)
            if (v5l_spans_overlap(&out[i], &in[j])) return 1;
    return 0;
}

/* Whether op `next` may join: it must not overwrite input rows that an op of the chain has yet to read. In-place blocks
 * do write the channels that they read; row for row that is safe if the reader is 1x1 and ahead of the writer, which holds
 * on one thread; another thread's halo rows may be late. */
static int in_order(const v5l_plan *plan, const v5l_chain *chain, uint32_t next) {
    const v5l_model *m = plan->model;
    for (int i = 0; i < chain->count; i++) {
        const v5l_file_op *reader = &v5l_ops(m)[chain->ops[i]];
        if (!overwrites(m, &v5l_ops(m)[next], reader)) continue;
        if (plan->threads > 1 || reader->kernel_h != 1) return 0;
        for (int k = i; k < chain->count; k++)
            if (v5l_ops(m)[chain->ops[k]].stride != 1) return 0;
        if (v5l_ops(m)[next].stride != 1) return 0;
    }
    return 1;
}

/* Window sizes, from the end: what `batch` rows of the last op need of the op before, and so on. False if one is too large
 * to be noted. */
static int size_windows(const v5l_plan *plan, v5l_chain *chain) {
    const v5l_model *m = plan->model;
    const v5l_file_op *last = &v5l_ops(m)[chain->ops[chain->count - 1]];
    const int width = v5l_pixels_along(plan->width, v5l_operand_stride(m, last, V5L_OPERAND_OUT));
    int rows = (BATCH_PIXELS + width - 1) / width;
    rows += rows % 2; /* depthwise kernels may take two at a time */
    chain->batch = rows = rows < MAX_BATCH ? rows : MAX_BATCH;
    for (int i = chain->count - 1; i > 0; i--) {
        const v5l_file_op *op = &v5l_ops(m)[chain->ops[i]];
        const int height = v5l_plan_rows(plan, chain->tensor[i - 1]);
        rows = (rows - 1) * op->stride + op->kernel_h;
        rows = rows < height ? rows : height;
        if (rows > MAX_RING) return 0;
        chain->ring[i - 1] = rows;
    }
    return 1;
}

v5l_chain v5l_find_chain(const v5l_plan *plan, uint32_t first) {
    const v5l_model *m = plan->model;
    v5l_chain chain = {.count = 1, .ops = {first}};
    for (uint32_t next = first + 1; plan->chains && next < v5l_header(m)->op_count && chain.count < V5L_MAX_CHAIN;
         next++) {
        if (v5l_is_view(&v5l_ops(m)[next])) continue;
        const int tensor = link_between(plan, chain.ops[chain.count - 1], next);
        if (tensor < 0 || !in_order(plan, &chain, next)) break;
        v5l_chain longer = chain;
        longer.tensor[longer.count - 1] = (uint32_t)tensor;
        longer.ops[longer.count++] = next;
        if (!size_windows(plan, &longer)) break;
        chain = longer;
    }
    return chain;
}

/* ---- fed stem ---- */

int v5l_stem_can_be_fed(const v5l_plan *plan) {
    const v5l_model *m = plan->model;
    for (uint32_t i = 1; i < v5l_header(m)->op_count; i++)
        if (v5l_spans(m)[v5l_ops(m)[i].a_first].tensor == 0) return 0;
    return plan->chains;
}

/* ---- Winograd's transform ---- */

/* Fewer channels or tiles do not pay for the transforms of the maps, or for reading 16 / 9 of the weights. */
enum { MIN_CHANNELS = 16, MIN_TILES = 64 };

int v5l_takes_winograd(const v5l_plan *plan, uint32_t index) {
    const v5l_model *m = plan->model;
    const v5l_file_op *op = &v5l_ops(m)[index];
    if (v5l_is_transformed(op)) return 1; /* the file has no others */
    if (plan->direct || op->kind != V5L_OP_CONV || v5l_spans(m)[op->a_first].tensor == 0) return 0;
    if (op->kernel_h != 3 || op->stride != 1) return 0; /* then the width is 3, too, and the padding 1: FORMAT.md */
    const uint32_t stride = v5l_operand_stride(m, op, V5L_OPERAND_OUT);
    const int height = v5l_pixels_along(plan->height, stride), width = v5l_pixels_along(plan->width, stride);
    return v5l_operand_channels(m, op, V5L_OPERAND_A) >= MIN_CHANNELS &&
           v5l_operand_channels(m, op, V5L_OPERAND_OUT) >= MIN_CHANNELS &&
           (height + 1) / 2 * ((width + 1) / 2) >= MIN_TILES;
}

/* ---- lazy heads ---- */

uint32_t v5l_head_op(const v5l_model *model, uint32_t head) {
    uint32_t i = 0; /* there is exactly one */
    while (v5l_ops(model)[i].kind != V5L_OP_DETECT || v5l_ops(model)[i].head != head)
        i++;
    return i;
}

/* Objectness of all anchors in the first output span, box and classes of each anchor in one of its own. */
static int laid_out_for_it(const v5l_model *m, const v5l_file_op *op, const v5l_file_head *head) {
    const uint32_t anchors = head->anchor_count, step = 4 + v5l_header(m)->class_count;
    const v5l_file_span *s = &v5l_spans(m)[op->out_first];
    int fits = op->out_count == 1 + anchors && s->first == 0 && s->count == anchors && head->obj_first == 0 &&
               head->obj_step == 1 && head->box_first == anchors && head->box_step == step &&
               head->cls_first == anchors + 4 && head->cls_step == step;
    for (uint32_t a = 0; fits && a < anchors; a++)
        fits = s[1 + a].first == anchors + a * step && s[1 + a].count == step;
    return fits;
}

int v5l_head_can_wait(const v5l_plan *plan, uint32_t head) {
    const v5l_model *m = plan->model;
    const uint32_t index = v5l_head_op(m, head);
    const v5l_file_op *op = &v5l_ops(m)[index];
    if (!plan->chains || !laid_out_for_it(m, op, &v5l_heads(m)[head]) || v5l_spans(m)[op->a_first].tensor == 0)
        return 0;
    for (uint32_t i = index + 1; i < v5l_header(m)->op_count; i++)
        if (overwrites(m, &v5l_ops(m)[i], op)) return 0;
    return 1;
}
