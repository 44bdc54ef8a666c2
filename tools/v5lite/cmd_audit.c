/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "args.h"
#include "commands.h"
#include "dump.h"
#include "image_file.h"
#include "message.h"
#include "plan_report.h"
#include "session.h"

typedef struct audit_options {
    args_size size;
    const char *image, *dump, *affinity;
    int json, threads, cpu, direct;
} audit_options;

static args_result parse(audit_options *o, int argc, char **argv, int *operands) {
    const args_option options[] = {
        {"--size", "N|WxH", ARGS_SIZE, &o->size, MIN_SIZE, MAX_SIZE, "network input (320)"},
        {"--image", "IMAGE", ARGS_TEXT, &o->image, 0, 0, "picture to run for --dump, or - for standard input"},
        {"--dump", "DIR", ARGS_TEXT, &o->dump, 0, 0, "where the dump goes, created if missing"},
        {"--threads", "N", ARGS_INTEGER, &o->threads, 1, 64, "threads (1)"},
        {"--affinity", AFFINITY_LIST, ARGS_TEXT, &o->affinity, 0, 0, AFFINITY_HELP},
        {"--cpu", CPU_CHOICES, ARGS_CHOICE, &o->cpu, 0, 0, CPU_HELP},
        {"--direct", NULL, ARGS_FLAG, &o->direct, 0, 0, DIRECT_HELP},
        {"--format", "text|json", ARGS_CHOICE, &o->json, 0, 0, "how to write the plan (text)"},
    };
    static const char notes[] =
        "The plan has one line an op: number, module in the original network, kind, kernel, stride and\n"
        "activation, shapes, parameters, multiply-accumulates, bytes read and written (weights and activations,\n"
        "each once), offset of the output's tensor in the arena, that tensor's life from first write to last\n"
        "read as op numbers, the function that computes it, and the channels it reads and writes: t3[0:60] are\n"
        "channels 0 to 59 of tensor 3, /2 reads it at half resolution. A view computes nothing: its output is\n"
        "the named channels as they lie.\n"
        "\n"
        "The dump has one file an op, NNN_NAME.npy, and one a head, head_sSTRIDE.npy (raw, before the sigmoid):\n"
        "float32 of shape [height, width, channels], channels in the original network's order.\n";
    const args_command command = {
        .name = "audit",
        .operands = "MODEL",
        .min_operands = 1,
        .max_operands = 1,
        .summary = "Shows how a network runs, op by op, and dumps what ops compute.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .notes = notes,
    };
    return args_parse(&command, argc, argv, operands);
}

static int dump(session *s, const audit_options *o) {
    image picture;
    const char *why;
    if (!image_read(o->image, &picture, &why)) return complain("cannot read image", o->image, "%s", why);
    int status = dump_ops(s, o->size, &picture, o->dump);
    image_free(&picture);
    return status;
}

int cmd_audit(int argc, char **argv) {
    audit_options o = {.size = {DEFAULT_SIZE, DEFAULT_SIZE}, .threads = 1};
    int operands;
    session s;
    args_result parsed = parse(&o, argc, argv, &operands);
    if (parsed != ARGS_RUN) return parsed == ARGS_HELP_SHOWN ? STATUS_OK : STATUS_BAD;
    if ((o.image == NULL) != (o.dump == NULL))
        return complain("missing option", o.image == NULL ? "--image" : "--dump",
                        "expected --image and --dump together");
    int status = session_open(&s, argv[0], o.threads, o.cpu);
    s.options.direct = o.direct;
    if (status == STATUS_OK) status = session_bind(&s, o.affinity);
    if (status == STATUS_OK) status = session_check_size(&s, o.size);
    if (status == STATUS_OK) status = o.dump != NULL ? dump(&s, &o) : STATUS_OK;
    if (status == STATUS_OK)
        status = session_shape(&s, o.size, o.size); /* a net like those that detect runs, without an observer of ops */
    if (status == STATUS_OK && o.json)
        plan_report_json(&s);
    else if (status == STATUS_OK)
        plan_report_text(&s);
    session_close(&s);
    return status;
}
