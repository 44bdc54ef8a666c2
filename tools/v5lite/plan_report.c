/* SPDX-License-Identifier: MIT */
#include "plan_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compare_report.h"
#include "json.h"
#include "scale_report.h"
#include "text.h"

void memory_line_text(const v5l_net_info *net) {
    printf("%zu bytes: arena %zu (input picture %zu of it), Winograd weights %zu, scratch %zu, tables %zu",
           net->memory_bytes, net->arena_bytes, net->input_bytes, net->winograd_bytes, net->scratch_bytes,
           net->tables_bytes);
}

void memory_line_json(const v5l_net_info *net) {
    printf("{\"total\": %zu, \"arena\": %zu, \"input\": %zu, \"winograd\": %zu, \"scratch\": %zu, \"tables\": %zu}",
           net->memory_bytes, net->arena_bytes, net->input_bytes, net->winograd_bytes, net->scratch_bytes,
           net->tables_bytes);
}

/* ---- text ---- */

static int width_of_names(const audit *a) {
    int width = 4;
    for (int i = 0; i < a->session->info.op_count; i++) {
        const int length = text_width(a->ops[i].op.name);
        width = length > width ? length : width;
    }
    return width;
}

static void text_op(const audit *a, int index, int name_width) {
    char kind[64], types[TYPES_TEXT], in[40], out[40], life[24];
    const audit_op *o = &a->ops[index];
    const v5l_op_plan *plan = &o->plan;
    describe_op(&o->op, kind, sizeof kind);
    describe_types(&o->op, types);
    snprintf(in, sizeof in, "%dx%dx%d", plan->in_height, plan->in_width, plan->in_channels);
    snprintf(out, sizeof out, "%dx%dx%d", plan->out_height, plan->out_width, plan->out_channels);
    snprintf(life, sizeof life, "%d-%d", plan->first_op, plan->last_op);
    printf("%3d  %-*s  %-17s %-7s %13s -> %-13s %8" PRIu64 " %11" PRIu64 " %9" PRIu64 " %9" PRIu64
           "  %9zu %-9s %-18s %-28s reads ",
           index, name_width, o->op.name, kind, types, in, out, o->op.parameter_count, plan->macs, plan->bytes_read,
           plan->bytes_written, plan->arena_offset, life, plan->function, plan->kernel);
    write_spans(stdout, a->session, index, V5L_OPERAND_A);
    if (o->op.b_spans > 0) {
        fputs(" + ", stdout);
        write_spans(stdout, a->session, index, V5L_OPERAND_B);
    }
    if (o->op.out_spans > 0) {
        fputs(" writes ", stdout);
        write_spans(stdout, a->session, index, V5L_OPERAND_OUT);
    }
    putchar('\n');
}

static void text_array(const stored_array *s) {
    printf(" %9" PRIu64 " %9" PRIu64 " %-4s %08" PRIx32 " %13.6g %13.6g", s->offset, s->count, s->type, s->crc, s->min,
           s->max);
}

static void text_weights(const audit *a, int name_width) {
    printf("\nweights: offset in the file, number of values, type, CRC-32, smallest and largest value\n"
           "%3s  %-*s  %9s %9s %-4s %-8s %13s %13s  %9s %9s %-4s %-8s %13s %13s\n",
           "op", name_width, "name", "weights", "values", "type", "CRC-32", "min", "max", "bias", "values", "type",
           "CRC-32", "min", "max");
    for (int i = 0; i < a->session->info.op_count; i++) {
        if (a->ops[i].weights.count == 0) continue;
        printf("%3d  ", i);
        put_column(stdout, a->ops[i].op.name, name_width + 1);
        text_array(&a->ops[i].weights);
        putchar(' ');
        text_array(&a->ops[i].bias);
        putchar('\n');
    }
}

