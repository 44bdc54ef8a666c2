/* SPDX-License-Identifier: MIT */
#include "fuse.h"

#include "access.h"

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

/* The tensor through which op i can hand its rows to op j, the next op that is no view; -1 if it cannot. */
static int link_between(const v5l_plan *plan, uint32_t i, uint32_t j) {
    const v5l_model *m = plan->model;
    const v5l_file_op *from = &v5l_ops(m)[i], *to = &v5l_ops(m)[j];
    if (!windowed(from) || !windowed(to)) return -1;
    if (v5l_uses_winograd(plan, i) || v5l_uses_winograd(plan, j)) return -1; /* Winograd produces rows in pairs */
    const int tensor = whole_tensor(m, from, V5L_OPERAND_OUT);
    if (tensor < 0 || tensor != whole_tensor(m, to, V5L_OPERAND_A)) return -1;
    const uint64_t bytes = v5l_plan_row_bytes(plan, (uint32_t)tensor) * (uint64_t)v5l_plan_rows(plan, (uint32_t)tensor);
    return bytes >= MIN_BYTES && v5l_used_only_within(&plan->blocks[tensor], i, j) ? tensor : -1;
}

/* Whether op `next` may join: it must not overwrite input rows that an op of the chain has yet to read. In-place blocks
 * do write the channels that they read; row for row that is safe if the reader is 1x1 and ahead of the writer, which holds
 * on one thread; another thread's halo rows may be late. */
static int keeps_read_order(const v5l_plan *plan, const v5l_chain *chain, uint32_t next) {
    const v5l_model *m = plan->model;
    for (int i = 0; i < chain->count; i++) {
        const v5l_file_op *reader = &v5l_ops(m)[chain->ops[i]];
        if (!v5l_overwritten(m, chain->ops[i], next, next + 1)) continue;
        if (plan->threads > 1 || reader->kernel_h != 1) return 0;
        for (int k = i; k < chain->count; k++)
            if (v5l_ops(m)[chain->ops[k]].stride != 1) return 0;
        if (v5l_ops(m)[next].stride != 1) return 0;
    }
    return 1;
}

int v5l_chain_batch(int width) {
    int rows = (BATCH_PIXELS + width - 1) / width;
    rows += rows % 2; /* depthwise kernels may take two at a time */
    return rows < MAX_BATCH ? rows : MAX_BATCH;
}

/* Sizes the windows backwards from the last op. Returns 0 if one exceeds MAX_RING. */
static int size_windows(const v5l_plan *plan, v5l_chain *chain) {
    const v5l_model *m = plan->model;
    const v5l_file_op *last = &v5l_ops(m)[chain->ops[chain->count - 1]];
    int rows = v5l_chain_batch(v5l_pixels_along(plan->width, v5l_operand_stride(m, last, V5L_OPERAND_OUT)));
    for (int i = chain->count - 1; i > 0; i--) {
        const v5l_file_op *op = &v5l_ops(m)[chain->ops[i]];
        const int height = v5l_plan_rows(plan, chain->tensor[i - 1]);
        rows = (rows - 1) * op->stride + op->kernel_h;
        rows = rows < height ? rows : height;
        if (rows > MAX_RING) return 0;
        chain->window_rows[i - 1] = rows;
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
        if (tensor < 0 || !keeps_read_order(plan, &chain, next)) break;
        v5l_chain longer = chain;
        longer.tensor[longer.count - 1] = (uint32_t)tensor;
        longer.ops[longer.count++] = next;
        if (!size_windows(plan, &longer)) break;
        chain = longer;
    }
    return chain;
}

/* ---- streamed input ---- */

/* Op 0 reads the picture: nothing else has been written before it. */
int v5l_can_stream_input(const v5l_plan *plan) { return plan->chains && v5l_used_only_within(&plan->blocks[0], 0, 0); }

/* ---- Winograd's transform ---- */

/* Fewer channels or tiles do not pay for the transforms of the maps, or for reading 16 / 9 of the weights. */
enum { MIN_CHANNELS = 16, MIN_TILES = 64 };

int v5l_uses_winograd(const v5l_plan *plan, uint32_t index) {
    const v5l_model *m = plan->model;
    const v5l_file_op *op = &v5l_ops(m)[index];
    if (v5l_has_winograd_weights(op)) return 1; /* the file has no others */
    if (plan->direct || op->kind != V5L_OP_CONV || v5l_spans(m)[op->a_first].tensor == 0) return 0;
    if (op->kernel_h != 3 || op->stride != 1) return 0; /* then the width is 3, too, and the padding 1: FORMAT.md */
    const uint32_t stride = v5l_operand_stride(m, op, V5L_OPERAND_OUT);
    const int height = v5l_pixels_along(plan->height, stride), width = v5l_pixels_along(plan->width, stride);
    return v5l_operand_channels(m, op, V5L_OPERAND_A) >= MIN_CHANNELS &&
           v5l_operand_channels(m, op, V5L_OPERAND_OUT) >= MIN_CHANNELS &&
           (height + 1) / 2 * ((width + 1) / 2) >= MIN_TILES;
}

/* ---- deferred heads ---- */

/* Objectness of all anchors in the first output span, box and classes of each anchor in one of its own. */
static int has_deferrable_layout(const v5l_model *m, const v5l_file_op *op, const v5l_file_head *head) {
    const uint32_t anchors = head->anchor_count, step = 4 + v5l_header(m)->class_count;
    const v5l_file_span *s = &v5l_spans(m)[op->out_first];
    int fits = op->out_count == 1 + anchors && s->first == 0 && s->count == anchors && head->obj_first == 0 &&
               head->obj_step == 1 && head->box_first == anchors && head->box_step == step &&
               head->cls_first == anchors + 4 && head->cls_step == step;
    for (uint32_t a = 0; fits && a < anchors; a++)
        fits = s[1 + a].first == anchors + a * step && s[1 + a].count == step;
    return fits;
}

int v5l_can_defer_head(const v5l_plan *plan, uint32_t head) {
    const v5l_model *m = plan->model;
    const uint32_t index = plan->head_ops[head];
    const v5l_file_op *op = &v5l_ops(m)[index];
    const v5l_file_head *h = &v5l_heads(m)[head];
    return plan->chains && has_deferrable_layout(m, op, h) && v5l_spans(m)[op->a_first].tensor != 0 &&
           v5l_used_only_within(&plan->blocks[h->tensor], index, index) &&
           !v5l_overwritten(m, index, index + 1, v5l_header(m)->op_count);
}
