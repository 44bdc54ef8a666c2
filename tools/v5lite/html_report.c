/* SPDX-License-Identifier: MIT */
#include "html_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "compare_report.h"
#include "html_style.h"
#include "machine.h"
#include "markup.h"
#include "message.h"
#include "output.h"
#include "scale_report.h"
#include "scales.h"

/* Writes a cell of untrusted text, which may be long and wraps. */
static void cell(FILE *f, const char *text) {
    fputs("<td class=wide>", f);
    markup_text(f, text);
    fputs("</td>", f);
}

static void number(FILE *f, uint64_t value) { fprintf(f, "<td class=n>%" PRIu64 "</td>", value); }

/* Writes a cell with a bar as long as `share`, 0 .. 1, and a formatted number. */
static void bar(FILE *f, double share, const char *format, ...) {
    va_list arguments;
    fprintf(f, "<td class='n bar' style='--p:%.1f%%'>", 100 * share);
    va_start(arguments, format);
    vfprintf(f, format, arguments);
    va_end(arguments);
    fputs("</td>", f);
}

/* Opens a table. Titles are separated by '|'; a title that starts with '#' aligns its column as numbers. */
static void begin_table(FILE *f, const char *class, const char *titles) {
    fprintf(f, "<div class=scroll><table class=%s><thead><tr>", class);
    while (*titles != 0) {
        const int is_number = *titles == '#';
        const size_t length = strcspn(titles += is_number, "|");
        fprintf(f, "<th%s>%.*s</th>", is_number ? " class=n" : "", (int)length, titles);
        titles += length + (titles[length] == '|');
    }
    fputs("</tr></thead><tbody>\n", f);
}

static void end_table(FILE *f) { fputs("</tbody></table></div>\n", f); }

/* ---- model and environment ---- */

static void fact(FILE *f, const char *label, const char *class, const char *value) {
    fprintf(f, "<tr><th scope=row>%s</th><td%s>", label, class);
    markup_text(f, value);
    fputs("</td></tr>\n", f);
}

/* Writes the picture, date, program, compiler, CPU and kernels. */
static void circumstances(FILE *f, const audit *a, const char *date) {
    char text[MACHINE_TEXT];
    if (a->picture->path != NULL) {
        fact(f, "Picture", "", strcmp(a->picture->path, "-") == 0 ? "standard input" : file_base(a->picture->path));
        fact(f, "SHA-256 of the picture", " class=hash", a->picture->sha256);
    }
    fact(f, "Date", "", date);
    fact(f, "Audited by", "", "v5lite " V5L_VERSION);
    fact(f, "Compiler", "", machine_compiler());
    machine_cpu(text);
    fact(f, "CPU", "", text);
    machine_kernels(a->session, text);
    fact(f, "Kernels", "", text);
}

static void facts(FILE *f, const audit *a, const char *date) {
    char text[96], hash[HASH_TEXT];
    const v5l_model_info *info = &a->session->info;
    fputs("<div class=scroll><table class=facts><tbody>\n", f);
    fact(f, "Model file", "", file_base(a->session->path));
    snprintf(text, sizeof text, "%zu bytes, CRC-32 %08" PRIx32, info->file_bytes, a->file_crc);
    fact(f, "File", "", text);
    fact(f, "SHA-256 of the model file", " class=hash", a->file_sha256);
    hash_text(info->source_sha256, hash);
    fact(f, "SHA-256 of the checkpoint", " class=hash", hash);
    fact(f, "Exported by", "", info->exporter);
    fact(f, "Form", "", info->planned ? "planned" : "literal");
    snprintf(text, sizeof text, "%d x %d, threads: %d", a->net.width, a->net.height, a->net.threads);
    fact(f, "Input", "", text);
    snprintf(text, sizeof text, "%d, of which %d compute nothing (views)", info->op_count, info->view_count);
    fact(f, "Ops", "", text);
    snprintf(text, sizeof text, "%" PRIu64, a->parameters);
    fact(f, "Parameters", "", text);
    snprintf(text, sizeof text, "%" PRIu64, a->macs);
    fact(f, "Multiply-accumulates", "", text);
    circumstances(f, a, date);
    end_table(f);
}

