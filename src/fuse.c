/* SPDX-License-Identifier: MIT */
#include "fuse.h"

#include <string.h>

#include "ops/ops.h"

/* ---- Winograd's transform ---- */

/* With fewer channels or tiles, Winograd saves less than it costs to transform the maps and to read 16 / 9 of the
 * weights. */
enum { MIN_CHANNELS = 16, MIN_TILES = 64 };

static int should_use_winograd(const v5l_fuse_input *in, const v5l_file_op *op) {
    const v5l_model *m = in->model;
    if (v5l_has_winograd_weights(op)) return 1; /* the file has no others */
    if (in->direct || op->kind != V5L_OP_CONV || v5l_op_type(m, op) != V5L_TYPE_F32 ||
        v5l_spans(m)[op->a_first].tensor == 0)
        return 0;
    if (op->kernel_h != 3 || op->stride != 1) return 0; /* FORMAT.md: then kernel_w is 3 and pad is 1 */
    const uint32_t stride = v5l_operand_stride(m, op, V5L_OPERAND_OUT);
    const int height = v5l_pixels_along(in->height, stride), width = v5l_pixels_along(in->width, stride);
    return v5l_operand_channels(m, op, V5L_OPERAND_A) >= MIN_CHANNELS &&
           v5l_operand_channels(m, op, V5L_OPERAND_OUT) >= MIN_CHANNELS &&
           (height + 1) / 2 * ((width + 1) / 2) >= MIN_TILES;
}

static void decide_winograd(const v5l_fuse_input *in, v5l_decisions *d) {
    for (uint32_t i = 0; i < v5l_header(in->model)->op_count; i++)
        if (should_use_winograd(in, &v5l_ops(in->model)[i])) d->winograd_ops[i / 32] |= 1u << i % 32;
}

/* ---- deferred heads ---- */

/* Returns whether the first output span holds the objectness of all anchors, and each later span the box and classes of
 * one anchor. */
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

/* Returns whether decode can compute boxes and classes later: the head has the layout for it, no other op reads or
 * writes the map, and no later op overwrites the input of the DETECT op. */
static int can_defer_head(const v5l_model *m, const v5l_block *blocks, uint32_t op_index) {
    const v5l_file_op *op = &v5l_ops(m)[op_index];
    const v5l_file_head *head = &v5l_heads(m)[op->head];
    return has_deferrable_layout(m, op, head) && v5l_spans(m)[op->a_first].tensor != 0 &&
           v5l_used_only_within(&blocks[head->tensor], op_index, op_index) &&
           !v5l_overwritten(m, op_index, op_index + 1, v5l_header(m)->op_count);
}

static void decide_heads(const v5l_fuse_input *in, const v5l_block *blocks, v5l_decisions *d) {
    for (uint32_t i = 0; i < v5l_header(in->model)->op_count; i++) {
        const v5l_file_op *op = &v5l_ops(in->model)[i];
        if (op->kind != V5L_OP_DETECT) continue;
        d->head_ops[op->head] = i;
        if (!in->whole_tensors && can_defer_head(in->model, blocks, i)) d->deferred_heads |= 1u << op->head;
    }
}

/* ---- chains ---- */

/* Smaller maps stay in the cache, and chains have a cost: two threads compute the same halo rows, and a tile of pixels
 * cannot extend past the end of a batch of rows. Elements, not bytes: with small types, chains save memory more than
 * time, and a net in 8 bits then has a quarter of the arena. */
enum { MIN_ELEMENTS = 32 * 1024, BATCH_PIXELS = 96, MAX_BATCH = 16, MAX_WINDOW_ROWS = 1023 };

typedef struct {
    int count;                       /* ops; 1: no chain */
    uint32_t ops[V5L_MAX_CHAIN];     /* their indices; views between them are not counted */
    uint32_t tensors[V5L_MAX_CHAIN]; /* [count - 1]: tensor between ops[i] and ops[i + 1] */
    int rows[V5L_MAX_CHAIN];         /* [count - 1]: window rows of tensors[i] */
} chain;

static int is_windowed(const v5l_file_op *op) {
    return op->kind == V5L_OP_CONV || op->kind == V5L_OP_DWCONV || op->kind == V5L_OP_MAXPOOL;
}

/* Returns the tensor that an operand covers wholly with one span; -1 for other operands. */
static int whole_tensor(const v5l_model *m, const v5l_file_op *op, v5l_operand which) {
    const v5l_file_span *s = &v5l_spans(m)[v5l_operand_first(op, which)];
    const int whole =
        v5l_operand_count(op, which) == 1 && s->upsample == 0 && s->count == v5l_tensors(m)[s->tensor].channels;
    return whole ? (int)s->tensor : -1;
}

/* Returns the tensor through which op i can pass its rows to op j, the next op that is not a view; -1 if there is
 * none. */
