/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "image_file.h"
#include "message.h"
#include "session.h"
#include "timing.h"
#include "timing_report.h"

enum { MAX_RUNS = 100000, MAX_FOUND = 300 };

typedef struct bench_options {
    args_size size;
    const char *model, *image;
    int warmup, runs, threads, cpu, direct, layers, json;
    float confidence;
} bench_options;

static args_result parse(bench_options *o, int argc, char **argv, int *operands) {
    const args_option options[] = {
        {"--model", "FILE", ARGS_TEXT, &o->model, 0, 0, "the network, a .v5l file; required"},
        {"--size", "N|WxH", ARGS_SIZE, &o->size, MIN_SIZE, MAX_SIZE, "network input (320)"},
        {"--threads", "N", ARGS_INTEGER, &o->threads, 1, 64, "threads (1)"},
        {"--cpu", CPU_CHOICES, ARGS_CHOICE, &o->cpu, 0, 0, CPU_HELP},
        {"--direct", NULL, ARGS_FLAG, &o->direct, 0, 0, DIRECT_HELP},
        {"--image", "IMAGE", ARGS_TEXT, &o->image, 0, 0, "picture to detect on (waves and noise, 640x480)"},
        {"--conf", "C", ARGS_REAL, &o->confidence, 0, 1, "smallest score, 0 to 1 (0.25)"},
        {"--warmup", "N", ARGS_INTEGER, &o->warmup, 0, MAX_RUNS, "detections before the measured ones (10)"},
        {"--runs", "N", ARGS_INTEGER, &o->runs, 1, MAX_RUNS, "measured detections (100)"},
        {"--layers", NULL, ARGS_FLAG, &o->layers, 0, 0, "after that, as many again with a clock around every op"},
        {"--format", "text|json", ARGS_CHOICE, &o->json, 0, 0, "how to write the figures (text)"},
    };
    static const char notes[] =
        "Times whole detections, from the decoded picture to the list of boxes, and their stages: letterbox,\n"
        "network, decode, nms. Figures are medians, minima and 95th percentiles over the runs, in milliseconds.\n"
        "With --layers also each op: its median time, share, GFLOP/s (2 a multiply-accumulate), and GB/s, counting\n"
        "weights and activations once. Its clock costs some time, so the ops add up to a little more.\n";
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
    uint8_t *pixels = malloc((size_t)WIDTH * HEIGHT * 3);
    if (pixels == NULL) return complain("out of memory", "bench", "expected room for a picture");
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
        int x = i / 3 % WIDTH, y = i / 3 / WIDTH;
        seed = seed * 1664525u + 1013904223u;
        pixels[i] = (uint8_t)((x * x / 700 + y * (i % 3 + 1) / 3) % 224 + (int)(seed >> 27));
    }
    *out = (image){pixels, WIDTH, HEIGHT};
    return STATUS_OK;
}

static int read_picture(const char *path, image *out) {
    const char *why;
    if (path == NULL) return make_picture(out);
    return image_read(path, out, &why) ? STATUS_OK : complain("cannot read image", path, "%s", why);
}

static int measure(session *s, const bench_options *o, const image *picture, timing *t) {
    v5l_detection found[MAX_FOUND];
    int status = session_shape(s, o->size, o->size);
    for (int i = 0; i < o->warmup + o->runs && status == STATUS_OK; i++) {
        const int run = i - o->warmup;
        t->found = session_detect(s, picture, found, MAX_FOUND);
        if (t->found < 0)
            status = complain("cannot detect", s->path, "%s", v5l_status_text((v5l_status)t->found));
        else if (run >= 0)
            timing_add(t, run, &s->times);
    }
    return status;
}

/* A second series with a clock around each op, so that the first is not disturbed. */
static int measure_layers(session *s, const bench_options *o, const image *picture, timing *layers) {
    session_drop_net(s);
    s->op_times = layers->op_now;
    const int status = measure(s, o, picture, layers);
    s->op_times = NULL;
    return status;
}

static int run(session *s, const bench_options *o) {
    image picture = {NULL, 0, 0};
    timing total, layers;
    memset(&total, 0, sizeof total);
    memset(&layers, 0, sizeof layers);
    int status = read_picture(o->image, &picture);
    if (status == STATUS_OK) status = timing_open(&total, o->runs, 0);
    if (status == STATUS_OK && o->layers) status = timing_open(&layers, o->runs, s->info.op_count);
    if (status == STATUS_OK) status = measure(s, o, &picture, &total);
    if (status == STATUS_OK && o->layers) status = measure_layers(s, o, &picture, &layers);
    if (status == STATUS_OK && o->json)
        timing_report_json(s, &total, o->layers ? &layers : NULL);
    else if (status == STATUS_OK)
        timing_report_text(s, &total, o->layers ? &layers : NULL);
    timing_close(&total);
    timing_close(&layers);
    if (picture.pixels != NULL) image_free(&picture);
    return status;
}

int cmd_bench(int argc, char **argv) {
    bench_options o = {{DEFAULT_SIZE, DEFAULT_SIZE}, NULL, NULL, 10, 100, 1, 0, 0, 0, 0, 0.25f};
    int operands;
    session s;
    args_result parsed = parse(&o, argc, argv, &operands);
    if (parsed != ARGS_RUN) return parsed == ARGS_HELP_SHOWN ? STATUS_OK : STATUS_BAD;
    if (o.model == NULL) return complain("missing option", "--model", "expected a .v5l file");
    int status = session_open(&s, o.model, o.threads, o.cpu);
    s.options.confidence = o.confidence;
    s.options.direct = o.direct;
    if (status == STATUS_OK) status = session_check_size(&s, o.size);
    if (status == STATUS_OK) status = run(&s, &o);
    session_close(&s);
    return status;
}
