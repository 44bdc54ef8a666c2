/* SPDX-License-Identifier: MIT */
/* The part of ONNX Runtime's C API that the worker uses, written from its documented, stable order of functions, so
 * that it builds without ONNX Runtime. The positions are checked below. */
#ifndef V5LITE_PEERS_ORT_H
#define V5LITE_PEERS_ORT_H

#include <stddef.h>
#include <stdint.h>

enum { ORT_API_VERSION = 12 }; /* the table of 1.12, which every later library provides, too */
enum {
    ORT_LOG_ERROR = 3,
    ORT_ALL_OPTIMIZATIONS = 99,
    ORT_ARENA = 1,
    ORT_DEFAULT_MEMORY = 0,
    ORT_FLOAT = 1,
    ORT_BYTE = 2
};

typedef struct ort_status ort_status; /* NULL: success */
typedef struct ort_env ort_env;
typedef struct ort_options ort_options;
typedef struct ort_session ort_session;
typedef struct ort_run_options ort_run_options;
typedef struct ort_memory ort_memory;
typedef struct ort_value ort_value;
typedef struct ort_type ort_type;
typedef struct ort_shape ort_shape;
typedef struct ort_allocator ort_allocator;
typedef void (*ort_other)(void); /* an unused function */

typedef struct ort_api {
    ort_other f0[2];
    const char *(*error_message)(const ort_status *);
    ort_status *(*create_env)(int log_level, const char *id, ort_env **);
    ort_other f4[3];
    ort_status *(*create_session)(const ort_env *, const char *path, const ort_options *, ort_session **);
    ort_other f8[1];
    ort_status *(*run)(ort_session *, const ort_run_options *, const char *const *input_names, const ort_value *const *,
                       size_t inputs, const char *const *output_names, size_t outputs, ort_value **);
    ort_status *(*create_options)(ort_options **);
    ort_other f11[12];
    ort_status *(*set_optimization)(ort_options *, int level);
    ort_status *(*set_intra_threads)(ort_options *, int);
    ort_status *(*set_inter_threads)(ort_options *, int);
    ort_other f26[4];
    ort_status *(*input_count)(const ort_session *, size_t *);
    ort_status *(*output_count)(const ort_session *, size_t *);
    ort_other f32[1];
    ort_status *(*input_type)(const ort_session *, size_t index, ort_type **);
    ort_other f34[2];
    ort_status *(*input_name)(const ort_session *, size_t index, ort_allocator *, char **);
    ort_status *(*output_name)(const ort_session *, size_t index, ort_allocator *, char **);
    ort_other f38[11];
    ort_status *(*tensor_with_data)(const ort_memory *, void *data, size_t bytes, const int64_t *shape, size_t rank,
                                    int type, ort_value **);
    ort_other f50[1];
    ort_status *(*tensor_data)(ort_value *, void **);
    ort_other f52[3];
    ort_status *(*tensor_type)(const ort_type *, const ort_shape **);
    ort_other f56[4];
    ort_status *(*element_type)(const ort_shape *, int *);
    ort_status *(*rank)(const ort_shape *, size_t *);
    ort_status *(*dimensions)(const ort_shape *, int64_t *, size_t count);
    ort_other f63[1];
    ort_status *(*element_count)(const ort_shape *, size_t *);
    ort_status *(*tensor_shape)(const ort_value *, ort_shape **);
    ort_other f66[3];
    ort_status *(*cpu_memory)(int allocator, int kind, ort_memory **);
    ort_other f70[8];
    ort_status *(*default_allocator)(ort_allocator **);
    ort_other f79[17];
    void (*release_value)(ort_value *);
} ort_api;

#define ORT_AT(member, index) _Static_assert(offsetof(ort_api, member) == (index) * sizeof(ort_other), #member)
ORT_AT(error_message, 2);
ORT_AT(create_session, 7);
ORT_AT(run, 9);
ORT_AT(set_optimization, 23);
ORT_AT(output_count, 31);
ORT_AT(input_type, 33);
ORT_AT(input_name, 36);
ORT_AT(tensor_with_data, 49);
ORT_AT(tensor_data, 51);
ORT_AT(tensor_type, 55);
ORT_AT(element_type, 60);
ORT_AT(element_count, 64);
ORT_AT(cpu_memory, 69);
ORT_AT(default_allocator, 78);
ORT_AT(release_value, 96);
#undef ORT_AT

typedef struct ort_base {
    const ort_api *(*api)(uint32_t version); /* NULL: the library is older */
    const char *(*version)(void);
} ort_base;

#endif
