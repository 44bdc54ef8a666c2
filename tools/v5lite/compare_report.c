/* SPDX-License-Identifier: MIT */
#include "compare_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "json.h"
#include "message.h"
#include "scale_report.h"
#include "text.h"

static const char *const type_names[] = {"uint8", "float16", "float32", "float64", "int8"}; /* by npy_type */

const char *row_name(const audit *a, const comparison_row *row) {
    return row->op == WITH_PICTURE ? "input" : a->ops[row->op].op.name;
}

static void text_row(const audit *a, const comparison_row *row) {
    char number[16] = "";
    if (row->op != WITH_PICTURE) snprintf(number, sizeof number, "%d", row->op);
    printf("%3s  ", number);
    put_column(stdout, row_name(a, row), 28);
    putchar(' ');
    if (row->shape[0] != 0)
        printf("%-8s another shape: %s", type_names[row->type], row->shape);
    else
        printf("%-8s %9" PRIu64 " %11.4g %11.4g %11.4g %11.4g %7.2f %9" PRIu64 "  %s", type_names[row->type],
               row->count, row->error, row_relative(row), row->reference_max, row_rms(row), row_snr(row), row->over,
               row_passes(row) ? "ok" : "OVER");
    fputs("  ", stdout);
    put_printable(stdout, a->comparison->reference->names[row->array]);
    putchar('\n');
}

static void text_missing(const audit *a) {
    const comparison *c = a->comparison;
    int missing = 0;
    for (int i = 0; i < a->session->info.op_count; i++) {
        if (c->compared[i]) continue;
        fputs(missing++ > 0 ? ", " : "not in the reference: ", stdout);
        put_printable(stdout, a->ops[i].op.name);
    }
    if (missing > 0) putchar('\n');
    for (int i = 0; i < c->reference->count; i++) {
        if (c->with[i] != WITH_NOTHING) continue;
        fputs("no op of this name: array ", stdout);
        put_printable(stdout, c->reference->names[i]);
        putchar('\n');
    }
}

void compare_report_text(const audit *a) {
    char verdict[512];
    const comparison *c = a->comparison;
    put_printable(stdout, a->session->path);
    printf(", %s form, input %dx%d, against ", a->session->info.planned ? "planned" : "literal", a->net.width,
           a->net.height);
    put_printable(stdout, c->reference->path);
    putchar('\n');
    printf("%3s  %-28s %-8s %9s %11s %11s %11s %11s %7s %9s  %s\n", "op", "name", "type", "values", "max error",
           "relative", "max |ref|", "rms error", "SNR dB", "over", "     array");
    for (int i = 0; i < c->row_count; i++)
        text_row(a, &c->rows[i]);
    text_missing(a);
    if (a->counts != NULL) scale_report_text(a->session, a->counts);
    comparison_verdict(c, a->session, verdict, sizeof verdict);
    fputs("verdict: ", stdout);
    put_printable(stdout, verdict);
    putchar('\n');
}

/* JSON has no infinity. */
static void json_number(const char *label, double value) {
    if (isfinite(value))
        printf(", \"%s\": %.9g", label, value);
    else
        printf(", \"%s\": null", label);
}

static void json_row(const audit *a, const comparison_row *row) {
    fputs("{\"array\": ", stdout);
    json_string(stdout, a->comparison->reference->names[row->array]);
    printf(", \"op\": %d, \"name\": ", row->op);
    json_string(stdout, row_name(a, row));
    printf(", \"type\": \"%s\", \"passes\": %s", type_names[row->type], row_passes(row) ? "true" : "false");
    if (row->shape[0] != 0) {
        printf(", \"other_shape\": \"%s\"}", row->shape);
        return;
    }
    printf(", \"values\": %" PRIu64 ", \"over\": %" PRIu64, row->count, row->over);
    json_number("max_error", row->error);
    json_number("relative_error", row_relative(row));
    json_number("max_reference", row->reference_max);
    json_number("rms_error", row_rms(row));
    json_number("snr_db", row_snr(row));
    putchar('}');
}

void compare_report_json(const audit *a) {
    char verdict[512];
    int shown = 0;
    const comparison *c = a->comparison;
    fputs("\"comparison\": {\"reference\": ", stdout);
    json_string(stdout, c->reference->path);
    printf(", \"absolute\": %.9g, \"relative\": %.9g", c->tolerance.absolute, c->tolerance.relative);
    if (c->tolerance.snr > 0) json_number("snr_db", c->tolerance.snr);
    fputs(", \"arrays\": [", stdout);
    for (int i = 0; i < c->row_count; i++) {
        fputs(i > 0 ? ",\n" : "\n", stdout);
        json_row(a, &c->rows[i]);
    }
    fputs("\n], \"ops_without_reference\": [", stdout);
    for (int i = 0; i < a->session->info.op_count; i++)
        if (!c->compared[i]) printf("%s%d", shown++ > 0 ? ", " : "", i);
    fputs("], \"arrays_without_op\": [", stdout);
    for (int i = 0, first = 1; i < c->reference->count; i++) {
        if (c->with[i] != WITH_NOTHING) continue;
        fputs(first ? "" : ", ", stdout);
        json_string(stdout, c->reference->names[i]);
        first = 0;
    }
    comparison_verdict(c, a->session, verdict, sizeof verdict);
    printf("],\n\"passes\": %s, \"verdict\": ", comparison_passes(c) ? "true" : "false");
    json_string(stdout, verdict);
    puts("},");
}
