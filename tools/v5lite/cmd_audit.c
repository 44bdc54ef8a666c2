/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "audit.h"
#include "commands.h"
#include "compare_report.h"
#include "dump.h"
#include "guard.h"
#include "html_report.h"
#include "image_file.h"
#include "message.h"
#include "output.h"
#include "plan_report.h"
#include "scale_report.h"
#include "session.h"

typedef struct audit_options {
    args_size size;
    const char *image, *dump, *against, *html, *affinity;
    float tolerance, relative, snr; /* below 0: not given */
    int json, raw, threads, cpu, direct;
} audit_options;

static const char notes[] =
    "The text has one line per op: number, module of the original network, kind with window, stride and activation,\n"
    "types of input and output (f32, u8, s8 for int8), shapes, parameters, multiply-accumulates, bytes read and\n"
    "written (weights and activations, each once), offset of the output tensor in the arena, life of that tensor from\n"
    "first write to last read as op numbers, function that runs the op, kernel that does the work, and the channels\n"
    "read and written: t3[0:60] are channels 0 to 59 of tensor 3; /2 reads it at half resolution. A view computes\n"
    "nothing: its output is the named channels in place. Tables follow: offset in the file, type, CRC-32 and range of\n"
    "the weights of each op; scales and zero points of int8 outputs, of which --image counts the saturated integers;\n"
    "and the source file of each function and kernel.\n"
    "\n"
    "--dump writes a file per op, NNN_NAME.npy, and one per head, head_sSTRIDE.npy (raw, before the sigmoid):\n"
    "float32 of shape [height, width, channels], channels in the order of the original network. int8 outputs become\n"
    "the numbers that they stand for, unless --raw is given. input.npy is the letterboxed image, uint8.\n"
    "\n"
    "--against reads an .npz file or a directory of .npy files, as tools/audit_torch.py and --dump write them, and\n"
    "compares each op with the array of its name. Also accepted: [channels, height, width], float16 (its rounding\n"
    "is allowed for), and names of modules (model.2, layer02) and heads (s8). A value passes within --tolerance, or\n"
    "within --relative times the largest reference value of its op. Ops and arrays without a partner are listed. For\n"
    "an int8 network the reference is a dump of its float32 network: an op passes if the ratio of signal to noise, of\n"
    "the mean squares of reference and error, is at least --snr.\n"
    "The last line is the verdict; the exit status is 1 unless it is OK. A reference has at most 8192 arrays of\n"
    "512 MB, 4 GB in all; an archive has at most 1 GB. --dump does not write into the directory of --against.\n";

static args_result parse(audit_options *o, int argc, char **argv, int *operands) {
    const args_option options[] = {
        {"--size", "N|WxH", ARGS_SIZE, &o->size, MIN_SIZE, MAX_SIZE, SIZE_HELP},
        {"--image", "IMAGE", ARGS_TEXT, &o->image, 0, 0, "image to run, or - for standard input"},
        {"--dump", "DIR", ARGS_TEXT, &o->dump, 0, 0, "write the outputs of all ops into DIR, created if missing"},
        {"--raw", NULL, ARGS_FLAG, &o->raw, 0, 0, "dump int8 outputs as their integers"},
        {"--against", "NPZ|DIR", ARGS_TEXT, &o->against, 0, 0,
         "compare the outputs of the ops with these reference arrays"},
        {"--tolerance", "ERROR", ARGS_REAL, &o->tolerance, 0, 1e9,
         "largest absolute error that passes, 0 to 1e9 (0.001)"},
        {"--relative", "ERROR", ARGS_REAL, &o->relative, 0, 1,
         "largest error relative to the op's largest reference value, 0 to 1 (0.0001)"},
        {"--snr", "DB", ARGS_REAL, &o->snr, 1, 200,
         "least signal to noise ratio of an op, in place of these two, 1 to 200 (12 for int8 networks)"},
        {"--html", "FILE", ARGS_TEXT, &o->html, 0, 0,
         "also write the audit as one HTML file, dated now or by SOURCE_DATE_EPOCH"},
        {"--threads", "N", ARGS_INTEGER, &o->threads, 1, MAX_THREADS, THREADS_HELP},
        {"--affinity", AFFINITY_LIST, ARGS_TEXT, &o->affinity, 0, 0, AFFINITY_HELP},
        {"--cpu", session_cpu_choices, ARGS_CHOICE, &o->cpu, 0, 0, CPU_HELP},
        {"--direct", NULL, ARGS_FLAG, &o->direct, 0, 0, DIRECT_HELP},
        {"--format", "text|json", ARGS_CHOICE, &o->json, 0, 0, OUTPUT_HELP},
    };
    const args_command command = {
        .name = "audit",
        .operands = "MODEL",
        .min_operands = 1,
        .max_operands = 1,
        .summary =
            "Shows how a network runs, op by op; dumps the outputs of the ops, or compares them with a reference.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .notes = notes,
    };
    return args_parse(&command, argc, argv, operands);
}

/* Checks all files before any is written: no output is an input. */
static int prepare_files(const session *s, const audit_options *o, reference *r) {
    const char *why = o->image != NULL ? guard_input(o->image) : NULL;
    if (why != NULL) return report_error("cannot read image", o->image, "%s", why);
    int status = o->against != NULL ? reference_open(r, o->against) : STATUS_OK;
    if (status == STATUS_OK && o->html != NULL) status = guard_output(o->html);
    if (status == STATUS_OK && o->dump != NULL) return dump_prepare(s, o->dump); /* HTML may go into its directory */
    return status == STATUS_OK && o->html != NULL ? output_check(o->html) : status;
}