static void memory(FILE *f, const audit *a) {
    const v5l_net_info *net = &a->net;
    const struct {
        const char *label;
        size_t bytes;
    } parts[] = {{"arena: activations, candidates", net->arena_bytes},
                 {"Winograd weights", net->winograd_bytes},
                 {"scratch of the ops", net->scratch_bytes},
                 {"tables", net->tables_bytes}};
    const double all = (double)net->memory_bytes;
    fprintf(f,
            "<h2>Memory</h2>\n<p>RAM of the network: %zu bytes in all. Weights are read in place from the model "
            "file.</p>\n<div class=memory>",
            net->memory_bytes);
    for (int i = 0; i < 4; i++)
        fprintf(f, "<i style='background:var(--%c);width:%.3f%%'></i>", 'a' + i, 100 * (double)parts[i].bytes / all);
    fputs("</div>\n", f);
    begin_table(f, "parts", "Part|#Bytes|#Share");
    for (int i = 0; i < 4; i++)
        fprintf(f,
                "<tr><td><span class=key style='background:var(--%c)'></span>%s</td><td class=n>%zu</td><td "
                "class=n>%.1f %%</td></tr>\n",
                'a' + i, parts[i].label, parts[i].bytes, 100 * (double)parts[i].bytes / all);
    end_table(f);
}

/* ---- ops ---- */

/* Writes a cell with a function and its source file. */
static void source(FILE *f, const char *function, const char *file) {
    fprintf(f, "<td class=wide><code>%s</code>%s<code>%s</code></td>", function, *file != 0 ? " in " : "", file);
}

static void spans(FILE *f, const audit *a, int index) {
    const v5l_op_info *op = &a->ops[index].op;
    fputs("<td class=wide>", f);
    write_spans(f, a->session, index, V5L_OPERAND_A);
    if (op->b_spans > 0) {
        fputs(" + ", f);
        write_spans(f, a->session, index, V5L_OPERAND_B);
    }
    if (op->out_spans > 0) {
        fputs(" &rarr; ", f);
        write_spans(f, a->session, index, V5L_OPERAND_OUT);
    }
    fputs("</td>", f);
}

static void life(FILE *f, const audit *a, const v5l_op_plan *plan) {
    const double count = a->session->info.op_count + 1, first = plan->first_op + 1, last = plan->last_op + 1;
    fprintf(f, "<td title='op %d to %d'><span class=life><i style='left:%.1f%%;width:%.1f%%'></i></span></td>",
            plan->first_op, plan->last_op, 100 * first / (count + 1), 100 * (last - first + 1) / (count + 1));
}

/* Opens the row of an op with its number and name. */
static void begin_op(FILE *f, const audit *a, int index) {
    fprintf(f, "<tr%s><td class=n>%d</td>", a->ops[index].op.view ? " class=view" : "", index);
    cell(f, a->ops[index].op.name);
}

static void ops_table(FILE *f, const audit *a) {
    char kind[64], types[TYPES_TEXT];
    uint64_t most_macs = 1, most_bytes = 1;
    for (int i = 0; i < a->session->info.op_count; i++) {
        const v5l_op_plan *p = &a->ops[i].plan;
        most_macs = p->macs > most_macs ? p->macs : most_macs;
        most_bytes = p->bytes_read + p->bytes_written > most_bytes ? p->bytes_read + p->bytes_written : most_bytes;
    }
    begin_table(f, "ops", "#Op|Name|Kind|Types|#In|#Out|#Parameters|#MACs|#Bytes read + written|#Arena at|Life");
    for (int i = 0; i < a->session->info.op_count; i++) {
        const audit_op *o = &a->ops[i];
        const v5l_op_plan *p = &o->plan;
        describe_op(&o->op, kind, sizeof kind);
        describe_types(&o->op, types);
        begin_op(f, a, i);
        fprintf(f, "<td>%s</td><td>%s</td><td class=n>%d x %d x %d</td><td class=n>%d x %d x %d</td>", kind, types,
                p->in_height, p->in_width, p->in_channels, p->out_height, p->out_width, p->out_channels);
        number(f, o->op.parameter_count);
        bar(f, (double)p->macs / (double)most_macs, "%" PRIu64, p->macs);
        bar(f, (double)(p->bytes_read + p->bytes_written) / (double)most_bytes, "%" PRIu64 " + %" PRIu64, p->bytes_read,
            p->bytes_written);
        number(f, p->arena_offset);
        life(f, a, p);
        fputs("</tr>\n", f);
    }
    fprintf(f,
            "</tbody><tfoot><tr><td></td><td>Total</td><td></td><td></td><td></td><td></td><td class=n>%" PRIu64
            "</td><td class=n>%" PRIu64 "</td><td class=n>%" PRIu64 " + %" PRIu64
            "</td><td></td><td></td></tr></tfoot></table></div>\n",
            a->parameters, a->macs, a->bytes_read, a->bytes_written);
}

