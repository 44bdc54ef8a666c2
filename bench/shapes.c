/* SPDX-License-Identifier: MIT */
#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static int add_shape(shape *list, int count, shape s) {
    for (int i = 0; i < count; i++) {
        s.ops = list[i].ops;
        if (memcmp(&list[i], &s, sizeof s) == 0) {
            list[i].ops++;
            return count;
        }
    }
    s.ops = 1;
    if (count < MAX_SHAPES) list[count++] = s;
    return count;
}

int model_shapes(const char *path, int size, shape *list) {
    v5l_model model;
    FILE *f = fopen(path, "rb");
    if (f == NULL) return -1;
    fseek(f, 0, SEEK_END);
    const size_t bytes = (size_t)ftell(f);
    rewind(f);
    void *data = aligned_alloc(64, (bytes + 64) / 64 * 64);
    const size_t got = data != NULL ? fread(data, 1, bytes, f) : 0;
    fclose(f);
    if (got != bytes || v5l_model_open(&model, data, bytes) != V5L_OK) {
        free(data);
        return -1;
    }
    int count = 0;
    for (uint32_t i = 0; i < v5l_header(&model)->op_count; i++) {
        const v5l_file_op *op = &v5l_ops(&model)[i];
        const int side = size / (int)v5l_operand_stride(&model, op, v5l_is_view(op) ? V5L_OPERAND_A : V5L_OPERAND_OUT);
        shape s;
        memset(&s, 0, sizeof s);
        s = (shape){op->kind, 0, 0, op->kernel_h, op->stride, side, side, 0, (v5l_activation)op->activation};
        if (v5l_is_view(op) || (!v5l_has_weights(op) && op->kind != V5L_OP_MAXPOOL)) continue;
        s.inputs = op->kernel_h * op->kernel_w;
        if (op->kind == V5L_OP_CONV || op->kind == V5L_OP_DETECT) {
            s.kind = V5L_OP_CONV;
            s.inputs *= (int)v5l_operand_channels(&model, op, V5L_OPERAND_A);
        }
        for (uint32_t j = 0; j < op->out_count; j++) {
            s.channels = (int)v5l_spans(&model)[op->out_first + j].count;
            count = add_shape(list, count, s);
        }
    }
    free(data);
    return count;
}

int builtin_shapes(shape *list) {
    static const int layers[][6] = {
        {V5L_OP_CONV, 27, 32, 3, 2, 160},   {V5L_OP_MAXPOOL, 9, 32, 3, 2, 80},   {V5L_OP_CONV, 32, 60, 1, 1, 80},
        {V5L_OP_CONV, 60, 60, 1, 1, 40},    {V5L_OP_CONV, 120, 116, 1, 1, 40},   {V5L_OP_CONV, 116, 116, 1, 1, 20},
        {V5L_OP_CONV, 232, 232, 1, 1, 20},  {V5L_OP_CONV, 464, 96, 1, 1, 10},    {V5L_OP_CONV, 328, 96, 1, 1, 20},
        {V5L_OP_CONV, 216, 96, 1, 1, 40},   {V5L_OP_CONV, 96, 96, 1, 1, 20},     {V5L_OP_CONV, 96, 84, 1, 1, 40},
        {V5L_OP_CONV, 576, 64, 3, 1, 40},   {V5L_OP_DWCONV, 9, 60, 3, 2, 40},    {V5L_OP_DWCONV, 9, 60, 3, 1, 40},
        {V5L_OP_DWCONV, 9, 116, 3, 1, 20},  {V5L_OP_DWCONV, 9, 232, 3, 2, 10},   {V5L_OP_DWCONV, 9, 232, 3, 1, 10},
        {V5L_OP_DWCONV, 9, 216, 3, 1, 40},  {V5L_OP_DWCONV, 25, 96, 5, 1, 20},   {V5L_OP_DWCONV, 25, 256, 5, 1, 20},
        {V5L_OP_DWCONV, 25, 256, 5, 2, 10}, {V5L_OP_MAXPOOL, 25, 256, 5, 1, 10}, {V5L_OP_CONV, 108, 32, 6, 2, 160}};
    const int count = (int)(sizeof layers / sizeof *layers);
    for (int i = 0; i < count; i++) {
        const int *l = layers[i];
        list[i] = (shape){l[0], l[1], l[2], l[3], l[4], l[5], l[5], 1, V5L_ACT_RELU};
    }
    return count;
}
