/* SPDX-License-Identifier: MIT */
/* The part of TensorFlow Lite's C API (LiteRT's, too) that the worker uses, written from its documentation, so that it
 * builds without either. Functions are found by name. */
#ifndef V5LITE_PEERS_TFLITE_H
#define V5LITE_PEERS_TFLITE_H

#include <stddef.h>
#include <stdint.h>

enum { TFL_OK = 0, TFL_FLOAT32 = 1 };

typedef struct tfl_model tfl_model;
typedef struct tfl_options tfl_options;
typedef struct tfl_interpreter tfl_interpreter;
typedef struct tfl_tensor tfl_tensor;
typedef struct tfl_delegate tfl_delegate;

/* The thread count comes first in every version; the later fields are off or have their defaults where they are zero.
 * Larger than any version's struct, because the library reads all of its own. */
typedef struct tfl_xnnpack_options {
    int32_t threads;
    int32_t rest[255];
} tfl_xnnpack_options;

/* X(result, name without TfLite, parameters) */
#define TFL_FUNCTIONS(X)                                                                                               \
    X(const char *, Version, (void))                                                                                   \
    X(tfl_model *, ModelCreateFromFile, (const char *path))                                                            \
    X(tfl_delegate *, XNNPackDelegateCreate, (const tfl_xnnpack_options *))                                            \
    X(tfl_options *, InterpreterOptionsCreate, (void))                                                                 \
    X(void, InterpreterOptionsSetNumThreads, (tfl_options *, int32_t threads))                                         \
    X(void, InterpreterOptionsAddDelegate, (tfl_options *, tfl_delegate *))                                            \
    X(tfl_interpreter *, InterpreterCreate, (const tfl_model *, const tfl_options *))                                  \
    X(int, InterpreterAllocateTensors, (tfl_interpreter *))                                                            \
    X(int, InterpreterInvoke, (tfl_interpreter *))                                                                     \
    X(int32_t, InterpreterGetInputTensorCount, (const tfl_interpreter *))                                              \
    X(int32_t, InterpreterGetOutputTensorCount, (const tfl_interpreter *))                                             \
    X(tfl_tensor *, InterpreterGetInputTensor, (const tfl_interpreter *, int32_t index))                               \
    X(const tfl_tensor *, InterpreterGetOutputTensor, (const tfl_interpreter *, int32_t index))                        \
    X(int, TensorType, (const tfl_tensor *))                                                                           \
    X(int32_t, TensorNumDims, (const tfl_tensor *))                                                                    \
    X(int32_t, TensorDim, (const tfl_tensor *, int32_t index))                                                         \
    X(size_t, TensorByteSize, (const tfl_tensor *))                                                                    \
    X(void *, TensorData, (const tfl_tensor *))

#define TFL_MEMBER(result, name, parameters) result(*name) parameters;
typedef struct tfl_api {
    TFL_FUNCTIONS(TFL_MEMBER)
} tfl_api;
#undef TFL_MEMBER

#endif