/* Prints the source file of each function and kernel of the plan once. */
static void text_sources(const audit *a) {
    const int ops = a->session->info.op_count;
    puts("\nsources");
    for (int kernels = 0; kernels < 2; kernels++)
        for (int i = 0; i < ops; i++) {
            const audit_op *o = &a->ops[i];
            const char *name = kernels ? o->plan.kernel : o->plan.function;
            const char *file = kernels ? o->kernel_file : o->function_file;
            int uses = 0, seen = 0;
            for (int j = 0; j < ops; j++) {
                const int same = strcmp(kernels ? a->ops[j].plan.kernel : a->ops[j].plan.function, name) == 0;
                uses += same;
                seen |= same && j < i;
            }
            if (!seen && !o->op.view) printf("%-28s %3d ops  %s\n", name, uses, file);
        }
}

static void text_file(const audit *a) {
    char hash[HASH_TEXT];
    const v5l_model_info *info = &a->session->info;
    hash_text(info->source_sha256, hash);
    printf("v5lite %s; file of %zu bytes, CRC-32 %08" PRIx32 ", by ", V5L_VERSION, info->file_bytes, a->file_crc);
    put_printable(stdout, info->exporter);
    printf(" from a checkpoint of SHA-256 %s\n", hash);
}

void plan_report_text(const audit *a) {
    const session *s = a->session;
    const int name_width = width_of_names(a);
    put_printable(stdout, s->path);
    printf(", %s form, input %dx%d, threads %d\n", s->info.planned ? "planned" : "literal", a->net.width, a->net.height,
           a->net.threads);
    text_file(a);
    printf("%3s  %-*s  %-17s %-7s %13s    %-13s %8s %11s %9s %9s  %9s %-9s %-18s %-28s %s\n", "op", name_width, "name",
           "kind", "types", "in HxWxC", "out HxWxC", "params", "MACs", "B read", "B written", "arena at", "life",
           "run by", "kernel", "channels of tensors");
    for (int i = 0; i < s->info.op_count; i++)
        text_op(a, i, name_width);
    printf("%3s  %-*s  %-17s %-7s %13s    %-13s %8" PRIu64 " %11" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n", "", name_width,
           "total", "", "", "", "", a->parameters, a->macs, a->bytes_read, a->bytes_written);
    fputs("memory ", stdout);
    memory_line_text(&a->net);
    putchar('\n');
    text_weights(a, name_width);
    if (has_scales(s)) {
        putchar('\n');
        scale_report_text(s, a->counts);
    }
    text_sources(a);
}

/* ---- JSON ---- */

static void json_spans(const session *s, int index, const v5l_op_info *op, const char *label, v5l_operand operand) {
    printf(", \"%s\": [", label);
    for (int i = 0; i < span_count(op, operand); i++) {
        v5l_channel_span span = {0};
        v5l_model_get_span(&s->model, index, operand, i, &span);
        printf("%s{\"tensor\": %d, \"first\": %d, \"count\": %d, \"upsample\": %d}", i > 0 ? ", " : "", span.tensor,
               span.first, span.count, span.upsample);
    }
    putchar(']');
}

static void json_array(const char *label, const stored_array *s) {
    if (s->count == 0) return;
    printf(", \"%s\": {\"offset\": %" PRIu64 ", \"count\": %" PRIu64 ", \"type\": \"%s\", \"crc32\": \"%08" PRIx32
           "\", \"min\": %.9g, \"max\": %.9g}",
           label, s->offset, s->count, s->type, s->crc, s->min, s->max);
}

