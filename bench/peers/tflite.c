/* SPDX-License-Identifier: MIT */
/* The worker of TensorFlow Lite:  tflite LIBRARY MODEL.tflite SIZE THREADS INPUT HEADS   (turns.h states its protocol)
 *
 * LIBRARY is libtensorflowlite_c.so, opened at run time. The XNNPACK delegate, which the C API leaves to the program,
 * gets all ops that it supports; everything else has its default. Its maps are NHWC, so the input is transposed once;
 * the interpreter keeps it from run to run. Nothing is copied inside the measured time. */
#include "tflite.h"

#include <dlfcn.h>
#include <string.h>

#include "turns.h"

enum { MAX_RANK = 8 };

typedef struct engine {
    tfl_api api;
    const char *model;
    tfl_interpreter *interpreter;
} engine;

/* ISO C has no cast from an object to a function. */
#define TFL_LOAD(result, name, parameters)                                                                             \
    void *name = dlsym(library, "TfLite" #name);                                                                       \
    if (name == NULL) return turns_error("tflite", path, "expected it to have TfLite" #name);                          \
    memcpy(&e->api.name, &name, sizeof name);

static int open_library(void *user, const char *path) {
    engine *e = user;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return turns_error("tflite", path, dlerror());
    TFL_FUNCTIONS(TFL_LOAD)
    return TURNS_OK;
}

static int open_model(engine *e, int threads) {
    const tfl_api *api = &e->api;
    const tfl_xnnpack_options xnnpack = {.threads = threads};
    const tfl_model *model = api->ModelCreateFromFile(e->model);
    if (model == NULL) return turns_error("tflite", e->model, "cannot read the network");
    tfl_options *options = api->InterpreterOptionsCreate();
    api->InterpreterOptionsSetNumThreads(options, threads);
    api->InterpreterOptionsAddDelegate(options, api->XNNPackDelegateCreate(&xnnpack));
    e->interpreter = api->InterpreterCreate(model, options);
    if (e->interpreter == NULL || api->InterpreterAllocateTensors(e->interpreter) != TFL_OK)
        return turns_error("tflite", e->model, "cannot prepare the network");
    return TURNS_OK;
}

/* Converts planes of R, G and B to pixels. */
static int set_input(engine *e, const turns_case *c) {
    const tfl_api *api = &e->api;
    const size_t pixels = (size_t)c->size * (size_t)c->size;
    const tfl_tensor *input = api->InterpreterGetInputTensor(e->interpreter, 0);
    if (api->InterpreterGetInputTensorCount(e->interpreter) != 1 || api->TensorType(input) != TFL_FLOAT32 ||
        api->TensorByteSize(input) != 3 * pixels * sizeof(float) || api->TensorDim(input, 3) != 3)
        return turns_error("tflite", e->model, "expected one float input [1, SIZE, SIZE, 3]");
    float *to = api->TensorData(input);
    for (size_t i = 0; i < pixels; i++)
        for (size_t k = 0; k < 3; k++)
            to[3 * i + k] = c->input[k * pixels + i];
    return TURNS_OK;
}

static int load(void *user, const char *model, const turns_case *c) {
    engine *e = user;
    e->model = model;
    const int status = open_model(e, c->threads);
    return status == TURNS_OK ? set_input(e, c) : status;
}

static double run(void *user) {
    const engine *e = user;
    const double began = turns_clock();
    if (e->api.InterpreterInvoke(e->interpreter) == TFL_OK) return turns_clock() - began;
    turns_error("tflite", e->model, "cannot run the network");
    return -1;
}

static const char *version(const void *user) { return ((const engine *)user)->api.Version(); }

static size_t output_count(const void *user) {
    const engine *e = user;
    return (size_t)e->api.InterpreterGetOutputTensorCount(e->interpreter);
}

static int report_output(const void *user, size_t index, turns_report *r) {
    const engine *e = user;
    const tfl_api *api = &e->api;
    const tfl_tensor *output = api->InterpreterGetOutputTensor(e->interpreter, (int32_t)index);
    const int32_t rank = api->TensorNumDims(output);
    int64_t shape[MAX_RANK];
    if (api->TensorType(output) != TFL_FLOAT32 || rank > MAX_RANK)
        return turns_error("tflite", e->model, "expected float outputs");
    for (int32_t i = 0; i < rank; i++)
        shape[i] = api->TensorDim(output, i);
    turns_report_shape(r, shape, (size_t)rank);
    turns_report_data(r, api->TensorData(output), api->TensorByteSize(output) / sizeof(float));
    return TURNS_OK;
}

int main(int argc, char **argv) {
    static const turns_engine tflite = {"tflite", "TensorFlow Lite", "MODEL.tflite", open_library, load,
                                        run,      version,           output_count,   report_output};
    static engine e;
    return turns_main(&tflite, &e, argc, argv);
}
