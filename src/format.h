/* SPDX-License-Identifier: MIT */
/* The records of a .v5l weights file, exactly as weights/FORMAT.md defines them. Do not use them before open.c has
 * checked the file. Records are naturally aligned, so the structs have no padding (asserted below). */
#ifndef V5L_FORMAT_H
#define V5L_FORMAT_H

#include <stdint.h>

#include "v5lite.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "v5lite reads its little-endian weights in place: big-endian targets are not supported"
#endif
#if defined(__SIZEOF_INT__) && __SIZEOF_INT__ < 4
#error "v5lite needs an int of 32 bits: targets with 16 are not supported"
#endif
#if defined(__aarch64__) && __SIZEOF_POINTER__ < 8
#error "v5lite needs pointers of 64 bits on AArch64: arm64_32 and ILP32 are not supported"
#endif

/* C99, or C++17 when all files are compiled as one (make amalgam). C99 compilers have the extensions of GNU C. */
#if defined(__cplusplus)
#define V5L_STATIC_ASSERT static_assert
#define V5L_ALIGNAS alignas
#elif __STDC_VERSION__ >= 201112L
#define V5L_STATIC_ASSERT _Static_assert
#define V5L_ALIGNAS _Alignas
#else
#define V5L_STATIC_ASSERT __extension__ _Static_assert
#define V5L_ALIGNAS(bytes) __attribute__((aligned(bytes)))
#endif

#define V5L_FORMAT_VERSION 1u
#define V5L_FORMAT_ALIGN 64u
#define V5L_LAYOUT_PANEL8 1u
#define V5L_PANEL 8u /* output channels of one weight panel */
#define V5L_NO_ORDER 0xFFFFFFFFu
#define V5L_FLAG_VIEW 1u
#define V5L_FLAG_SHARED_PANELS 2u
#define V5L_FLAG_WINOGRAD 4u
#define V5L_WINOGRAD_PLANES 16u /* weights of F(2x2, 3x3) for each pair of channels */

/* Returns `channels` rounded up to whole panels. */
static inline uint32_t v5l_whole_panels(uint32_t channels) {
    return (channels + V5L_PANEL - 1) / V5L_PANEL * V5L_PANEL;
}

enum {
    V5L_MAX_TENSORS = 512,
    V5L_MAX_OPS = 1024,
    V5L_MAX_SPANS = 8192,
    V5L_MAX_OPERAND_SPANS = 64,
    V5L_MAX_HEADS = 8,
    V5L_MAX_ANCHORS = 16,
    V5L_MAX_CHANNELS = 8192,
    V5L_MAX_CLASSES = 4096,
    V5L_MAX_ORDERS = 1 << 20,
    V5L_MAX_STRING_BYTES = 1 << 20,
    V5L_MAX_STRING = 255,
    V5L_MAX_KERNEL = 15,
    V5L_MAX_OP_STRIDE = 4, /* largest stride of an op; V5L_MAX_STRIDE: of a tensor */
    V5L_MAX_STRIDE = 128,
    V5L_MAX_S8_DEPTH = 32767 /* of quantised convolutions: their sums stay below 2^30 */
};

/* Returns whether activations and weights of ops with such tensors take less than 32 bits. */
static inline int v5l_is_narrow(uint32_t type) { return type == V5L_TYPE_S8 || type == V5L_TYPE_F16; }

/* Bytes of an element of a v5l_type. */
static inline uint32_t v5l_type_bytes(uint32_t type) {
    return type == V5L_TYPE_U8 || type == V5L_TYPE_S8 ? 1u : type == V5L_TYPE_F16 ? 2u : 4u;
}

typedef struct {
    uint8_t magic[8];
    uint32_t version, crc;
    uint64_t file_size;
    uint32_t form, layout, class_count, max_stride;
    uint32_t tensor_count, op_count, span_count, head_count;
    uint32_t order_count, string_bytes;
    uint64_t tensors_at, ops_at, spans_at, heads_at, orders_at, strings_at, weights_at, weights_bytes;
    uint32_t names, exporter;
    uint8_t zero1[8];
    uint8_t source_sha256[32];
    uint8_t zero2[16];
} v5l_file_header;

typedef struct {
    uint32_t channels;
    uint16_t stride, type; /* a v5l_type */
} v5l_file_tensor;

typedef struct {
    uint32_t tensor, first, count, upsample;
} v5l_file_span;

typedef struct {
    uint16_t kind, flags, activation, head;
    uint32_t name;
    uint16_t kernel_h, kernel_w, stride, pad;
    uint32_t groups;
    uint32_t a_first, a_count, b_first, b_count, out_first, out_count;
    uint32_t order;
    float alpha;
    uint64_t weights, weight_count, bias, bias_count;
    uint64_t quant; /* offset of the block of quant.h in the weights section, 0 = none */
} v5l_file_op;

typedef struct {
    uint32_t tensor, stride, anchor_count;
    uint32_t obj_first, obj_step, box_first, box_step, cls_first, cls_step;
    uint32_t zero1;
    uint64_t anchors;
    uint8_t zero2[16];
} v5l_file_head;

V5L_STATIC_ASSERT(sizeof(v5l_file_header) == 192, "header record");
V5L_STATIC_ASSERT(sizeof(v5l_file_tensor) == 8, "tensor record");
V5L_STATIC_ASSERT(sizeof(v5l_file_span) == 16, "span record");
V5L_STATIC_ASSERT(sizeof(v5l_file_op) == 96, "op record");
V5L_STATIC_ASSERT(sizeof(v5l_file_head) == 64, "head record");

#endif