static int link_between(const v5l_fuse_input *in, const v5l_block *blocks, const v5l_decisions *d, uint32_t i,
                        uint32_t j) {
    const v5l_file_op *from = &v5l_ops(in->model)[i], *to = &v5l_ops(in->model)[j];
    if (!is_windowed(from) || !is_windowed(to)) return -1;
    if (v5l_uses_winograd(d, i) || v5l_uses_winograd(d, j)) return -1; /* Winograd produces rows in pairs */
    const int tensor = whole_tensor(in->model, from, V5L_OPERAND_OUT);
    if (tensor < 0 || tensor != whole_tensor(in->model, to, V5L_OPERAND_A)) return -1;
    const v5l_file_tensor *t = &v5l_tensors(in->model)[tensor];
    const uint64_t rows = (uint64_t)v5l_pixels_along(in->height, t->stride);
    const uint64_t elements = rows * (uint64_t)v5l_pixels_along(in->width, t->stride) * t->channels;
    return elements >= MIN_ELEMENTS && v5l_used_only_within(&blocks[tensor], i, j) ? tensor : -1;
}

/* Returns whether op `next` may join the chain: it must not overwrite input rows that an op of the chain still has to
 * read. In-place blocks write the channels that they read. Row by row this is safe if the reader is 1x1 and comes
 * before the writer, but only on one thread: another thread may compute its halo rows later. */
static int keeps_read_order(const v5l_fuse_input *in, const chain *c, uint32_t next) {
    const v5l_file_op *ops = v5l_ops(in->model);
    for (int i = 0; i < c->count; i++) {
        if (!v5l_overwritten(in->model, c->ops[i], next, next + 1)) continue;
        if (in->threads > 1 || ops[c->ops[i]].kernel_h != 1) return 0;
        for (int k = i; k < c->count; k++)
            if (ops[c->ops[k]].stride != 1) return 0;
        if (ops[next].stride != 1) return 0;
    }
    return 1;
}

int v5l_chain_batch(int width) {
    int rows = (BATCH_PIXELS + width - 1) / width;
    rows += rows % 2; /* depthwise kernels may compute two rows at a time */
    return rows < MAX_BATCH ? rows : MAX_BATCH;
}

/* Sizes the windows backwards from the last op. Returns 0 if one exceeds MAX_WINDOW_ROWS. */
static int size_windows(const v5l_fuse_input *in, chain *c) {
    const v5l_model *m = in->model;
    const v5l_file_op *last = &v5l_ops(m)[c->ops[c->count - 1]];
    int rows = v5l_chain_batch(v5l_pixels_along(in->width, v5l_operand_stride(m, last, V5L_OPERAND_OUT)));
    for (int i = c->count - 1; i > 0; i--) {
        const v5l_file_op *op = &v5l_ops(m)[c->ops[i]];
        const int height = v5l_pixels_along(in->height, v5l_tensors(m)[c->tensors[i - 1]].stride);
        rows = (rows - 1) * op->stride + op->kernel_h;
        rows = rows < height ? rows : height;
        if (rows > MAX_WINDOW_ROWS) return 0;
        c->rows[i - 1] = rows;
    }
    return 1;
}

/* Returns the longest chain that starts with op `first`. A view starts no chain. */
static chain find_chain(const v5l_fuse_input *in, const v5l_block *blocks, const v5l_decisions *d, uint32_t first) {
    const v5l_model *m = in->model;
    chain c = {.count = 1, .ops = {first}};
    for (uint32_t next = first + 1; next < v5l_header(m)->op_count && c.count < V5L_MAX_CHAIN; next++) {
        if (v5l_is_view(&v5l_ops(m)[next])) continue;
        const int tensor = link_between(in, blocks, d, c.ops[c.count - 1], next);
        if (tensor < 0 || !keeps_read_order(in, &c, next)) break;
        chain longer = c;
        longer.tensors[c.count - 1] = (uint32_t)tensor;
        longer.ops[c.count] = next;
        longer.count++;
        if (!size_windows(in, &longer)) break;
        c = longer;
    }
    return c;
}

static void decide_chains(const v5l_fuse_input *in, const v5l_decisions *d, v5l_block *blocks) {
    uint32_t first = 0;
    while (first < v5l_header(in->model)->op_count) {
        const chain c = find_chain(in, blocks, d, first);
        for (int k = 0; k + 1 < c.count; k++)
            blocks[c.tensors[k]].window_rows = (unsigned)c.rows[k] & 0x3FFu;
        first = c.ops[c.count - 1] + 1;
    }
}

uint32_t v5l_next_in_chain(const v5l_model *m, const v5l_block *blocks, uint32_t op) {
    const v5l_file_op *ops = v5l_ops(m);
    if (v5l_is_view(&ops[op]) || blocks[v5l_spans(m)[ops[op].out_first].tensor].window_rows == 0) return 0;
    uint32_t next = op + 1;
    while (v5l_is_view(&ops[next]))
        next++;
    return next;
}

/* ---- all ---- */

void v5l_decide(const v5l_fuse_input *in, v5l_block *blocks, v5l_decisions *decisions) {
    memset(decisions, 0, sizeof *decisions);
    v5l_find_accesses(in->model, in->whole_tensors, blocks);
    decide_winograd(in, decisions);
    decide_heads(in, blocks, decisions);
    if (in->whole_tensors) return;
    decisions->streams_input = !in->whole_input && v5l_used_only_within(&blocks[0], 0, 0);
    decide_chains(in, decisions, blocks);
}