/* Reads the file once, for the picture and for its hash. */
static int read_picture(audit_picture *about, image *out) {
    file_bytes file;
    uint8_t hash[SHA256_BYTES];
    const char *why = file_read(about->path, IMAGE_MAX_FILE, &file);
    if (why != NULL) return report_error("cannot read image", about->path, "%s", why);
    sha256_of(file.data, file.size, hash);
    hash_text(hash, about->sha256);
    const int read = image_decode(file.data, file.size, out, &why);
    file_release(&file);
    return read ? STATUS_OK : report_error("cannot read image", about->path, "%s", why);
}

/* Results of the run of a picture. */
typedef struct audit_run {
    audit_picture about;
    comparison comparison; /* with --against */
    saturation *counts;    /* of an int8 network; else NULL */
} audit_run;

static int count_saturation(session *s, const audit_options *o, const image *picture, audit_run *found) {
    if (!has_scales(s)) return STATUS_OK;
    found->counts = calloc((size_t)s->info.op_count, sizeof *found->counts);
    if (found->counts == NULL) return report_error("cannot audit", s->path, "out of memory");
    return saturation_count(s, o->size, picture, found->counts);
}

/* Returns the limits of a comparison. What 8 bits cost depends on the op: int8 networks have a limit of their own. */
static tolerance tolerance_of(const session *s, const audit_options *o) {
    static const double usual_snr = 12;
    const int is_given = o->tolerance >= 0 || o->relative >= 0;
    tolerance t = {.absolute = 1e-3, .relative = 1e-4};
    if (o->tolerance >= 0) t.absolute = (double)o->tolerance;
    if (o->relative >= 0) t.relative = (double)o->relative;
    if (o->snr >= 0)
        t.snr = (double)o->snr;
    else if (!is_given && has_scales(s))
        t.snr = usual_snr;
    return t;
}

/* Dumps the ops, if the HTML file, which may go into the directory, can be written too. */
static int dump(session *s, const audit_options *o, const image *picture) {
    int status = output_directory(o->dump);
    if (status == STATUS_OK && o->html != NULL) status = output_check(o->html);
    return status == STATUS_OK ? dump_ops(s, o->size, picture, o->dump, o->raw) : status;
}

/* Runs the picture, for the dump, for the comparison with r, and to count saturated values. */
static int run(session *s, const audit_options *o, const reference *r, audit_run *found) {
    image picture;
    int status = read_picture(&found->about, &picture);
    if (status != STATUS_OK) return status;
    if (o->dump != NULL) status = dump(s, o, &picture);
    if (o->against != NULL && status == STATUS_OK)
        status = compare_ops(&found->comparison, s, o->size, &picture, r, tolerance_of(s, o));
    if (status == STATUS_OK) status = count_saturation(s, o, &picture, found);
    image_free(&picture);
    return status;
}

/* Reports a net as detect runs it, without an observer of ops. */
static int report(session *s, const audit_options *o, const audit_run *found) {
    const comparison *c = o->against != NULL ? &found->comparison : NULL;
    audit a = {.ops = NULL};
    int status = session_shape(s, o->size, o->size);
    if (status == STATUS_OK) status = audit_gather(&a, s, c, &found->about, found->counts);
    if (status == STATUS_OK && o->html != NULL) status = html_report(&a, o->html);
    if (status == STATUS_OK && o->json)
        plan_report_json(&a);
    else if (status == STATUS_OK && c != NULL)
        compare_report_text(&a);
    else if (status == STATUS_OK)
        plan_report_text(&a);
    audit_free(&a);
    return status == STATUS_OK && c != NULL && !comparison_passes(c) ? STATUS_DIFFERS : status;
}

static int audit_model(session *s, audit_options *o) {
    reference r = {.path = NULL};
    audit_run found = {.about = {.path = o->image}};
    int status = session_check_size(s, &o->size);
    if (status == STATUS_OK && o->image != NULL && o->dump == NULL && o->against == NULL && !has_scales(s))
        status = report_error("missing option", "--dump or --against", "expected one of them with --image");
    if (status == STATUS_OK) status = prepare_files(s, o, &r);
    if (status == STATUS_OK && o->image != NULL) status = run(s, o, &r, &found);
    if (status == STATUS_OK) status = report(s, o, &found);
    compare_free(&found.comparison);
    free(found.counts);
    reference_close(&r);
    return status;
}

int cmd_audit(int argc, char **argv) {
    audit_options o = {.threads = 1, .tolerance = -1, .relative = -1, .snr = -1};
    int operands;
    session s;
    args_result parsed = parse(&o, argc, argv, &operands);
    if (parsed != ARGS_RUN) return (int)parsed;
    if (o.image == NULL && (o.dump != NULL || o.against != NULL))
        return report_error("missing option", "--image", "expected an image for %s", o.dump ? "--dump" : "--against");
    if (o.raw && o.dump == NULL) return report_error("missing option", "--dump", "expected a directory for --raw");
    int status = session_open(&s, argv[0], o.threads, o.cpu);
    s.options.direct = o.direct;
    if (status == STATUS_OK) status = session_bind(&s, o.affinity);
    if (status == STATUS_OK) status = audit_model(&s, &o);
    session_close(&s);
    return status;
}