static void ops(FILE *f, const audit *a) {
    fputs(
        "<h2>Ops, in order of execution</h2>\n<p>Shapes are height x width x channels. Bytes: activations and weights "
        "read, and activations written, each counted once. Arena: offset of the output tensor, and its life from the "
        "first op that writes it to the last that reads it. A view computes nothing: its output is the named channels "
        "in place.</p>\n",
        f);
    ops_table(f, a);
    fputs(
        "<h2>Functions, kernels and channels</h2>\n<p>The function in &quot;Run by&quot; handles edges and tiling; the "
        "kernel does the work. t3[0:60] are channels 0 to 59 of tensor 3; /2 reads it at half resolution.</p>\n",
        f);
    begin_table(f, "ops", "#Op|Name|Run by|Kernel|Channels read &rarr; written");
    for (int i = 0; i < a->session->info.op_count; i++) {
        const audit_op *o = &a->ops[i];
        begin_op(f, a, i);
        source(f, o->plan.function, o->function_file);
        source(f, o->plan.kernel, o->kernel_file);
        spans(f, a, i);
        fputs("</tr>\n", f);
    }
    end_table(f);
}

static void stored(FILE *f, const stored_array *s) {
    fprintf(f,
            "<td class=n>%" PRIu64 "</td><td class=n>%" PRIu64 "</td><td>%s</td><td><code>%08" PRIx32
            "</code></td><td class=n>%.6g</td><td class=n>%.6g</td>",
            s->offset, s->count, s->type, s->crc, s->min, s->max);
}

static void weights(FILE *f, const audit *a) {
    fputs("<h2>Weights</h2>\n<p>Arrays in the model file: offset in bytes, number of values including padding, type, "
          " CRC-32 of their bytes, and smallest and largest value without padding. BatchNorm is folded in.</p>\n",
          f);
    begin_table(f, "ops",
                "#Op|Name|#Weights at|#Values|Type|CRC-32|#Min|#Max|#Biases at|#Values|Type|CRC-32|#Min|#Max");
    for (int i = 0; i < a->session->info.op_count; i++) {
        const audit_op *o = &a->ops[i];
        if (o->weights.count == 0) continue;
        begin_op(f, a, i);
        stored(f, &o->weights);
        stored(f, &o->bias);
        fputs("</tr>\n", f);
    }
    end_table(f);
}

/* Writes the scales of a quantised network. */
static void quantisation(FILE *f, const audit *a) {
    fputs("<h2>Quantisation</h2>\n<p>An integer q of a channel stands for (q - zero) * scale. Smallest and largest of "
          "all "
          "channels; with a picture, how many of its values are -128 and 127, unless that stands for 0.</p>\n",
          f);
    begin_table(f, "ops", "#Op|Name|#Scale min|#Max|#Zero min|#Max|#Values|#-128|#127");
    for (int i = 0; i < a->session->info.op_count; i++) {
        const v5l_op_info *op = &a->ops[i].op;
        if (!scales_begin_at(op)) continue;
        const scale_range range = scales_range(&a->session->model, i, op);
        const saturation count = a->counts != NULL ? a->counts[i] : (saturation){0, 0, 0};
        begin_op(f, a, i);
        fprintf(f, "<td class=n>%.5g</td><td class=n>%.5g</td><td class=n>%d</td><td class=n>%d</td>",
                (double)range.min.scale, (double)range.max.scale, range.min.zero, range.max.zero);
        number(f, count.values);
        number(f, count.low);
        number(f, count.high);
        fputs("</tr>\n", f);
    }
    end_table(f);
}

/* ---- comparison ---- */

/* Length of the bar of an error: 0 up to the tolerance, then by decades, full at a million times the tolerance. */
static double decades_over(double used) { return used > 1 ? fmin(1, log10(used) / 6) : 0; }

