/* SPDX-License-Identifier: MIT */
#include "plan_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

void memory_line_text(const v5l_net_info *net) {
    printf("%zu bytes: arena %zu (input picture %zu of it), transformed weights %zu, scratch %zu, tables %zu",
           net->memory_bytes, net->arena_bytes, net->input_bytes, net->transformed_bytes, net->scratch_bytes,
           net->tables_bytes);
}

void memory_line_json(const v5l_net_info *net) {
    printf("{\"total\": %zu, \"arena\": %zu, \"input\": %zu, \"transformed\": %zu, \"scratch\": %zu, \"tables\": %zu}",
           net->memory_bytes, net->arena_bytes, net->input_bytes, net->transformed_bytes, net->scratch_bytes,
           net->tables_bytes);
}

typedef struct totals {
    uint64_t parameters, macs, bytes_read, bytes_written;
} totals;

static const char *activation_name(v5l_activation activation) {
    switch (activation) {
    case V5L_ACT_RELU: return "relu";
    case V5L_ACT_SILU: return "silu";
    case V5L_ACT_HARDSWISH: return "hardswish";
    case V5L_ACT_NONE: break;
    }
    return "none";
}

/* "conv3x3s2 relu", "add*0.5", "shuffle view". */
static void describe(const v5l_op_info *op, char *text, size_t size) {
    char window[32] = "";
    if (op->kernel_h > 0) snprintf(window, sizeof window, "%dx%ds%d", op->kernel_h, op->kernel_w, op->stride);
    if (op->kind == V5L_OP_ADD && op->alpha != 1.0f) snprintf(window, sizeof window, "*%g", (double)op->alpha);
    snprintf(text, size, "%s%s%s%s%s", v5l_op_kind_name(op->kind), window, op->activation != V5L_ACT_NONE ? " " : "",
             op->activation != V5L_ACT_NONE ? activation_name(op->activation) : "", op->view ? " view" : "");
}

static int span_count(const v5l_op_info *op, v5l_operand operand) {
    return operand == V5L_OPERAND_A ? op->a_spans : operand == V5L_OPERAND_B ? op->b_spans : op->out_spans;
}

/* " t3[0:60] t4[0:60]/2": channels of tensors, /2 where they are read at half resolution. */
static void text_spans(const session *s, int index, const v5l_op_info *op, v5l_operand operand) {
    for (int i = 0; i < span_count(op, operand); i++) {
        v5l_channel_span span;
        v5l_model_get_span(&s->model, index, operand, i, &span);
        printf(" t%d[%d:%d]%s", span.tensor, span.first, span.first + span.count, span.upsample ? "/2" : "");
    }
}

static void add(totals *t, const v5l_op_info *op, const v5l_op_plan *plan) {
    t->parameters += op->parameter_count;
    t->macs += plan->macs;
    t->bytes_read += plan->bytes_read;
    t->bytes_written += plan->bytes_written;
}

static void text_op(const session *s, int index, int name_width, totals *t) {
    char what[64], in[40], out[40], life[24];
    v5l_op_info op;
    v5l_op_plan plan;
    v5l_model_get_op(&s->model, index, &op);
    v5l_net_get_op(s->net, index, &plan);
    add(t, &op, &plan);
    describe(&op, what, sizeof what);
    snprintf(in, sizeof in, "%dx%dx%d", plan.in_height, plan.in_width, plan.in_channels);
    snprintf(out, sizeof out, "%dx%dx%d", plan.out_height, plan.out_width, plan.out_channels);
    snprintf(life, sizeof life, "%d-%d", plan.first_op, plan.last_op);
    printf("%3d  %-*s  %-17s  %13s -> %-13s %8" PRIu64 " %11" PRIu64 " %9" PRIu64 " %9" PRIu64
           "  %9zu %-9s %-28s reads",
           index, name_width, op.name, what, in, out, op.parameter_count, plan.macs, plan.bytes_read,
           plan.bytes_written, plan.arena_offset, life, plan.kernel);
    text_spans(s, index, &op, V5L_OPERAND_A);
    if (op.b_spans > 0) {
        fputs(" +", stdout);
        text_spans(s, index, &op, V5L_OPERAND_B);
    }
    if (op.out_spans > 0) {
        fputs(" writes", stdout);
        text_spans(s, index, &op, V5L_OPERAND_OUT);
    }
    putchar('\n');
}

