/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "guard.h"
#include "json.h"
#include "machine.h"
#include "memory_report.h"
#include "message.h"
#include "plan_report.h"
#include "scale_report.h"
#include "session.h"
#include "text.h"

enum { KIND_COUNT = V5L_OP_SCALE + 1 };

/* Ops by kind. Views, which compute nothing, are counted separately. */
typedef struct op_counts {
    int computed[KIND_COUNT], views[KIND_COUNT];
    int in_s8, in_f16, in_f32; /* computed ops that read or write S8, those with F16, and others */
} op_counts;

static op_counts count_ops(const session *s) {
    op_counts counts;
    memset(&counts, 0, sizeof counts);
    for (int i = 0; i < s->info.op_count; i++) {
        v5l_op_info op;
        v5l_model_get_op(&s->model, i, &op);
        if (op.view) {
            counts.views[op.kind]++;
            continue;
        }
        counts.computed[op.kind]++;
        if (op.in_type == V5L_TYPE_S8 || op.out_type == V5L_TYPE_S8)
            counts.in_s8++;
        else if (op.in_type == V5L_TYPE_F16 || op.out_type == V5L_TYPE_F16)
            counts.in_f16++;
        else
            counts.in_f32++;
    }
    return counts;
}

static void text_counts(const char *label, const int *counts) {
    printf("%-12s", label);
    for (int kind = V5L_OP_CONV, shown = 0; kind < KIND_COUNT; kind++)
        if (counts[kind] > 0)
            printf("%s%d %s", shown++ > 0 ? ", " : "", counts[kind], v5l_op_kind_name((v5l_op_kind)kind));
    putchar('\n');
}

static void text_classes(const session *s) {
    printf("%-12s%d:", "classes", s->info.class_count);
    for (int i = 0, column = 0; i < s->info.class_count; i++) {
        const char *name = v5l_model_class_name(&s->model, i);
        const int width = text_width(name) + 2;
        column += width;
        if (column > 100) {
            printf("\n%-12s", "");
            column = width;
        }
        putchar(' ');
        put_printable(stdout, name);
        if (i + 1 < s->info.class_count) putchar(',');
    }
    putchar('\n');
}

static void text_heads(const session *s) {
    for (int i = 0; i < s->info.head_count; i++) {
        v5l_head_info head;
        v5l_model_get_head(&s->model, i, &head);
        printf("%-12sstride %d, anchors", i == 0 ? "heads" : "", head.stride);
        for (int a = 0; a < head.anchor_count; a++)
            printf(" %gx%g", (double)head.anchors[2 * a], (double)head.anchors[2 * a + 1]);
        putchar('\n');
    }
}

static void show_text(const session *s, const v5l_net_info *net) {
    char hash[HASH_TEXT], kernels[MACHINE_TEXT];
    const op_counts counts = count_ops(s);
    hash_text(s->info.source_sha256, hash);
    machine_kernels(s, kernels);
    printf("%-12s", "file");
    put_printable(stdout, s->path);
    printf(", %zu bytes\n", s->info.file_bytes);
    printf("%-12s%s\n", "form", s->info.planned ? "planned" : "literal");
    printf("%-12s", "exporter");
    put_printable(stdout, s->info.exporter);
    putchar('\n');
    printf("%-12ssha256 %s\n", "source", hash);
    printf("%-12s%" PRIu64 ", %" PRIu64 " bytes of weights\n", "parameters", s->info.parameter_count,
           s->info.weight_bytes);
    text_counts("ops", counts.computed);
    if (counts.in_s8 > 0 || counts.in_f16 > 0) /* a file has one of them */
        printf("%-12s%d ops in %s, %d in float32\n", "types", counts.in_s8 + counts.in_f16,
               counts.in_s8 > 0 ? "int8" : "fp16", counts.in_f32);
    if (s->info.view_count > 0) text_counts("views", counts.views);
    text_classes(s);
    text_heads(s);
    printf("%-12s%dx%d, sides are multiples of %d\n", "input", net->width, net->height, s->info.max_stride);
    printf("%-12s%" PRIu64 "\n", "MACs", net->macs);
    printf("%-12s%s\n", "kernels", kernels);
    printf("%-12s", "memory");
    memory_line_text(net);
    putchar('\n');
    if (!has_scales(s)) return;
    putchar('\n');
    scale_report_text(s, NULL);
}

static void json_counts(const char *label, const int *counts) {
    printf("\"%s\": {", label);
    for (int kind = V5L_OP_CONV, shown = 0; kind < KIND_COUNT; kind++)
        if (counts[kind] > 0)
            printf("%s\"%s\": %d", shown++ > 0 ? ", " : "", v5l_op_kind_name((v5l_op_kind)kind), counts[kind]);
    fputs("},\n", stdout);
}

static void json_classes(const session *s) {
    fputs("\"classes\": [", stdout);
    for (int i = 0; i < s->info.class_count; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        json_string(stdout, v5l_model_class_name(&s->model, i));
    }
    fputs("],\n", stdout);
}

static void json_heads(const session *s) {
    fputs("\"heads\": [", stdout);
    for (int i = 0; i < s->info.head_count; i++) {
        v5l_head_info head;
        v5l_model_get_head(&s->model, i, &head);
        printf("%s{\"stride\": %d, \"anchors\": [", i > 0 ? ", " : "", head.stride);
        for (int a = 0; a < head.anchor_count; a++)
            printf("%s[%.9g, %.9g]", a > 0 ? ", " : "", (double)head.anchors[2 * a], (double)head.anchors[2 * a + 1]);
        fputs("]}", stdout);
    }
    fputs("],\n", stdout);
}

