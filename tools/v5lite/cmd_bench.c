/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "image_file.h"
#include "machine.h"
#include "message.h"
#include "pixel_memory.h"
#include "roofline.h"
#include "roofline_report.h"
#include "session.h"
#include "timing.h"
#include "timing_report.h"

enum { MAX_RUNS = 100000, MAX_FOUND = 300 };

typedef struct bench_options {
    args_size size;
    const char *model, *image, *affinity;
    int warmup, runs, threads, cpu, direct, layers, roofline, json;
    float confidence;
} bench_options;

static args_result parse(bench_options *o, int argc, char **argv, int *operands) {
    const args_option options[] = {
        {"--model", "FILE", ARGS_TEXT, &o->model, 0, 0, "the network, a .v5l file; required but for --roofline"},
        {"--size", "N|WxH", ARGS_SIZE, &o->size, MIN_SIZE, MAX_SIZE, "network input (320)"},
        {"--threads", "N", ARGS_INTEGER, &o->threads, 1, 64, "threads (1)"},
        {"--affinity", AFFINITY_LIST, ARGS_TEXT, &o->affinity, 0, 0, AFFINITY_HELP},
        {"--cpu", CPU_CHOICES, ARGS_CHOICE, &o->cpu, 0, 0, CPU_HELP},
        {"--direct", NULL, ARGS_FLAG, &o->direct, 0, 0, DIRECT_HELP},
        {"--image", "IMAGE", ARGS_TEXT, &o->image, 0, 0, "picture to detect on (waves and noise, 640x480)"},
        {"--conf", "C", ARGS_REAL, &o->confidence, 0, 1, "smallest score, 0 to 1 (0.25)"},
        {"--warmup", "N", ARGS_INTEGER, &o->warmup, 0, MAX_RUNS, "detections before the measured ones (10)"},
        {"--runs", "N", ARGS_INTEGER, &o->runs, 1, MAX_RUNS, "measured detections (100)"},
        {"--layers", NULL, ARGS_FLAG, &o->layers, 0, 0,
         "after that, --roofline and as many runs again, with a clock around every op"},
        {"--roofline", NULL, ARGS_FLAG, &o->roofline, 0, 0,
         "measure what one core can do at most; alone without --model"},
        {"--format", "text|json", ARGS_CHOICE, &o->json, 0, 0, "how to write the figures (text)"},
    };
    static const char notes[] =
        "First it says what runs: version, compiler, CPU, and the instruction sets of the kernels that the net uses.\n"
        "Times whole detections, from the decoded picture to the list of boxes, and then, in a series of its own,\n"
        "their stages: letterbox, network, decode, nms. Figures are medians, minima and 95th percentiles over the\n"
        "runs, in milliseconds.\n"
        "With --layers also each op: its median time, share, GFLOP/s (2 a multiply-accumulate of the op as the model\n"
        "states it; Winograd's transform needs fewer) and what share of the peak that is; MB and GB/s, counting "
        "weights\n"
        "and activations once; what limits it, and what share of that limit it reaches. Its clock costs some time, so\n"
        "the ops add up to a little more.\n"
        "With --roofline GFLOP/s of each instruction set, up to that of --cpu, and GB/s read from working sets of "
        "four\n"
        "sizes, all by one core. An op is limited by FMA, the peak of the newest set, or by reading from the smallest\n"
        "of these sizes that holds all it moves; with T threads, by T times that. An emulator, known by its\n"
        "slow multiply-adds beside fast loads, has no such limits, and none are given.\n";
    const args_command command = {
        .name = "bench",
        .operands = "",
        .summary = "Times detections.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .notes = notes,
    };
    return args_parse(&command, argc, argv, operands);
}

/* A picture that is neither flat nor pure noise; the same on every machine. */
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
        const int timed = i - o->warmup; /* runs before it: negative */
        t->found = session_detect(s, picture, found, MAX_FOUND);
        if (t->found < 0)
            status = report_error("cannot detect", s->path, "%s", v5l_status_text((v5l_status)t->found));
        else if (timed >= 0)
            keep(t, timed, &s->times);
    }
    return status;
}