static void compared_row(FILE *f, const audit *a, const comparison_row *row) {
    const int passes = row_passes(row);
    fputs("<tr>", f);
    if (row->op == WITH_PICTURE)
        fputs("<td></td>", f);
    else
        number(f, (uint64_t)row->op);
    cell(f, row_name(a, row));
    cell(f, a->comparison->reference->names[row->array]);
    if (row->shape[0] != 0) {
        fprintf(f, "<td class=over colspan=9>another shape: %s</td></tr>\n", row->shape);
        return;
    }
    number(f, row->count);
    bar(f, decades_over(row->used), "%.3g", row->error);
    fprintf(
        f,
        "<td class=n>%.3g %%</td><td class=n>%.3g</td><td class=n>%.4g</td><td class=n>%.4g</td><td class=n>%.2f</td>"
        "<td class=n>%" PRIu64 "</td><td%s>%s</td></tr>\n",
        100 * row->used, row_relative(row), row->reference_max, row_rms(row), row_snr(row), row->over,
        passes ? "" : " class=over", passes ? "ok" : "over");
}

static void unmatched(FILE *f, const audit *a) {
    const comparison *c = a->comparison;
    int missing = 0, extra = 0;
    for (int i = 0; i < a->session->info.op_count; i++)
        if (!c->compared[i]) {
            fputs(missing++ > 0 ? ", " : "<p>Not in the reference: ", f);
            markup_text(f, a->ops[i].op.name);
        }
    fputs(missing > 0 ? ".</p>\n" : "<p>Every op is in the reference.</p>\n", f);
    for (int i = 0; i < c->reference->count; i++)
        if (c->with[i] == WITH_NOTHING) {
            fputs(extra++ > 0 ? ", " : "<p>Arrays of the reference that have the name of no op: ", f);
            markup_text(f, c->reference->names[i]);
        }
    fputs(extra > 0 ? ".</p>\n" : "", f);
}

static void compared(FILE *f, const audit *a) {
    const comparison *c = a->comparison;
    fputs("<h2>Comparison</h2>\n<p>Outputs of the ops compared with the reference arrays of the same name in ", f);
    markup_text(f, file_base(c->reference->path));
    fprintf(
        f,
        ". A value passes within %g, or within %g times the largest reference value of its op, plus the rounding of a "
        "float16 reference. Relative: largest error divided by largest reference value. Of allowed: largest error "
        "divided by the tolerance. RMS: root of the mean squared error; SNR: mean squares of reference and error "
        "as a ratio. Bars start at 100 %%; each sixth of their length is a power of ten.</p>\n",
        c->tolerance.absolute, c->tolerance.relative);
    if (c->tolerance.snr > 0)
        fprintf(f, "<p>Here an op passes if its SNR is at least %g dB, whatever its values.</p>\n", c->tolerance.snr);
    begin_table(
        f, "ops",
        "#Op|Name|Array|#Values|#Largest error|#Of allowed|#Relative|#Largest reference|#RMS error|#SNR dB|#Over|"
        "Result");
    for (int i = 0; i < c->row_count; i++)
        compared_row(f, a, &c->rows[i]);
    end_table(f);
    unmatched(f, a);
}

static void verdict(FILE *f, const audit *a) {
    char text[512];
    comparison_verdict(a->comparison, a->session, text, sizeof text);
    fprintf(f, "<div class='verdict%s'>", comparison_passes(a->comparison) ? "" : " bad");
    markup_text(f, text);
    fputs("</div>\n", f);
}

int html_report(const audit *a, const char *path) {
    output out;
    char date[MACHINE_TEXT];
    if (machine_date(date) != STATUS_OK || output_open(&out, path) != STATUS_OK) return STATUS_BAD;
    FILE *f = out.stream;
    fputs("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>"
          "<meta name=viewport content='width=device-width,initial-scale=1'>\n<title>v5lite audit: ",
          f);
    markup_text(f, file_base(a->session->path));
    fprintf(f, "</title>\n<style>\n%s</style></head><body>\n<h1>Audit of ", html_style);
    markup_text(f, file_base(a->session->path));
    fputs("</h1>\n", f);
    if (a->comparison != NULL) verdict(f, a);
    facts(f, a, date);
    memory(f, a);
    if (a->comparison != NULL) compared(f, a);
    ops(f, a);
    weights(f, a);
    if (has_scales(a->session)) quantisation(f, a);
    fputs("<div class=sign><span>Audited by</span><span>Date</span><span>Signature</span></div>\n</body></html>\n", f);
    return output_commit(&out);
}
