/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "image_file.h"
#include "message.h"
#include "pixel_memory.h"
#include "session.h"
#include "timing.h"
#include "timing_report.h"

enum { MAX_RUNS = 100000, MAX_FOUND = 300 };

typedef struct bench_options {
    args_size size;
    const char *model, *image, *affinity;
    int warmup, runs, threads, cpu, direct, layers, json;
    float confidence;
} bench_options;

static const char notes[] =
    "Times whole detections, from the decoded picture to the list of boxes. Then times as many again for the stages:\n"
    "letterbox, network, decode and nms. Prints median, minimum and 95th percentile in milliseconds, after a line\n"
    "with version, compiler, CPU and the instruction sets of the kernels that run.\n"
    "\n"
    "--layers times as many detections again for the ops: types of input and output, median time, share, GOP/s\n"
    "(2 per multiply-accumulate of the op as defined by the model; Winograd needs fewer), MB of weights and\n"
    "activations, each counted once, GB/s and kernel. The net runs op by op then and each clock takes time, so the\n"
    "ops add up to more than the network stage.\n";

static args_result parse(bench_options *o, int argc, char **argv, int *operands) {
    const args_option options[] = {
        {"--model", "FILE", ARGS_TEXT, &o->model, 0, 0, MODEL_HELP},
        {"--size", "N|WxH", ARGS_SIZE, &o->size, MIN_SIZE, MAX_SIZE, SIZE_HELP},
        {"--image", "IMAGE", ARGS_TEXT, &o->image, 0, 0, "picture to detect on (a generated pattern, 640x480)"},
        {"--conf", "C", ARGS_REAL, &o->confidence, 0, 1, CONF_HELP},
        {"--warmup", "N", ARGS_INTEGER, &o->warmup, 0, MAX_RUNS, "detections before the timed ones, 0 to 100000 (10)"},
        {"--runs", "N", ARGS_INTEGER, &o->runs, 1, MAX_RUNS, "timed detections, 1 to 100000 (100)"},
        {"--layers", NULL, ARGS_FLAG, &o->layers, 0, 0, "also time each op"},
        {"--threads", "N", ARGS_INTEGER, &o->threads, 1, MAX_THREADS, THREADS_HELP},
        {"--affinity", AFFINITY_LIST, ARGS_TEXT, &o->affinity, 0, 0, AFFINITY_HELP},
        {"--cpu", session_cpu_choices, ARGS_CHOICE, &o->cpu, 0, 0, CPU_HELP},
        {"--direct", NULL, ARGS_FLAG, &o->direct, 0, 0, DIRECT_HELP},
        {"--format", "text|json", ARGS_CHOICE, &o->json, 0, 0, OUTPUT_HELP},
    };
    const args_command command = {
        .name = "bench",
        .operands = "",
        .summary = "Times detections, their stages and their ops.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .notes = notes,
    };
    return args_parse(&command, argc, argv, operands);
}

/* Makes a picture of waves and noise, the same on every machine. */
static int make_picture(image *out) {
    enum { WIDTH = 640, HEIGHT = 480 };
    uint32_t seed = 1;
    uint8_t *pixels = pixel_alloc((size_t)WIDTH * HEIGHT * 3);
    if (pixels == NULL) return report_error("out of memory", "bench", "expected room for a picture");
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
        int x = i / 3 % WIDTH, y = i / 3 / WIDTH;
        seed = seed * 1664525u + 1013904223u;
        pixels[i] = (uint8_t)((x * x / 700 + y * (i % 3 + 1) / 3) % 224 + (int)(seed >> 27));
    }
    *out = (image){.pixels = pixels, .width = WIDTH, .height = HEIGHT};
    return STATUS_OK;
}

static int read_picture(const char *path, image *out) {
    const char *why;
    if (path == NULL) return make_picture(out);
    return image_read(path, out, &why) ? STATUS_OK : report_error("cannot read image", path, "%s", why);
}

typedef void keep_times(timing *t, int run, const session_times *times);

static int measure(session *s, const bench_options *o, const image *picture, timing *t, keep_times *keep) {
    v5l_detection found[MAX_FOUND];
    int status = session_shape(s, o->size, o->size);
    for (int i = 0; i < o->warmup + o->runs && status == STATUS_OK; i++) {
        const int timed = i - o->warmup; /* negative: a warm-up run */
        t->found = session_detect(s, picture, found, MAX_FOUND);
        if (t->found < 0)
            status = report_error("cannot detect", s->path, "%s", v5l_status_text((v5l_status)t->found));
        else if (timed >= 0)
            keep(t, timed, &s->times);
    }
    return status;
}

/* Times whole detections, then as many again with a clock around each stage. */
static int measure_detections(session *s, const bench_options *o, const image *picture, timing *total) {
    int status = measure(s, o, picture, total, timing_add_total);
    session_time_stages(s);
    return status == STATUS_OK ? measure(s, o, picture, total, timing_add_parts) : status;
}

/* Times detections with a clock around each op. */
static int measure_layers(session *s, const bench_options *o, const image *picture, timing *layers) {
    session_drop_net(s);
    s->op_times = layers->op_now;
    const int status = measure(s, o, picture, layers, timing_add_parts);
    s->op_times = NULL;
    return status;
}

static int measure_all(session *s, const bench_options *o, const image *picture, timing *total, timing *layers) {
    int status = timing_open(total, o->runs, 0);
    if (status == STATUS_OK && o->layers) status = timing_open(layers, o->runs, s->info.op_count);
    if (status == STATUS_OK) status = measure_detections(s, o, picture, total);
    if (status == STATUS_OK && o->layers) status = measure_layers(s, o, picture, layers);
    return status;
}

static int run(session *s, const bench_options *o) {
    image picture = {.pixels = NULL};
    timing total, layers;
    memset(&total, 0, sizeof total);
    memset(&layers, 0, sizeof layers);
    int status = read_picture(o->image, &picture);
    if (status == STATUS_OK) status = measure_all(s, o, &picture, &total, &layers);
    if (status == STATUS_OK) (o->json ? timing_report_json : timing_report_text)(s, &total, o->layers ? &layers : NULL);
    timing_close(&total);
    timing_close(&layers);
    if (picture.pixels != NULL) image_free(&picture);
    return status;
}

int cmd_bench(int argc, char **argv) {
    bench_options o = {.warmup = 10, .runs = 100, .threads = 1, .confidence = 0.25f};
    int operands;
    session s;
    args_result parsed = parse(&o, argc, argv, &operands);
    if (parsed != ARGS_RUN) return (int)parsed;
    if (o.model == NULL) return report_error("missing option", "--model", "expected a .v5l file");
    int status = session_open(&s, o.model, o.threads, o.cpu);
    s.options.confidence = o.confidence;
    s.options.direct = o.direct;
    if (status == STATUS_OK) status = session_bind(&s, o.affinity);
    if (status == STATUS_OK) status = session_check_size(&s, &o.size);
    if (status == STATUS_OK) status = run(&s, &o);
    session_close(&s);
    return status;
}