/* Lists the ops that compute something, with their types and scales. */
static void json_ops(const session *s) {
    fputs("\"layers\": [", stdout);
    for (int i = 0, shown = 0; i < s->info.op_count; i++) {
        v5l_op_info op;
        v5l_model_get_op(&s->model, i, &op);
        if (op.view) continue;
        printf("%s{\"op\": %d, \"name\": ", shown++ > 0 ? ",\n" : "\n", i);
        json_string(stdout, op.name);
        printf(", \"kind\": \"%s\"", v5l_op_kind_name(op.kind));
        scale_report_json(s, i, &op);
        putchar('}');
    }
    fputs("\n],\n", stdout);
}

static void show_json(const session *s, const v5l_net_info *net) {
    char hash[HASH_TEXT], kernels[MACHINE_TEXT];
    const op_counts counts = count_ops(s);
    hash_text(s->info.source_sha256, hash);
    machine_kernels(s, kernels);
    fputs("{\"file\": ", stdout);
    json_string(stdout, s->path);
    printf(",\n\"file_bytes\": %zu,\n\"form\": \"%s\",\n\"exporter\": ", s->info.file_bytes,
           s->info.planned ? "planned" : "literal");
    json_string(stdout, s->info.exporter);
    printf(",\n\"source_sha256\": \"%s\",\n\"parameters\": %" PRIu64 ",\n\"weight_bytes\": %" PRIu64 ",\n", hash,
           s->info.parameter_count, s->info.weight_bytes);
    printf("\"op_count\": %d,\n\"view_count\": %d,\n\"tensor_count\": %d,\n", s->info.op_count, s->info.view_count,
           s->info.tensor_count);
    json_counts("ops", counts.computed);
    json_counts("views", counts.views);
    printf("\"types\": {\"s8\": %d, \"f16\": %d, \"f32\": %d},\n", counts.in_s8, counts.in_f16, counts.in_f32);
    json_ops(s);
    json_classes(s);
    json_heads(s);
    printf("\"max_stride\": %d,\n\"input\": [%d, %d],\n\"macs\": %" PRIu64 ",\n", s->info.max_stride, net->width,
           net->height, net->macs);
    fputs("\"kernels\": ", stdout);
    json_string(stdout, kernels);
    fputs(",\n\"memory\": ", stdout);
    memory_line_json(net);
    puts("}");
}

typedef struct info_options {
    args_size size;
    const char *svg;
    int memory, json, cpu, direct;
} info_options;

static const char notes[] =
    "Parameters are weights and biases after folding of batch normalisation. MACs are the multiply-accumulates of all\n"
    "convolutions. Memory is RAM of the network at --size, for one thread; the model file adds to it unless it is in\n"
    "flash. A table for int8 networks has the scales of the ops: an integer q stands for (q - zero) * scale.\n"
    "\n"
    "--memory shows code and constants of the library, measured when the program was built (the part common to all\n"
    "kernels, and the kernels of each instruction set), and the blocks of the arena. The arena holds a tensor from "
    "its\n"
    "first write to its last read; tensors that are alive at the same time do not overlap. A window keeps a few rows\n"
    "of a tensor that never exists whole.\n";

static args_result parse(info_options *o, int argc, char **argv, int *operands) {
    const args_option options[] = {
        {"--size", "N|WxH", ARGS_SIZE, &o->size, MIN_SIZE, MAX_SIZE, SIZE_HELP},
        {"--memory", NULL, ARGS_FLAG, &o->memory, 0, 0, "show flash and RAM instead, with a map of the arena"},
        {"--svg", "FILE", ARGS_TEXT, &o->svg, 0, 0, "write the map of the arena as an SVG file"},
        {"--cpu", session_cpu_choices, ARGS_CHOICE, &o->cpu, 0, 0, CPU_HELP},
        {"--direct", NULL, ARGS_FLAG, &o->direct, 0, 0, DIRECT_HELP},
        {"--format", "text|json", ARGS_CHOICE, &o->json, 0, 0, OUTPUT_HELP},
    };
    const args_command command = {
        .name = "info",
        .operands = "MODEL",
        .min_operands = 1,
        .max_operands = 1,
        .summary = "Shows the contents of a model file, or the memory of its network.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .notes = notes,
    };
    return args_parse(&command, argc, argv, operands);
}

static int show_memory(const session *s, const info_options *o) {
    char title[512];
    memory_map map;
    int status = memory_map_make(&map, s);
    if (status != STATUS_OK) return status;
    snprintf(title, sizeof title, "%s, input %dx%d: arena of %zu bytes", file_base(s->path), o->size.width,
             o->size.height, map.arena_bytes);
    if (o->svg != NULL) {
        status = guard_output(o->svg);
        if (status == STATUS_OK) status = memory_map_write_svg(&map, title, o->svg);
    }
    if (status == STATUS_OK && o->memory) (o->json ? memory_report_json : memory_report_text)(s, &map);
    memory_map_free(&map);
    return status;
}

static void show(const session *s, const info_options *o) {
    v5l_net_info net;
    v5l_net_get_info(s->net, &net);
    (o->json ? show_json : show_text)(s, &net);
}

int cmd_info(int argc, char **argv) {
    info_options o = {.json = 0};
    int operands;
    args_result parsed = parse(&o, argc, argv, &operands);
    if (parsed != ARGS_RUN) return (int)parsed;
    session s;
    int status = session_open(&s, argv[0], 1, o.cpu);
    s.options.direct = o.direct;
    if (status == STATUS_OK) status = session_check_size(&s, &o.size);
    if (status == STATUS_OK) status = session_shape(&s, o.size, o.size);
    if (status == STATUS_OK && (o.memory || o.svg != NULL)) status = show_memory(&s, &o);
    if (status == STATUS_OK && !o.memory) show(&s, &o);
    session_close(&s);
    return status;
}
