/* SPDX-License-Identifier: MIT */
/* The worker of ONNX Runtime:  ort LIBRARY MODEL.onnx SIZE THREADS INPUT HEADS   (turns.h states its protocol)
 *
 * LIBRARY is libonnxruntime.so.1, opened at run time. Sessions have ONNX Runtime's defaults, except the thread count
 * and all graph optimizations. Input and output stay in ONNX Runtime's and this program's own memory: nothing is copied
 * inside the measured time. The input of a model is [1][3][h][w] floats, or [1][h][w][3] bytes. */
#include "ort.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "turns.h"

enum { MAX_OUTPUTS = 8, MAX_RANK = 8 };

typedef struct engine {
    const ort_base *base;
    const ort_api *api;
    const char *model;
    ort_session *session;
    uint8_t *pixels; /* the input, if it has bytes */
    ort_value *input, *outputs[MAX_OUTPUTS];
    size_t output_count;
    char *input_name, *output_names[MAX_OUTPUTS];
} engine;

/* Returns 1 if the call succeeded; otherwise prints the error and returns 0. */
static int good(const engine *e, const ort_status *status) {
    if (status == NULL) return 1;
    turns_error("ort", e->model, e->api->error_message(status));
    return 0;
}

static int open_library(void *user, const char *path) {
    engine *e = user;
    const ort_base *(*get_base)(void);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return turns_error("ort", path, dlerror());
    void *symbol = dlsym(library, "OrtGetApiBase");
    if (symbol == NULL) return turns_error("ort", path, "expected ONNX Runtime's library");
    memcpy(&get_base, &symbol, sizeof get_base); /* ISO C has no cast from an object to a function */
    e->base = get_base();
    e->api = e->base->api(ORT_API_VERSION);
    return e->api != NULL ? TURNS_OK : turns_error("ort", path, "expected ONNX Runtime 1.12 or newer");
}

static int open_session(engine *e, int threads) {
    const ort_api *api = e->api;
    ort_env *env;
    ort_options *options;
    return good(e, api->create_env(ORT_LOG_ERROR, "peers", &env)) && good(e, api->create_options(&options)) &&
           good(e, api->set_intra_threads(options, threads)) && good(e, api->set_inter_threads(options, 1)) &&
           good(e, api->set_optimization(options, ORT_ALL_OPTIMIZATIONS)) &&
           good(e, api->create_session(env, e->model, options, &e->session));
}

/* Converts planes of 0 .. 1 to pixels of three bytes. NULL: out of memory. */
static uint8_t *pixels_of(const turns_case *c) {
    const size_t count = (size_t)c->size * (size_t)c->size;
    uint8_t *pixels = malloc(3 * count);
    for (size_t i = 0; pixels != NULL && i < 3 * count; i++)
        pixels[i] = (uint8_t)(c->input[i % 3 * count + i / 3] * 255.0f + 0.5f);
    return pixels;
}

/* Makes the input tensor of the type that the model has: floats [1][3][h][w], or bytes [1][h][w][3]. */
static int make_input(engine *e, const turns_case *c) {
    const ort_api *api = e->api;
    const int64_t planes[4] = {1, 3, c->size, c->size}, pixels[4] = {1, c->size, c->size, 3};
    const size_t count = 3 * (size_t)c->size * (size_t)c->size;
    ort_memory *memory;
    ort_type *type;
    const ort_shape *shape;
    int element;
    if (!good(e, api->cpu_memory(ORT_ARENA, ORT_DEFAULT_MEMORY, &memory)) ||
        !good(e, api->input_type(e->session, 0, &type)) || !good(e, api->tensor_type(type, &shape)) ||
        !good(e, api->element_type(shape, &element)))
        return 0;
    if (element != ORT_BYTE)
        return good(e,
                    api->tensor_with_data(memory, c->input, count * sizeof *c->input, planes, 4, ORT_FLOAT, &e->input));
    e->pixels = pixels_of(c);
    if (e->pixels == NULL) {
        turns_error("ort", "memory", "out of memory");
        return 0;
    }
    return good(e, api->tensor_with_data(memory, e->pixels, count, pixels, 4, ORT_BYTE, &e->input));
}

static int bind(engine *e, const turns_case *c) {
    const ort_api *api = e->api;
    ort_allocator *allocator;
    size_t inputs;
    if (!make_input(e, c) || !good(e, api->default_allocator(&allocator)) ||
        !good(e, api->input_count(e->session, &inputs)) || !good(e, api->output_count(e->session, &e->output_count)))
        return 0;
    if (inputs != 1 || e->output_count > MAX_OUTPUTS) {
        turns_error("ort", e->model, "expected one input and at most 8 outputs");
        return 0;
    }
    int bound = good(e, api->input_name(e->session, 0, allocator, &e->input_name));
    for (size_t i = 0; i < e->output_count && bound; i++)
        bound = good(e, api->output_name(e->session, i, allocator, &e->output_names[i]));
    return bound;
}

static int load(void *user, const char *model, const turns_case *c) {
    engine *e = user;
    e->model = model;
    return open_session(e, c->threads) && bind(e, c) ? TURNS_OK : TURNS_BAD;
}

static double run(void *user) {
    engine *e = user;
    for (size_t i = 0; i < e->output_count; i++) {
        e->api->release_value(e->outputs[i]);
        e->outputs[i] = NULL;
    }
    const double began = turns_clock();
    const int ran =
        good(e, e->api->run(e->session, NULL, (const char *const *)&e->input_name, (const ort_value *const *)&e->input,
                            1, (const char *const *)e->output_names, e->output_count, e->outputs));
    return ran ? turns_clock() - began : -1;
}

static const char *version(const void *user) { return ((const engine *)user)->base->version(); }

static size_t output_count(const void *user) { return ((const engine *)user)->output_count; }

static int report_output(const void *user, size_t index, turns_report *r) {
    const engine *e = user;
    ort_shape *shape;
    size_t rank, count;
    int64_t dimensions[MAX_RANK];
    int type;
    void *data;
    if (!good(e, e->api->tensor_shape(e->outputs[index], &shape)) || !good(e, e->api->element_type(shape, &type)) ||
        !good(e, e->api->rank(shape, &rank)) || !good(e, e->api->element_count(shape, &count)) ||
        !good(e, e->api->tensor_data(e->outputs[index], &data)))
        return TURNS_BAD;
    if (type != ORT_FLOAT || rank > MAX_RANK) return turns_error("ort", e->model, "expected float outputs");
    if (!good(e, e->api->dimensions(shape, dimensions, rank))) return TURNS_BAD;
    turns_report_shape(r, dimensions, rank);
    turns_report_data(r, data, count);
    return TURNS_OK;
}

int main(int argc, char **argv) {
    static const turns_engine ort = {"ort", "ONNX Runtime", "MODEL.onnx", open_library, load,
                                     run,   version,        output_count, report_output};
    static engine e;
    return turns_main(&ort, &e, argc, argv);
}
