/* SPDX-License-Identifier: MIT */
#include "turns.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_SIDE = 8192, MAX_THREADS = 64 };

int turns_error(const char *program, const char *where, const char *why) {
    char line[512];
    snprintf(line, sizeof line, "%s: %s: %s", program, where, why);
    line[strcspn(line, "\r\n")] = 0;
    fprintf(stderr, "%s\n", line);
    return TURNS_BAD;
}

/* Parses a whole decimal number, low .. high. */
static int parse_number(const char *text, int low, int high, int *out) {
    char *end;
    const long value = strtol(text, &end, 10);
    if (end == text || *end != 0 || value < low || value > high) return 0;
    *out = (int)value;
    return 1;
}

int turns_open(turns_case *c, const char *program, char **arguments) {
    memset(c, 0, sizeof *c);
    if (!parse_number(arguments[0], 1, MAX_SIDE, &c->size))
        return turns_error(program, arguments[0], "expected an input size");
    if (!parse_number(arguments[1], 1, MAX_THREADS, &c->threads))
        return turns_error(program, arguments[1], "expected a thread count");
    c->heads = arguments[3];
    const size_t count = 3 * (size_t)c->size * (size_t)c->size;
    c->input = malloc(count * sizeof *c->input);
    FILE *file = fopen(arguments[2], "rb");
    const int good = file != NULL && c->input != NULL && fread(c->input, sizeof *c->input, count, file) == count &&
                     fgetc(file) == EOF;
    if (file != NULL) fclose(file);
    return good ? TURNS_OK : turns_error(program, arguments[2], "expected 3 x SIZE x SIZE floats");
}

void turns_close(turns_case *c) { free(c->input); }

int turns_write(FILE *file, const float *data, size_t count) {
    return fwrite(data, sizeof *data, count, file) == count ? TURNS_OK : TURNS_BAD;
}

void turns_report_begin(turns_report *r, const char *program, const char *engine, const char *version, double first_ms,
                        const char *path) {
    *r = (turns_report){.program = program, .path = path, .file = fopen(path, "wb"), .status = TURNS_OK};
    if (r->file == NULL) r->status = TURNS_BAD;
    printf("{\"engine\":\"%s %s\",\"first_ms\":%.3f,\"shapes\":[", engine, version, first_ms);
}

void turns_report_shape(turns_report *r, const int64_t *shape, size_t rank) {
    fputs(r->outputs++ > 0 ? ",[" : "[", stdout);
    for (size_t i = 0; i < rank; i++)
        printf("%s%lld", i > 0 ? "," : "", (long long)shape[i]);
    putchar(']');
}

void turns_report_data(turns_report *r, const float *data, size_t count) {
    if (r->status == TURNS_OK) r->status = turns_write(r->file, data, count);
}

int turns_report_end(turns_report *r) {
    puts("]}");
    if (r->file != NULL && fclose(r->file) != 0) r->status = TURNS_BAD;
    if (fflush(stdout) != 0) r->status = TURNS_BAD;
    return r->status == TURNS_OK ? TURNS_OK : turns_error(r->program, r->path, "cannot write the outputs there");
}

double turns_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static int answer(double (*run)(void *user), void *user, double *times, int runs) {
    for (int i = 0; i < runs; i++) {
        times[i] = run(user);
        if (times[i] < 0) return TURNS_BAD;
    }
    for (int i = 0; i < runs; i++)
        printf("%s%.6f", i == 0 ? "{\"ms\":[" : ",", times[i]);
    puts("]}");
    return fflush(stdout) == 0 ? TURNS_OK : TURNS_BAD;
}

int turns_serve(const char *program, double (*run)(void *user), void *user) {
    char line[32];
    int status = TURNS_OK;
    double *times = malloc(TURNS_MAX_RUNS * sizeof *times);
    if (times == NULL) return turns_error(program, "memory", "out of memory");
    while (status == TURNS_OK && fgets(line, sizeof line, stdin) != NULL) {
        int runs;
        line[strcspn(line, "\n")] = 0;
        if (parse_number(line, 1, TURNS_MAX_RUNS, &runs))
            status = answer(run, user, times, runs);
        else
            status = turns_error(program, line, "expected a number of runs");
    }
    free(times);
    return status;
}

static int report(const turns_engine *e, const void *engine, const char *path, double first_ms) {
    turns_report r;
    turns_report_begin(&r, e->program, e->name, e->version(engine), first_ms, path);
    int status = TURNS_OK;
    for (size_t i = 0; i < e->output_count(engine) && status == TURNS_OK; i++)
        status = e->report_output(engine, i, &r);
    const int ended = turns_report_end(&r);
    return status == TURNS_OK ? ended : status;
}

int turns_main(const turns_engine *e, void *engine, int argc, char **argv) {
    turns_case c;
    if (argc != 7) {
        char usage[128];
        snprintf(usage, sizeof usage, "%s LIBRARY %s SIZE THREADS INPUT HEADS", e->program, e->model);
        return turns_error(e->program, "usage", usage);
    }
    int status = turns_open(&c, e->program, argv + 3);
    if (status == TURNS_OK) status = e->open_library(engine, argv[1]);
    const double began = turns_clock();
    if (status == TURNS_OK) status = e->load(engine, argv[2], &c);
    if (status == TURNS_OK && e->run(engine) < 0) status = TURNS_BAD;
    if (status == TURNS_OK) status = report(e, engine, c.heads, turns_clock() - began);
    if (status == TURNS_OK) status = turns_serve(e->program, e->run, engine);
    turns_close(&c);
    return status;
}