static void json_op(const audit *a, int index) {
    const v5l_op_info *op = &a->ops[index].op;
    const v5l_op_plan *plan = &a->ops[index].plan;
    printf("{\"op\": %d, \"name\": ", index);
    json_string(stdout, op->name);
    printf(", \"kind\": \"%s\", \"view\": %s, \"activation\": \"%s\"", v5l_op_kind_name(op->kind),
           op->view ? "true" : "false", activation_name(op->activation));
    printf(", \"kernel\": [%d, %d], \"stride\": %d, \"padding\": %d, \"groups\": %d", op->kernel_h, op->kernel_w,
           op->stride, op->padding, op->groups);
    if (op->kind == V5L_OP_ADD) printf(", \"alpha\": %.9g", (double)op->alpha);
    if (op->kind == V5L_OP_DETECT) printf(", \"head\": %d", op->head);
    printf(", \"in\": [%d, %d, %d], \"out\": [%d, %d, %d]", plan->in_height, plan->in_width, plan->in_channels,
           plan->out_height, plan->out_width, plan->out_channels);
    json_spans(a->session, index, op, "reads", V5L_OPERAND_A);
    json_spans(a->session, index, op, "adds", V5L_OPERAND_B);
    json_spans(a->session, index, op, "writes", V5L_OPERAND_OUT);
    printf(", \"parameters\": %" PRIu64 ", \"macs\": %" PRIu64 ", \"bytes_read\": %" PRIu64
           ", \"bytes_written\": %" PRIu64,
           op->parameter_count, plan->macs, plan->bytes_read, plan->bytes_written);
    printf(", \"arena_offset\": %zu, \"first_op\": %d, \"last_op\": %d", plan->arena_offset, plan->first_op,
           plan->last_op);
    printf(", \"function\": \"%s\", \"function_file\": \"%s\", \"run_by\": \"%s\", \"run_by_file\": \"%s\"",
           plan->kernel, a->ops[index].kernel_file, plan->function, a->ops[index].function_file);
    if (op->kind == V5L_OP_CONV)
        printf(", \"shared_panels\": %s, \"winograd\": %s", op->shared_panels ? "true" : "false",
               op->winograd ? "true" : "false");
    scale_report_json(a->session, index, op);
    if (a->counts != NULL && a->counts[index].values > 0)
        printf(", \"saturation\": {\"values\": %" PRIu64 ", \"low\": %" PRIu64 ", \"high\": %" PRIu64 "}",
               a->counts[index].values, a->counts[index].low, a->counts[index].high);
    json_array("weights", &a->ops[index].weights);
    json_array("bias", &a->ops[index].bias);
    putchar('}');
}

void plan_report_json(const audit *a) {
    char hash[HASH_TEXT];
    const v5l_model_info *info = &a->session->info;
    hash_text(info->source_sha256, hash);
    fputs("{\"model\": ", stdout);
    json_string(stdout, a->session->path);
    printf(", \"file_bytes\": %zu, \"file_crc32\": \"%08" PRIx32 "\", \"exporter\": ", info->file_bytes, a->file_crc);
    json_string(stdout, info->exporter);
    printf(", \"source_sha256\": \"%s\", \"file_sha256\": \"%s\", \"program\": \"v5lite %s\",\n", hash, a->file_sha256,
           V5L_VERSION);
    if (a->picture->path != NULL) {
        fputs("\"picture\": ", stdout);
        json_string(stdout, a->picture->path);
        printf(", \"picture_sha256\": \"%s\",\n", a->picture->sha256);
    }
    printf("\"form\": \"%s\", \"input\": [%d, %d], \"threads\": %d,\n\"ops\": [", info->planned ? "planned" : "literal",
           a->net.width, a->net.height, a->net.threads);
    for (int i = 0; i < info->op_count; i++) {
        fputs(i > 0 ? ",\n" : "\n", stdout);
        json_op(a, i);
    }
    printf("\n],\n\"totals\": {\"parameters\": %" PRIu64 ", \"macs\": %" PRIu64 ", \"bytes_read\": %" PRIu64
           ", \"bytes_written\": %" PRIu64 "},\n",
           a->parameters, a->macs, a->bytes_read, a->bytes_written);
    if (a->comparison != NULL) compare_report_json(a);
    fputs("\"memory\": ", stdout);
    memory_line_json(&a->net);
    puts("}");
}
