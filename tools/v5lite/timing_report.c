/* SPDX-License-Identifier: MIT */
#include "timing_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "json.h"
#include "machine.h"
#include "text.h"

static const char *const series_names[TIMING_SERIES] = {"letterbox", "network", "decode", "nms", "detection"};

/* An op and its median time. */
typedef struct op_figures {
    v5l_op_info op;
    v5l_op_plan plan;
    double ms, share, gflops,
        gbytes;   /* gflops: GOP/s, of floats or of integers, 2 per multiply-accumulate; gbytes: GB/s */
    double bytes; /* weights and activations, each once */
} op_figures;

static double ops_total(timing *layers) {
    double sum = 0;
    for (int i = 0; i < layers->ops; i++)
        sum += timing_of_op(layers, i).median;
    return sum;
}

static op_figures figures_of(const session *s, timing *layers, int index, double total) {
    op_figures f;
    memset(&f, 0, sizeof f);
    v5l_model_get_op(&s->model, index, &f.op);
    v5l_net_get_op(s->net, index, &f.plan);
    f.ms = timing_of_op(layers, index).median;
    f.share = total > 0 ? f.ms / total : 0;
    f.bytes = (double)(f.plan.bytes_read + f.plan.bytes_written);
    f.gflops = f.ms > 0 ? 2e-6 * (double)f.plan.macs / f.ms : 0;
    f.gbytes = f.ms > 0 ? 1e-6 * f.bytes / f.ms : 0;
    return f;
}

static void text_layers(const session *s, timing *layers) {
    const double total = ops_total(layers);
    printf("\n%3s  %-24s %-9s %-7s %9s %6s %9s %8s %7s %7s  %s\n", "op", "name", "kind", "types", "ms", "share", "MMAC",
           "GOP/s", "MB", "GB/s", "kernel");
    for (int i = 0; i < layers->ops; i++) {
        char types[TYPES_TEXT];
        const op_figures f = figures_of(s, layers, i, total);
        if (f.op.view) continue;
        describe_types(&f.op, types);
        printf("%3d  ", i);
        put_column(stdout, f.op.name, 24);
        printf(" %-9s %-7s %9.4f %5.1f%% %9.3f %8.1f %7.3f %7.1f  %s\n", v5l_op_kind_name(f.op.kind), types, f.ms,
               100 * f.share, 1e-6 * (double)f.plan.macs, f.gflops, 1e-6 * f.bytes, f.gbytes, f.plan.kernel);
    }
}

void timing_report_text(const session *s, timing *total, timing *layers) {
    char kernels[MACHINE_TEXT];
    v5l_net_info net;
    v5l_net_get_info(s->net, &net);
    machine_kernels(s, kernels);
    machine_report_text(kernels);
    put_printable(stdout, s->path);
    printf(", input %dx%d, threads %d, runs %d, detections %d\n", net.width, net.height, net.threads, total->runs,
           total->found);
    printf("%-10s %9s %9s %9s\n", "ms", "median", "min", "p95");
    for (int i = 0; i < TIMING_SERIES; i++) {
        const timing_figures f = timing_of(total, i);
        printf("%-10s %9.4f %9.4f %9.4f\n", series_names[i], f.median, f.min, f.p95);
    }
    if (layers != NULL) text_layers(s, layers);
}

static void json_figures(const timing_figures *f) {
    printf("\"median_ms\": %.5f, \"min_ms\": %.5f, \"p95_ms\": %.5f", f->median, f->min, f->p95);
}

static void json_layers(const session *s, timing *layers) {
    const double total = ops_total(layers);
    printf(", \"layers\": [");
    for (int i = 0; i < layers->ops; i++) {
        const op_figures f = figures_of(s, layers, i, total);
        printf("%s{\"op\": %d, \"name\": ", i > 0 ? ", " : "", i);
        json_string(stdout, f.op.name);
        printf(", \"kind\": \"%s\", \"view\": %s, \"in_type\": \"%s\", \"out_type\": \"%s\", \"median_ms\": %.6f, "
               "\"share\": %.5f, \"gflops\": %.3f, \"gbytes\": "
               "%.3f",
               v5l_op_kind_name(f.op.kind), f.op.view ? "true" : "false", type_name(f.op.in_type),
               type_name(f.op.out_type), f.ms, f.share, f.gflops, f.gbytes);
        printf(", \"macs\": %" PRIu64 ", \"bytes\": %.0f", f.plan.macs, f.bytes);
        printf(", \"kernel\": \"%s\"}", f.plan.kernel);
    }
    putchar(']');
}

void timing_report_json(const session *s, timing *total, timing *layers) {
    v5l_net_info net;
    v5l_net_get_info(s->net, &net);
    const timing_figures whole = timing_of(total, TIMING_STAGES);
    char kernels[MACHINE_TEXT];
    machine_kernels(s, kernels);
    putchar('{');
    machine_report_json(kernels);
    fputs("\"model\": ", stdout);
    json_string(stdout, s->path);
    printf(", \"width\": %d, \"height\": %d, \"threads\": %d, \"runs\": %d, \"detections\": %d, ", net.width,
           net.height, net.threads, total->runs, total->found);
    json_figures(&whole);
    fputs(", \"stages\": {", stdout);
    for (int i = 0; i < TIMING_STAGES; i++) {
        const timing_figures f = timing_of(total, i);
        printf("%s\"%s\": {", i > 0 ? ", " : "", series_names[i]);
        json_figures(&f);
        putchar('}');
    }
    putchar('}');
    if (layers != NULL) json_layers(s, layers);
    puts("}");
}
