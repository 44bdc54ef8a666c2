/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "affinity.h"
#include "message.h"

double clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void on_stage(void *user, v5l_stage stage, int done) {
    session *s = user;
    if (done)
        s->times.stage[stage] = clock_ms() - s->stage_began;
    else
        s->stage_began = clock_ms();
}

static void on_op(void *user, int op, const v5l_view *output) {
    session *s = user;
    if (output != NULL)
        s->op_times[op] = clock_ms() - s->op_began;
    else
        s->op_began = clock_ms();
}

static int open_pool(session *s, int threads) {
    size_t size = v5l_pool_memory(threads);
    s->pool_memory = allocate64(size);
    if (s->pool_memory == NULL || v5l_pool_create(&s->pool, threads, s->pool_memory, size) != V5L_OK)
        return report_error("cannot start threads", "--threads", "expected fewer threads or more memory");
    s->options.parallel = v5l_pool_hook(s->pool);
    return STATUS_OK;
}

/* The list of instruction sets: the one file of src that the program includes. */
#define V5L_HINT(name, target, features)
#define V5L_SET(name, target, features, flags) "|" #name
const char session_cpu_choices[] = "all"
#include "../../src/kernels/sets.def"
    ;
#undef V5L_SET

/* In the order of session_cpu_choices. */
#define V5L_SET(name, target, features, flags) features,
static const uint32_t choices[] = {
    V5L_CPU_ALL,
#include "../../src/kernels/sets.def"
};

/* Sets the CPU features of a choice. */
static int cpu_mask(int choice, uint32_t *mask) {
    const uint32_t wanted = choices[choice];
    if (wanted != V5L_CPU_ALL && (wanted & ~v5l_cpu_features()) != 0)
        return report_error("this CPU lacks it", "--cpu", "expected all, or an instruction set of this CPU");
    *mask = wanted | V5L_CPU_TRAITS;
    return STATUS_OK;
}

int session_open(session *s, const char *path, int threads, int cpu) {
    memset(s, 0, sizeof *s);
    s->path = path;
    const char *why = file_read(path, MAX_MODEL_BYTES, &s->file);
    if (why != NULL) return report_error("cannot read model", path, "%s", why);
    if (s->file.size == 0) return report_error("bad model", path, "empty, expected a .v5l weights file");
    v5l_status status = v5l_model_open(&s->model, s->file.data, s->file.size);
    if (status != V5L_OK) return report_error("bad model", path, "%s", v5l_status_text(status));
    v5l_model_get_info(&s->model, &s->info);
    v5l_net_options_default(&s->options);
    s->options.observer.user = s;
    const int chosen = cpu_mask(cpu, &s->options.cpu_mask);
    return chosen == STATUS_OK && threads > 1 ? open_pool(s, threads) : chosen;
}

enum { WHERE_BYTES = 128 };

/* Formats "--affinity LIST" for messages. */
static const char *affinity_where(char where[WHERE_BYTES], const char *list) {
    snprintf(where, WHERE_BYTES, "--affinity %s", list);
    return where;
}

/* Parses an AFFINITY_LIST into cpus[MAX_CPUS]. Returns the number of CPUs, or 0 after reporting an error. */
static int read_affinity(const char *list, int *cpus) {
    const int count = affinity_parse(list, cpus);
    if (count > 0) return count;
    char where[WHERE_BYTES];
    (void)report_error("bad value", affinity_where(where, list), "expected CPU numbers below %d, like 0,2 or 0-3",
                       MAX_CPUS);
    return 0;
}

int session_check_affinity(const char *list) {
    int cpus[MAX_CPUS];
    return read_affinity(list, cpus) > 0 ? STATUS_OK : STATUS_BAD;
}

