/* SPDX-License-Identifier: MIT */
#include "match.h"

#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "dump.h"

/* Parses a leading number of up to 9 digits and sets *end past it. Returns -1 if there is none. */
static int leading_number(const char *text, const char **end) {
    int value = 0, digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 9; digits++)
        value = value * 10 + (text[digits] - '0');
    *end = text + digits;
    return digits > 0 ? value : -1;
}

static int is_op(const char *op_name, int op, const char *name) {
    char plain[MAX_DUMP_NAME + 1];
    const char *rest;
    if (strcmp(op_name, name) == 0) return 1;
    dump_name(op_name, plain);
    if (strcmp(plain, name) == 0) return 1;
    return leading_number(name, &rest) == op && *rest == '_' && strcmp(plain, rest + 1) == 0;
}

static int head_stride(const v5l_model *model, const v5l_op_info *op) {
    v5l_head_info head;
    v5l_model_get_head(model, op->head, &head);
    return head.stride;
}

/* Returns whether this is the name of the head of op `index`, a DETECT. */
static int is_head(const v5l_model *model, int index, const v5l_op_info *op, const char *name) {
    char whole[40];
    v5l_op_info other;
    int before = 0;
    for (int i = 0; i < index; i++) {
        v5l_model_get_op(model, i, &other);
        before += other.kind == V5L_OP_DETECT && head_stride(model, &other) == head_stride(model, op);
    }
    dump_head_name(head_stride(model, op), before, whole);
    return strcmp(name, whole) == 0 || strcmp(name, whole + strlen("head_")) == 0;
}

/* Turns layerNN into model.NN, the name of a top-level module; copies other names. */
static void module_name(const char *name, char *out, size_t size) {
    const char *rest;
    const int layer = strncmp(name, "layer", 5) == 0 ? leading_number(name + 5, &rest) : -1;
    if (layer >= 0 && *rest == 0)
        snprintf(out, size, "model.%d", layer);
    else
        snprintf(out, size, "%s", name);
}

int match_name(const v5l_model *model, int op_count, const char *name) {
    char module[256]; /* op names are shorter */
    int head = WITH_NOTHING, last_inside = WITH_NOTHING;
    if (strcmp(name, "input") == 0) return WITH_PICTURE;
    module_name(name, module, sizeof module);
    const size_t length = strlen(module);
    for (int i = 0; i < op_count; i++) {
        v5l_op_info op;
        v5l_model_get_op(model, i, &op);
        if (is_op(op.name, i, name) || strcmp(op.name, module) == 0) return i;
        if (op.kind == V5L_OP_DETECT)
            head = is_head(model, i, &op, name) ? i : head;
        else if (strncmp(op.name, module, length) == 0 && op.name[length] == '.')
            last_inside = i;
    }
    return head != WITH_NOTHING ? head : last_inside;
}