void plan_report_text(const session *s) {
    totals t = {0, 0, 0, 0};
    v5l_net_info net;
    int name_width = 4;
    for (int i = 0; i < s->info.op_count; i++) {
        v5l_op_info op;
        v5l_model_get_op(&s->model, i, &op);
        int width = (int)strlen(op.name);
        name_width = width > name_width ? width : name_width;
    }
    v5l_net_get_info(s->net, &net);
    printf("%s, %s form, input %dx%d, threads %d\n", s->path, s->info.planned ? "planned" : "literal", net.width,
           net.height, net.threads);
    printf("%3s  %-*s  %-17s  %13s    %-13s %8s %11s %9s %9s  %9s %-9s %-28s %s\n", "op", name_width, "name", "what",
           "in HxWxC", "out HxWxC", "params", "MACs", "B read", "B written", "arena at", "life", "kernel",
           "channels of tensors");
    for (int i = 0; i < s->info.op_count; i++)
        text_op(s, i, name_width, &t);
    printf("%3s  %-*s  %-17s  %13s    %-13s %8" PRIu64 " %11" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n", "", name_width,
           "total", "", "", "", t.parameters, t.macs, t.bytes_read, t.bytes_written);
    fputs("memory ", stdout);
    memory_line_text(&net);
    putchar('\n');
}

static void json_spans(const session *s, int index, const v5l_op_info *op, const char *label, v5l_operand operand) {
    printf(", \"%s\": [", label);
    for (int i = 0; i < span_count(op, operand); i++) {
        v5l_channel_span span;
        v5l_model_get_span(&s->model, index, operand, i, &span);
        printf("%s{\"tensor\": %d, \"first\": %d, \"count\": %d, \"upsample\": %d}", i > 0 ? ", " : "", span.tensor,
               span.first, span.count, span.upsample);
    }
    putchar(']');
}

static void json_op(const session *s, int index, totals *t) {
    v5l_op_info op;
    v5l_op_plan plan;
    v5l_model_get_op(&s->model, index, &op);
    v5l_net_get_op(s->net, index, &plan);
    add(t, &op, &plan);
    printf("{\"op\": %d, \"name\": ", index);
    json_string(stdout, op.name);
    printf(", \"kind\": \"%s\", \"view\": %s, \"activation\": \"%s\"", v5l_op_kind_name(op.kind),
           op.view ? "true" : "false", activation_name(op.activation));
    printf(", \"kernel\": [%d, %d], \"stride\": %d, \"padding\": %d, \"groups\": %d", op.kernel_h, op.kernel_w,
           op.stride, op.padding, op.groups);
    if (op.kind == V5L_OP_ADD) printf(", \"alpha\": %.9g", (double)op.alpha);
    if (op.kind == V5L_OP_DETECT) printf(", \"head\": %d", op.head);
    printf(", \"in\": [%d, %d, %d], \"out\": [%d, %d, %d]", plan.in_height, plan.in_width, plan.in_channels,
           plan.out_height, plan.out_width, plan.out_channels);
    json_spans(s, index, &op, "reads", V5L_OPERAND_A);
    json_spans(s, index, &op, "adds", V5L_OPERAND_B);
    json_spans(s, index, &op, "writes", V5L_OPERAND_OUT);
    printf(", \"parameters\": %" PRIu64 ", \"macs\": %" PRIu64 ", \"bytes_read\": %" PRIu64
           ", \"bytes_written\": %" PRIu64,
           op.parameter_count, plan.macs, plan.bytes_read, plan.bytes_written);
    printf(", \"arena_offset\": %zu, \"first_op\": %d, \"last_op\": %d, \"function\": ", plan.arena_offset,
           plan.first_op, plan.last_op);
    json_string(stdout, plan.kernel);
    putchar('}');
}

void plan_report_json(const session *s) {
    totals t = {0, 0, 0, 0};
    v5l_net_info net;
    v5l_net_get_info(s->net, &net);
    fputs("{\"model\": ", stdout);
    json_string(stdout, s->path);
    printf(", \"form\": \"%s\", \"input\": [%d, %d], \"threads\": %d,\n\"ops\": [",
           s->info.planned ? "planned" : "literal", net.width, net.height, net.threads);
    for (int i = 0; i < s->info.op_count; i++) {
        fputs(i > 0 ? ",\n" : "\n", stdout);
        json_op(s, i, &t);
    }
    printf("\n],\n\"totals\": {\"parameters\": %" PRIu64 ", \"macs\": %" PRIu64 ", \"bytes_read\": %" PRIu64
           ", \"bytes_written\": %" PRIu64 "},\n",
           t.parameters, t.macs, t.bytes_read, t.bytes_written);
    fputs("\"memory\": ", stdout);
    memory_line_json(&net);
    puts("}");
}
