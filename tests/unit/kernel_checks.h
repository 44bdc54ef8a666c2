/* SPDX-License-Identifier: MIT */
/* Shared by the checks of kernels. Each check runs twice: memory starts after a forbidden page, then ends before one.
 * Floats that a kernel must not read are NaN. Bytes that it must not write hold a pattern, which is checked. */
#ifndef KERNEL_CHECKS_H
#define KERNEL_CHECKS_H

#include "check.h"

#include "kernels/select.h"
#include "model.h"

/* ---- memory between forbidden pages ---- */

enum { INPUT, ROW_1, ROW_2, ROW_3, ROW_4, ROW_5, ROW_6, ROW_7, POINTERS, LENGTHS, WEIGHTS, BIAS, OUTPUT, REGIONS };
enum { REGION = 1 << 19, GAP = 3 }; /* GAP: floats between pixels, taps, .. of other tensors */

extern unsigned char *regions[REGIONS];
extern int at_end; /* 1: memory is at the end of a region; 0: at its start */
extern builder rng;
extern uint32_t kernel_needs; /* CPU features that the kernel under test needs */

#define EACH_SIDE for (at_end = 0; at_end < 2; at_end++)

/* Group setup of cmocka. */
int open_regions(void **state);

/* Returns memory in a region, valid until the next call for that region. */
void *place(int region, size_t bytes);

/* Places `count` runs of `length` random floats, `stride` floats apart, with NaN between them. */
float *place_runs(int region, size_t count, size_t length, size_t stride);

/* ---- results ---- */

/* Whether kernels round as the reference does (src/kernels/simd_wasm.inc). */
#if defined(V5L_WASM)
enum { EXACT = 1 };
#else
enum { EXACT = 0 };
#endif

extern float want[REGION / sizeof(float)], magnitude[REGION / sizeof(float)];

/* Returns memory for the output, all bytes POISON. */
enum { POISON = 0xA5 };
void *poison(size_t bytes);

void make_absolute(float *at, size_t floats);

/* Compares sums of `terms` products with want. magnitude: the sums of their absolute values. The reference rounds as
 * often as the kernel. */
void check_runs(const float *got, size_t count, size_t length, size_t stride, double terms);

/* Checks that results equal the reference; NaN equals NaN. */
void check_equal_runs(const float *got, size_t count, size_t length, size_t stride);

/* Cycles through the activations. The period of 5 avoids a fixed pairing with other parameters. */
static inline v5l_activation some_activation(uint32_t i) { return (v5l_activation)(i % 5 % 4); }

/* ---- checks of check_winograd.c ---- */

void check_winograd_input(v5l_winograd_input_fn *run, uint32_t max);
void check_winograd_output(v5l_winograd_output_fn *run, uint32_t max);

/* ---- checks of check_pixels.c ---- */

void check_activations(v5l_gemm_fn *run);
void check_add(v5l_add_fn *run, uint32_t max);
void check_avgpool(v5l_avgpool_fn *run, uint32_t max);
void check_scale(v5l_scale_fn *run, uint32_t max);

/* ---- checks of check_moves.c ---- */

void check_from_u8(v5l_from_u8_fn *run, uint32_t max);
void check_resize_h(v5l_resize_h_fn *run, uint32_t max);
void check_resize_v(v5l_resize_v_fn *run, uint32_t max);
void check_copy(v5l_copy_fn *run, uint32_t max);
void check_shuffle(v5l_shuffle_fn *run, uint32_t max);
void check_find_above(v5l_find_above_fn *run, uint32_t max);

/* ---- checks of check_planes.c ---- */

void check_resize_planes(v5l_resize_planes_fn *run, uint32_t max);

/* ---- checks of check_w16.c ---- */

void check_f16_values(void);
void check_gemm_w16(v5l_gemm_fn *run, uint32_t max_pixels);
void check_dwconv_w16(v5l_dwconv_fn *run, uint32_t max);

#include "check_s8.h"

#endif
