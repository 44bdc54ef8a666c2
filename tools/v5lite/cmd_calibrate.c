/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stddef.h>

#include "args.h"
#include "commands.h"
#include "guard.h"
#include "inputs.h"
#include "message.h"
#include "output.h"
#include "pictures.h"
#include "session.h"
#include "statistics.h"

typedef struct calibrate_options {
    const char *model, *out, *affinity;
    args_size size;
    int threads, cpu, direct, recursive, quiet;
} calibrate_options;

static const char notes[] =
    "Runs the network on the images and writes an .npz file with arrays for each op. NN is the number of the op, as "
    "in\n"
    "'v5lite audit'; channels are in the order of the file; values are those in memory: floats, or the integers of an\n"
    "int8 tensor without their scale. Views have no arrays but those of their source.\n"
    "  min.NN, max.NN   float32 [channels]: range of each channel of the output\n"
    "  low.NN, high.NN  float64 [channels], int8 only: how many values are -128, and how many are 127; 0 for channels\n"
    "                   in which that integer stands for the number 0\n"
    "  mean.NN          float64 [window rows * columns][input channels], of conv, dwconv and detect: mean of the\n"
    "                   inputs that each element of the window reads; outside the picture 0, or the zero point of an\n"
    "                   int8 channel\n"
    "tools/export.py --int8 chooses scales from them. The numbers do not depend on --threads.\n"
    "\n"
    "IMAGE is a file, a directory, or - for standard input, as of 'v5lite detect'.\n"
    "\n"
    "Exit status: 0 success; 1 some images could not be read (the file has the ranges of the others); 2 nothing was\n"
    "written.\n";

static args_result parse(calibrate_options *o, int argc, char **argv, int *operands) {
    const args_option options[] = {
        {"--model", "FILE", ARGS_TEXT, &o->model, 0, 0, MODEL_HELP},
        {"--size", "N|WxH", ARGS_SIZE, &o->size, MIN_SIZE, MAX_SIZE, SIZE_HELP},
        {"--out", "FILE", ARGS_TEXT, &o->out, 0, 0, "the .npz file; required"},
        {"--threads", "N", ARGS_INTEGER, &o->threads, 1, MAX_THREADS, THREADS_HELP},
        {"--affinity", AFFINITY_LIST, ARGS_TEXT, &o->affinity, 0, 0, AFFINITY_HELP},
        {"--cpu", session_cpu_choices, ARGS_CHOICE, &o->cpu, 0, 0, CPU_HELP},
        {"--direct", NULL, ARGS_FLAG, &o->direct, 0, 0, DIRECT_HELP},
        {"--recursive", NULL, ARGS_FLAG, &o->recursive, 0, 0, RECURSIVE_HELP},
        {"--quiet", NULL, ARGS_FLAG, &o->quiet, 0, 0, QUIET_HELP},
    };
    const args_command command = {
        .name = "calibrate",
        .operands = "IMAGE...",
        .min_operands = 1,
        .max_operands = INT_MAX,
        .summary = "Measures the values in a network over images, to choose the scales of its int8 form.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .notes = notes,
    };
    return args_parse(&command, argc, argv, operands);
}

static int add_picture(void *user, size_t index, image *picture, double read_ms) {
    (void)index;
    (void)read_ms;
    return statistics_add(user, picture);
}

static int measure(statistics *st, const calibrate_options *o, const inputs *images) {
    picture_run done;
    int status = pictures_process(&done, images, o->quiet, add_picture, st);
    if (status == STATUS_OK && done.failed < images->count) status = statistics_write(st, o->out);
    if (status != STATUS_OK) return status;
    pictures_summary(&done, "");
    return pictures_status(&done);
}

static int calibrate(session *s, calibrate_options *o, int operands, char *const *argv) {
    inputs images = {.count = 0};
    statistics st = {.ops = NULL};
    int status = session_check_size(s, &o->size);
    if (status == STATUS_OK) status = inputs_expand(&images, o->recursive, operands, argv);
    if (status == STATUS_OK) status = guard_output(o->out);
    if (status == STATUS_OK) status = output_check(o->out);
    if (status == STATUS_OK) status = statistics_open(&st, s, o->size);
    if (status == STATUS_OK) status = measure(&st, o, &images);
    statistics_close(&st);
    inputs_free(&images);
    return status;
}

int cmd_calibrate(int argc, char **argv) {
    calibrate_options o = {.threads = 1};
    int operands;
    session s;
    args_result parsed = parse(&o, argc, argv, &operands);
    if (parsed != ARGS_RUN) return (int)parsed;
    if (o.model == NULL) return report_error("missing option", "--model", "expected a .v5l file");
    if (o.out == NULL) return report_error("missing option", "--out", "expected a name for the .npz file");
    int status = session_open(&s, o.model, o.threads, o.cpu);
    s.options.direct = o.direct;
    if (status == STATUS_OK) status = session_bind(&s, o.affinity);
    if (status == STATUS_OK) status = calibrate(&s, &o, operands, argv);
    session_close(&s);
    return status;
}
