/* SPDX-License-Identifier: MIT */
#include "timing_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "machine.h"
#include "roofline_report.h"
#include "text.h"

static const char *const series_names[TIMING_SERIES] = {"letterbox", "network", "decode", "nms", "detection"};

/* What an op did in its median time, and how near that is to what the machine can do. */
typedef struct op_figures {
    v5l_op_info op;
    v5l_op_plan plan;
    double ms, share, gflops, gbytes; /* GFLOP/s: 2 a multiply-accumulate; GB/s */
    double bytes, peak_share;         /* peak_share: of the FMA peak of all threads */
    double limit_share;               /* shortest possible time / ms */
    const char *limit;                /* what that time is needed for; NULL: not known, nor are the shares */
} op_figures;

static double ops_total(timing *layers) {
    double sum = 0;
    for (int i = 0; i < layers->ops; i++)
        sum += timing_of_op(layers, i).median;
    return sum;
}

static void compare_with_limits(op_figures *f, const roofline *limits, int threads) {
    if (!limits->plausible || f->op.view || !(f->ms > 0)) return;
    const roofline_limit limit = roofline_limit_of(limits, threads, 2 * (double)f->plan.macs, f->bytes);
    f->limit = limit.by;
    f->limit_share = limit.ms / f->ms;
    f->peak_share = f->gflops / (roofline_in_force(limits)->gflops * threads);
}

static op_figures figures_of(const session *s, timing *layers, int index, double total, const roofline *limits) {
    op_figures f;
    v5l_net_info net;
    v5l_net_get_info(s->net, &net);
    memset(&f, 0, sizeof f);
    v5l_model_get_op(&s->model, index, &f.op);
    v5l_net_get_op(s->net, index, &f.plan);
    f.ms = timing_of_op(layers, index).median;
    f.share = total > 0 ? f.ms / total : 0;
    f.bytes = (double)(f.plan.bytes_read + f.plan.bytes_written);
    f.gflops = f.ms > 0 ? 2e-6 * (double)f.plan.macs / f.ms : 0;
    f.gbytes = f.ms > 0 ? 1e-6 * f.bytes / f.ms : 0;
    compare_with_limits(&f, limits, net.threads);
    return f;
}

static void text_layers(const session *s, timing *layers, const roofline *limits) {
    const double total = ops_total(layers);
    printf("\n%3s  %-24s %-9s %9s %6s %8s %5s %7s %7s %-5s %5s  %s\n", "op", "name", "kind", "ms", "share", "GFLOP/s",
           "peak", "MB", "GB/s", "limit", "of it", "kernel");
    for (int i = 0; i < layers->ops; i++) {
        const op_figures f = figures_of(s, layers, i, total, limits);
        if (f.op.view) continue;
        printf("%3d  ", i);
        put_column(stdout, f.op.name, 24);
        printf(" %-9s %9.4f %5.1f%% %8.1f", v5l_op_kind_name(f.op.kind), f.ms, 100 * f.share, f.gflops);
        if (f.limit != NULL)
            printf(" %4.0f%% %7.3f %7.1f %-5s %4.0f%%", 100 * f.peak_share, 1e-6 * f.bytes, f.gbytes, f.limit,
                   100 * f.limit_share);
        else
            printf(" %5s %7.3f %7.1f %-5s %5s", "-", 1e-6 * f.bytes, f.gbytes, "-", "-");
        printf("  %s\n", f.plan.kernel);
    }
}

void timing_report_text(const session *s, timing *total, timing *layers, const roofline *limits) {
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
    if (limits != NULL) {
        putchar('\n');
        roofline_report_text(limits, layers != NULL ? net.threads : 1);
    }
    if (layers != NULL) text_layers(s, layers, limits);
}

static void json_figures(const timing_figures *f) {
    printf("\"median_ms\": %.5f, \"min_ms\": %.5f, \"p95_ms\": %.5f", f->median, f->min, f->p95);
}

static void json_layers(const session *s, timing *layers, const roofline *limits) {
    const double total = ops_total(layers);
    printf(", \"layers\": [");
    for (int i = 0; i < layers->ops; i++) {
        const op_figures f = figures_of(s, layers, i, total, limits);
        printf("%s{\"op\": %d, \"name\": ", i > 0 ? ", " : "", i);
        json_string(stdout, f.op.name);
        printf(", \"kind\": \"%s\", \"view\": %s, \"median_ms\": %.6f, \"share\": %.5f, \"gflops\": %.3f, \"gbytes\": "
               "%.3f",
               v5l_op_kind_name(f.op.kind), f.op.view ? "true" : "false", f.ms, f.share, f.gflops, f.gbytes);
        printf(", \"macs\": %" PRIu64 ", \"bytes\": %.0f", f.plan.macs, f.bytes);
        if (f.limit != NULL)
            printf(", \"peak_share\": %.6g, \"limit\": \"%s\", \"limit_share\": %.6g", f.peak_share, f.limit,
                   f.limit_share);
        else
            fputs(", \"peak_share\": null, \"limit\": null, \"limit_share\": null", stdout);
        printf(", \"kernel\": \"%s\"}", f.plan.kernel);
    }
    putchar(']');
}

void timing_report_json(const session *s, timing *total, timing *layers, const roofline *limits) {
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
    if (limits != NULL) {
        fputs(", \"roofline\": ", stdout);
        roofline_report_json(limits);
    }
    if (layers != NULL) json_layers(s, layers, limits);
    puts("}");
}