int session_bind(session *s, const char *list) {
    int cpus[MAX_CPUS];
    if (list == NULL) return STATUS_OK;
    const int count = read_affinity(list, cpus);
    if (count == 0) return STATUS_BAD;
    const int status = s->pool == NULL ? open_pool(s, 1) : STATUS_OK;
    if (status != STATUS_OK) return status;
    const v5l_status bound = v5l_pool_bind(s->pool, cpus, count);
    if (bound == V5L_OK) return STATUS_OK;
    char where[WHERE_BYTES];
    return report_error("cannot bind threads", affinity_where(where, list), "%s", v5l_status_text(bound));
}

int session_check_size(const session *s, args_size *size) {
    const int stride = s->info.max_stride;
    char where[40];
    if (size->width == 0) size->width = size->height = (DEFAULT_SIZE + stride - 1) / stride * stride;
    if (size->width % stride == 0 && size->height % stride == 0) return STATUS_OK;
    snprintf(where, sizeof where, "--size %dx%d", size->width, size->height);
    return report_error("bad size", where, "expected multiples of %d, at most %d", stride, MAX_SIZE);
}

/* Returns the command-line option of a field of v5l_net_options, or `otherwise`. */
static const char *option_of(const char *field, const char *otherwise) {
    static const char *const names[][2] = {
        {"confidence", "--conf"},          {"iou", "--iou"},      {"max_detections", "--max-det"},
        {"parallel.threads", "--threads"}, {"cpu_mask", "--cpu"}, {"direct", "--direct"},
    };
    for (size_t i = 0; field != NULL && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(field, names[i][0]) == 0) return names[i][1];
    return otherwise;
}

void session_time_stages(session *s) {
    session_drop_net(s);
    s->options.observer.stage = on_stage;
}

void session_drop_net(session *s) {
    free(s->net_memory);
    s->net_memory = NULL;
    s->net = NULL;
}

int session_shape(session *s, args_size input, args_size fit) {
    char where[48];
    v5l_net_options *o = &s->options;
    if (s->net != NULL && o->width == input.width && o->height == input.height && o->fit_width == fit.width &&
        o->fit_height == fit.height)
        return STATUS_OK;
    snprintf(where, sizeof where, "%dx%d", input.width, input.height);
    o->width = input.width;
    o->height = input.height;
    o->fit_width = fit.width;
    o->fit_height = fit.height;
    session_drop_net(s);
    if (s->op_times != NULL) o->observer.op = on_op;
    size_t need = 0;
    const char *field = NULL;
    v5l_status status = v5l_net_check(&s->model, o, &need, &field);
    if (status != V5L_OK)
        return report_error("cannot build the network", option_of(field, where), "%s", v5l_status_text(status));
    s->net_memory = allocate_large(need);
    if (s->net_memory == NULL) return report_error("out of memory", where, "the network needs %zu bytes", need);
    status = v5l_net_create(&s->net, &s->model, o, s->net_memory, need);
    if (status != V5L_OK) return report_error("cannot build the network", where, "%s", v5l_status_text(status));
    return STATUS_OK;
}

int session_detect(session *s, const image *picture, v5l_detection *found, int capacity) {
    const v5l_image view = {
        .data = picture->pixels, .width = picture->width, .height = picture->height, .format = V5L_RGB};
    return session_detect_view(s, &view, found, capacity);
}

int session_detect_view(session *s, const v5l_image *view, v5l_detection *found, int capacity) {
    memset(&s->times, 0, sizeof s->times);
    double began = clock_ms();
    int count = v5l_net_detect(s->net, view, found, capacity);
    s->times.total = clock_ms() - began;
    return count;
}

int session_detect_letterboxed(session *s, const uint8_t *picture, int width, int height, v5l_detection *found,
                               int capacity) {
    memset(&s->times, 0, sizeof s->times);
    const double began = clock_ms();
    const int count = v5l_net_detect_letterboxed(s->net, picture, width, height, found, capacity);
    s->times.total = clock_ms() - began;
    return count;
}

void session_close(session *s) {
    if (s->pool != NULL) v5l_pool_destroy(s->pool);
    free(s->pool_memory);
    session_drop_net(s);
    file_release(&s->file);
}