/* Whole detections, undisturbed; then as many with a clock around each stage. */
static int measure_detections(session *s, const bench_options *o, const image *picture, timing *total) {
    int status = measure(s, o, picture, total, timing_add_total);
    session_time_stages(s);
    return status == STATUS_OK ? measure(s, o, picture, total, timing_add_parts) : status;
}

/* A series with a clock around each op. */
static int measure_layers(session *s, const bench_options *o, const image *picture, timing *layers) {
    session_drop_net(s);
    s->op_times = layers->op_now;
    const int status = measure(s, o, picture, layers, timing_add_parts);
    s->op_times = NULL;
    return status;
}

/* The runs in their order: detections, undisturbed by the rest; what limits the ops; ops. */
static int measure_all(session *s, const bench_options *o, const image *picture, timing *total, timing *layers,
                       roofline *limits) {
    int status = timing_open(total, o->runs, 0);
    if (status == STATUS_OK && o->layers) status = timing_open(layers, o->runs, s->info.op_count);
    if (status == STATUS_OK) status = measure_detections(s, o, picture, total);
    if (status == STATUS_OK && o->roofline) status = roofline_measure(limits, s->options.cpu_mask);
    if (status == STATUS_OK && o->layers) status = measure_layers(s, o, picture, layers);
    return status;
}

static int run(session *s, const bench_options *o) {
    image picture = {.pixels = NULL};
    timing total, layers;
    roofline limits;
    memset(&total, 0, sizeof total);
    memset(&layers, 0, sizeof layers);
    int status = read_picture(o->image, &picture);
    if (status == STATUS_OK) status = measure_all(s, o, &picture, &total, &layers, &limits);
    if (status == STATUS_OK)
        (o->json ? timing_report_json : timing_report_text)(s, &total, o->layers ? &layers : NULL,
                                                            o->roofline ? &limits : NULL);
    timing_close(&total);
    timing_close(&layers);
    if (picture.pixels != NULL) image_free(&picture);
    return status;
}

static int run_roofline(const bench_options *o) {
    uint32_t mask = 0;
    roofline limits;
    int status = session_cpu_mask(o->cpu, &mask);
    if (status == STATUS_OK) status = roofline_measure(&limits, mask);
    if (status != STATUS_OK) return status;
    if (!o->json) {
        machine_report_text(roofline_in_force(&limits)->name);
        roofline_report_text(&limits, 1);
        return STATUS_OK;
    }
    putchar('{');
    machine_report_json(roofline_in_force(&limits)->name);
    fputs("\"roofline\": ", stdout);
    roofline_report_json(&limits);
    puts("}");
    return STATUS_OK;
}

int cmd_bench(int argc, char **argv) {
    bench_options o = {
        .size = {DEFAULT_SIZE, DEFAULT_SIZE}, .warmup = 10, .runs = 100, .threads = 1, .confidence = 0.25f};
    int operands;
    session s;
    args_result parsed = parse(&o, argc, argv, &operands);
    if (parsed != ARGS_RUN) return parsed == ARGS_HELP_SHOWN ? STATUS_OK : STATUS_BAD;
    if (o.model == NULL && o.roofline && !o.layers) return run_roofline(&o);
    if (o.model == NULL) return report_error("missing option", "--model", "expected a .v5l file");
    o.roofline |= o.layers;
    int status = session_open(&s, o.model, o.threads, o.cpu);
    s.options.confidence = o.confidence;
    s.options.direct = o.direct;
    if (status == STATUS_OK) status = session_bind(&s, o.affinity);
    if (status == STATUS_OK) status = session_check_size(&s, o.size);
    if (status == STATUS_OK) status = run(&s, &o);
    session_close(&s);
    return status;
}
