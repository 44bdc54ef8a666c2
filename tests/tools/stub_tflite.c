/* SPDX-License-Identifier: MIT */
/* A library with the functions of TensorFlow Lite that the worker calls. A "model" is a file of int32, the number of
 * outputs and for each its rank and sides, and then their floats. Each run writes its input to the file KEPT. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../bench/peers/tflite.h"

enum { MAX_OUTPUTS = 3, MAX_RANK = 4, MAX_SIDE = 64, FLOATS = 3 * MAX_SIDE * MAX_SIDE };

struct tfl_tensor {
    int32_t rank, sides[MAX_RANK];
    float *data;
};

static struct tfl_tensor input = {4, {1, MAX_SIDE, MAX_SIDE, 3}, NULL}, outputs[MAX_OUTPUTS];
static int32_t output_count;

const char *TfLiteVersion(void) { return "0"; }

size_t TfLiteTensorByteSize(const tfl_tensor *t) {
    size_t bytes = sizeof(float);
    for (int32_t i = 0; i < t->rank; i++)
        bytes *= (size_t)t->sides[i];
    return bytes;
}

static int read_numbers(FILE *file) {
    int good =
        fread(&output_count, sizeof output_count, 1, file) == 1 && output_count > 0 && output_count <= MAX_OUTPUTS;
    for (int32_t i = 0; i < output_count && good; i++)
        good = fread(&outputs[i].rank, sizeof(int32_t), 1, file) == 1 && outputs[i].rank == MAX_RANK &&
               fread(outputs[i].sides, sizeof(int32_t), MAX_RANK, file) == MAX_RANK;
    for (int32_t i = 0; i < output_count && good; i++) {
        const size_t bytes = TfLiteTensorByteSize(&outputs[i]);
        outputs[i].data = malloc(bytes);
        good = outputs[i].data != NULL && fread(outputs[i].data, 1, bytes, file) == bytes;
    }
    return good;
}

tfl_model *TfLiteModelCreateFromFile(const char *path) {
    static int model;
    static float pixels[FLOATS];
    FILE *file = fopen(path, "rb");
    const int good = file != NULL && read_numbers(file);
    if (file != NULL) fclose(file);
    input.data = pixels;
    return good ? (tfl_model *)&model : NULL;
}

int TfLiteInterpreterInvoke(tfl_interpreter *unused) {
    (void)unused;
    FILE *file = fopen(KEPT, "wb");
    if (file == NULL) return 1;
    const int good = fwrite(input.data, sizeof(float), FLOATS, file) == FLOATS;
    return fclose(file) == 0 && good ? TFL_OK : 1;
}

/* Any address other than NULL works for objects that are only passed through. */
tfl_delegate *TfLiteXNNPackDelegateCreate(const tfl_xnnpack_options *o) { return (tfl_delegate *)(uintptr_t)o; }
tfl_options *TfLiteInterpreterOptionsCreate(void) { return (tfl_options *)&input; }
void TfLiteInterpreterOptionsSetNumThreads(tfl_options *o, int32_t threads) { (void)o, (void)threads; }
void TfLiteInterpreterOptionsAddDelegate(tfl_options *o, tfl_delegate *d) { (void)o, (void)d; }
tfl_interpreter *TfLiteInterpreterCreate(const tfl_model *m, const tfl_options *o) {
    (void)m;
    return (tfl_interpreter *)(uintptr_t)o;
}
int TfLiteInterpreterAllocateTensors(tfl_interpreter *i) { return i != NULL ? TFL_OK : 1; }
int32_t TfLiteInterpreterGetInputTensorCount(const tfl_interpreter *i) { return i != NULL; }
int32_t TfLiteInterpreterGetOutputTensorCount(const tfl_interpreter *i) { return i != NULL ? output_count : 0; }
tfl_tensor *TfLiteInterpreterGetInputTensor(const tfl_interpreter *i, int32_t index) {
    (void)i, (void)index;
    return &input;
}
const tfl_tensor *TfLiteInterpreterGetOutputTensor(const tfl_interpreter *i, int32_t index) {
    (void)i;
    return &outputs[index];
}
int TfLiteTensorType(const tfl_tensor *t) { return t != NULL ? TFL_FLOAT32 : 0; }
int32_t TfLiteTensorNumDims(const tfl_tensor *t) { return t->rank; }
int32_t TfLiteTensorDim(const tfl_tensor *t, int32_t index) { return t->sides[index]; }
void *TfLiteTensorData(const tfl_tensor *t) { return t->data; }
