/* SPDX-License-Identifier: MIT */
#include "scale_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "audit.h"
#include "scales.h"
#include "text.h"

int has_scales(const session *s) {
    for (int i = 0; i < s->info.op_count; i++) {
        v5l_op_info op;
        v5l_model_get_op(&s->model, i, &op);
        if (!op.view && op.out_type == V5L_TYPE_S8) return 1;
    }
    return 0;
}

static void text_op(const session *s, int index, const v5l_op_info *op, const saturation *count) {
    char kind[64], types[TYPES_TEXT];
    const scale_range range = scales_range(&s->model, index, op);
    describe_op(op, kind, sizeof kind);
    describe_types(op, types);
    printf("%3d  ", index);
    put_column(stdout, op->name, 28);
    printf(" %-17s %-7s %11.5g %11.5g %8d %6d", kind, types, (double)range.min.scale, (double)range.max.scale,
           range.min.zero, range.max.zero);
    if (count != NULL)
        printf(" %9" PRIu64 " %9" PRIu64 " %8.4f %%", count->low, count->high,
               100.0 * (double)(count->low + count->high) / (double)(count->values > 0 ? count->values : 1));
    putchar('\n');
}

void scale_report_text(const session *s, const saturation *counts) {
    if (counts != NULL)
        puts("scales of int8 outputs: smallest and largest of the channels; how many integers are -128 and 127, unless "
             "that stands for 0");
    else
        puts("scales of int8 outputs: smallest and largest of the channels");
    printf("%3s  %-28s %-17s %-7s %11s %11s %8s %6s", "op", "name", "kind", "types", "scale min", "max", "zero min",
           "max");
    if (counts != NULL) printf(" %9s %9s %10s", "-128", "127", "of all");
    putchar('\n');
    for (int i = 0; i < s->info.op_count; i++) {
        v5l_op_info op;
        v5l_model_get_op(&s->model, i, &op);
        if (scales_begin_at(&op)) text_op(s, i, &op, counts != NULL ? &counts[i] : NULL);
    }
}

void scale_report_json(const session *s, int op, const v5l_op_info *info) {
    printf(", \"in_type\": \"%s\", \"out_type\": \"%s\"", type_name(info->in_type), type_name(info->out_type));
    if (!scales_begin_at(info)) return;
    const scale_range range = scales_range(&s->model, op, info);
    printf(", \"scale\": [%.9g, %.9g], \"zero\": [%d, %d]", (double)range.min.scale, (double)range.max.scale,
           range.min.zero, range.max.zero);
}
