/* SPDX-License-Identifier: MIT */
#include "blocks.h"

#include <string.h>

#include "fail.h"
#include "format.h"

enum { MAX_BLOCKS = V5L_MAX_TENSORS + 2 };

static void check_block(const v5l_block_info *b, int block, const v5l_net_info *net, int tensors, int ops) {
    REQUIRE(b->offset % 64 == 0 && b->bytes % 64 == 0, "block %d: at %zu, %zu bytes", block, b->offset, b->bytes);
    REQUIRE(b->bytes == 0 || b->offset + b->bytes <= net->arena_bytes, "block %d ends after the arena", block);
    REQUIRE(b->bytes == 0 || (b->first_op >= -1 && b->first_op <= b->last_op && b->last_op <= ops),
            "block %d lives from %d to %d", block, b->first_op, b->last_op);
    REQUIRE(b->kind == (block < tensors    ? V5L_BLOCK_TENSOR
                        : block == tensors ? V5L_BLOCK_LETTERBOX
                                           : V5L_BLOCK_CANDIDATES),
            "block %d is of kind %d", block, (int)b->kind);
    if (block >= tensors || b->bytes == 0) return;
    const size_t value = (size_t)b->element_bytes;
    const size_t expected = b->type == V5L_TYPE_F32 ? sizeof(float) : b->type == V5L_TYPE_F16 ? 2 : 1;
    REQUIRE((b->type == V5L_TYPE_U8) == (block == 0) && value == expected, "block %d: type %d of %zu bytes", block,
            b->type, value);
    const size_t row = (size_t)b->width * (size_t)b->channels * value;
    const size_t whole = b->window_rows > 0 ? ((size_t)b->window_rows * row + 63) / 64 * 64 * (size_t)net->threads
                                            : ((size_t)b->height * row + 63) / 64 * 64;
    REQUIRE(b->bytes == whole, "block %d: %zu bytes, expected %zu", block, b->bytes, whole);
    REQUIRE(b->window_rows <= b->height, "block %d: a window of %d rows of %d", block, b->window_rows, b->height);
}

static int share_memory(const v5l_block_info *x, const v5l_block_info *y) {
    const int same_time = x->first_op <= y->last_op && y->first_op <= x->last_op;
    const int same_place = x->offset < y->offset + y->bytes && y->offset < x->offset + x->bytes;
    return x->bytes > 0 && y->bytes > 0 && same_time && same_place;
}

static void check_blocks(const v5l_net *net, const v5l_model_info *model, const v5l_net_info *info,
                         fuzz_counts *counts) {
    static v5l_block_info blocks[MAX_BLOCKS];
    const int count = model->tensor_count + 2;
    int windows = 0;
    for (int i = 0; i < count; i++) {
        REQUIRE(v5l_net_get_block(net, i, &blocks[i]) == V5L_OK, "block %d of %d is refused", i, count);
        check_block(&blocks[i], i, info, model->tensor_count, model->op_count);
        windows |= blocks[i].window_rows > 0;
        for (int j = 0; j < i; j++)
            REQUIRE(!share_memory(&blocks[i], &blocks[j]), "blocks %d and %d share memory", j, i);
    }
    v5l_block_info beyond;
    REQUIRE(v5l_net_get_block(net, count, &beyond) == V5L_E_ARGUMENT, "a block too many");
    REQUIRE(v5l_net_get_block(net, -1, &beyond) == V5L_E_ARGUMENT, "block -1");
    if (counts == NULL) return;
    counts->windows += windows != 0;
    counts->streamed += blocks[0].bytes == 0;
}

/* Returns whether some head's map holds its objectness alone. */
static int has_deferred_head(const v5l_net *net, const v5l_model *model) {
    for (int op = 0;; op++) {
        v5l_op_info info;
        v5l_channel_span span;
        v5l_block_info block;
        if (v5l_model_get_op(model, op, &info) != V5L_OK) return 0;
        if (info.kind != V5L_OP_DETECT) continue;
        if (v5l_model_get_span(model, op, V5L_OPERAND_OUT, 0, &span) == V5L_OK &&
            v5l_net_get_block(net, span.tensor, &block) == V5L_OK && block.channels < info.out_channels)
            return 1;
    }
}

static void check_ops(const v5l_net *net, const v5l_model *described, const v5l_model_info *model,
                      const v5l_net_info *info, fuzz_counts *counts) {
    uint64_t macs = 0;
    int winograd = 0, lowres = 0, quantised = 0, halves = 0;
    for (int i = 0; i < model->op_count; i++) {
        v5l_op_plan plan;
        REQUIRE(v5l_net_get_op(net, i, &plan) == V5L_OK, "op %d of %d is refused", i, model->op_count);
        macs += plan.macs;
        REQUIRE(plan.kernel != NULL && plan.function != NULL, "op %d: no kernel", i);
        REQUIRE(plan.arena_offset <= info->arena_bytes, "op %d: its output is not in the arena", i);
        v5l_op_info op;
        REQUIRE(v5l_model_get_op(described, i, &op) == V5L_OK, "op %d is refused", i);
        quantised |= op.out_type == V5L_TYPE_S8;
        halves |= op.out_type == V5L_TYPE_F16;
        winograd |= strstr(plan.function, "winograd") != NULL;
        lowres |= strstr(plan.function, "split") != NULL || strstr(plan.function, "upsampled") != NULL;
    }
    v5l_op_plan beyond;
    REQUIRE(v5l_net_get_op(net, model->op_count, &beyond) == V5L_E_ARGUMENT, "an op too many");
    REQUIRE(macs == info->macs, "ops take %llu products, the net says %llu", (unsigned long long)macs,
            (unsigned long long)info->macs);
    if (counts == NULL) return;
    counts->winograd += winograd != 0;
    counts->lowres += lowres != 0;
    counts->quantised += quantised != 0;
    counts->halves += halves != 0;
}

void check_reports(const v5l_net *net, const v5l_model *model, const v5l_net_options *options, size_t need,
                   fuzz_counts *counts) {
    v5l_net_info info;
    v5l_model_info model_info;
    v5l_net_get_info(net, &info);
    v5l_model_get_info(model, &model_info);
    REQUIRE(info.memory_bytes == need, "create says %zu bytes, v5l_net_memory %zu", info.memory_bytes, need);
    REQUIRE(info.arena_bytes + info.winograd_bytes + info.scratch_bytes + info.tables_bytes == need,
            "parts of the memory do not add up");
    REQUIRE(info.width == options->width && info.height == options->height, "another size");
    REQUIRE(info.threads == (options->parallel.run != NULL ? options->parallel.threads : 1), "%d threads",
            info.threads);
    check_blocks(net, &model_info, &info, counts);
    check_ops(net, model, &model_info, &info, counts);
    if (counts != NULL) counts->deferred_heads += (uint64_t)has_deferred_head(net, model);
}
