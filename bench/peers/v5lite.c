/* SPDX-License-Identifier: MIT */
/* The worker of v5lite itself: whole detections on a picture, from its pixels to the boxes. With --prepare it instead
 * writes the input and the reference of the peers: the letterboxed picture and the raw heads. */
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "image_file.h"
#include "message.h"
#include "net.h"
#include "session.h"
#include "turns.h"

enum { MAX_FOUND = 300, MAX_PATH = 4096 };

typedef struct options {
    args_size size;
    const char *model, *image, *prepare;
    int threads, cpu;
    float confidence;
} options;

typedef struct worker {
    session session;
    image picture;
    v5l_detection found[MAX_FOUND];
    int count;
} worker;

static args_result parse(options *o, int argc, char **argv, int *operands) {
    const args_option table[] = {
        {"--model", "FILE", ARGS_TEXT, &o->model, 0, 0, "the network, a .v5l file; required"},
        {"--image", "IMAGE", ARGS_TEXT, &o->image, 0, 0, "the picture; required"},
        {"--size", "N|WxH", ARGS_SIZE, &o->size, MIN_SIZE, MAX_SIZE, "network input (320)"},
        {"--threads", "N", ARGS_INTEGER, &o->threads, 1, 64, "threads (1)"},
        {"--cpu", session_cpu_choices, ARGS_CHOICE, &o->cpu, 0, 0, CPU_HELP},
        {"--conf", "C", ARGS_REAL, &o->confidence, 0, 1, "smallest score, 0 to 1 (0.25)"},
        {"--prepare", "DIR", ARGS_TEXT, &o->prepare, 0, 0, "write input.f32 and heads.f32 there, and end"},
    };
    const args_command command = {
        .name = "worker",
        .operands = "",
        .summary = "Detects in turns, for bench/peers/run.py.",
        .options = table,
        .option_count = (int)(sizeof table / sizeof *table),
        .notes = "A line with a number N on standard input is a turn of N detections.\n",
    };
    return args_parse(&command, argc, argv, operands);
}

static double detect(void *user) {
    worker *w = user;
    w->count = session_detect(&w->session, &w->picture, w->found, MAX_FOUND);
    if (w->count >= 0) return w->session.times.total;
    report_error("cannot detect", w->session.path, "%s", v5l_status_text((v5l_status)w->count));
    return -1;
}

/* ---- --prepare ---- */

typedef struct prepared {
    const session *session;
    FILE *input, *heads;
    int head_count, broken;
} prepared;

/* Writes the picture as the network gets it: R, G, B planes, 0 .. 1. */
static void on_stage(void *user, v5l_stage stage, int done) {
    prepared *p = user;
    if (stage != V5L_STAGE_LETTERBOX || !done) return;
    const v5l_net_options *o = &p->session->options;
    const unsigned char *pixels = v5l_plan_block(&p->session->net->plan, 0);
    const size_t count = (size_t)o->width * (size_t)o->height;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < count; i++) {
            const float value = (float)pixels[3 * i + c] / 255.0f;
            p->broken |= turns_write(p->input, &value, 1);
        }
}

/* Writes a head: [height][width][anchors * channels], channels in the original's order. */
static void on_op(void *user, int op, const v5l_view *view) {
    prepared *p = user;
    v5l_op_info info;
    v5l_head_info head;
    v5l_model_get_op(&p->session->model, op, &info);
    if (view == NULL || info.kind != V5L_OP_DETECT) return;
    v5l_model_get_head(&p->session->model, info.head, &head);
    const size_t count = (size_t)view->height * (size_t)view->width * (size_t)view->channels;
    float *data = malloc(count * sizeof *data);
    if (data != NULL) v5l_view_copy(view, data);
    p->broken |= data == NULL || turns_write(p->heads, data, count) != TURNS_OK;
    free(data);
    printf("%s[%d,%d,%d,%d]", p->head_count++ > 0 ? "," : "", view->height, view->width, head.anchor_count,
           view->channels / head.anchor_count);
}

static FILE *open_in(const char *directory, const char *name) {
    char path[MAX_PATH];
    const int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    return length < MAX_PATH ? fopen(path, "wb") : NULL;
}

/* Closes a file that may be NULL. Returns 0 if a write failed. */
static int finish(FILE *file) { return file == NULL || fclose(file) != 0; }

static int prepare(worker *w, const options *o) {
    session *s = &w->session;
    prepared p = {.session = s, .input = open_in(o->prepare, "input.f32"), .heads = open_in(o->prepare, "heads.f32")};
    int status = STATUS_OK;
    p.broken = p.input == NULL || p.heads == NULL;
    s->options.observer = (v5l_observer){.user = &p, .stage = on_stage, .op = on_op};
    if (!p.broken) status = session_shape(s, o->size, o->size);
    if (!p.broken && status == STATUS_OK) {
        printf("{\"heads\":[");
        status = detect(w) < 0 ? STATUS_BAD : STATUS_OK;
        printf("],\"detections\":%d}\n", w->count);
    }
    p.broken |= finish(p.input);
    p.broken |= finish(p.heads);
    if (status == STATUS_OK && p.broken)
        status = report_error("cannot write", o->prepare, "expected a directory with room");
    return status;
}

/* ---- turns ---- */

static int serve(worker *w, const options *o, double began) {
    const int status = session_shape(&w->session, o->size, o->size);
    if (status != STATUS_OK || detect(w) < 0) return STATUS_BAD;
    printf("{\"engine\":\"v5lite " V5L_VERSION "\",\"first_ms\":%.3f,\"detections\":%d}\n", turns_clock() - began,
           w->count);
    fflush(stdout);
    return turns_serve("v5lite", detect, w);
}

int main(int argc, char **argv) {
    static worker w;
    options o = {{0, 0}, NULL, NULL, NULL, 1, 0, 0.25f};
    const char *why;
    int operands;
    const args_result parsed = parse(&o, argc, argv, &operands);
    if (parsed != ARGS_RUN) return (int)parsed;
    if (o.model == NULL || o.image == NULL)
        return report_error("missing option", o.model == NULL ? "--model" : "--image", "expected a file");
    if (!image_read(o.image, &w.picture, &why)) return report_error("cannot read image", o.image, "%s", why);
    const double began = turns_clock();
    int status = session_open(&w.session, o.model, o.threads, o.cpu);
    w.session.options.confidence = o.confidence;
    if (status == STATUS_OK) status = session_check_size(&w.session, &o.size);
    if (status == STATUS_OK) status = o.prepare != NULL ? prepare(&w, &o) : serve(&w, &o, began);
    session_close(&w.session);
    image_free(&w.picture);
    return stdout_broken() ? STATUS_BAD : status;
}
