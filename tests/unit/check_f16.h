/* SPDX-License-Identifier: MIT */
/* The checks of check_f16.c and check_f16_pixels.c: kernels in F16 against double precision. max: as in kernels.def. */
#ifndef CHECK_F16_H
#define CHECK_F16_H

#include "kernel_checks.h"

#if defined(V5L_A64) && !defined(V5L_NO_F16) && V5L_BUILT(FP16, FP16)
#define HAS_F16 1
#endif

void check_gemm_f16(v5l_gemm_fn *run, uint32_t max_pixels);
void check_stem_f16(void);
void check_dwconv_f16(v5l_dwconv_fn *run, uint32_t max);
void check_maxpool_f16(v5l_maxpool_fn *run, uint32_t max);
void check_add_f16(v5l_add_fn *run, uint32_t max);
void check_avgpool_f16(v5l_avgpool_fn *run, uint32_t max);
void check_scale_f16(v5l_scale_fn *run, uint32_t max);
void check_from_u8_f16(v5l_from_u8_fn *run, uint32_t max);
void check_shuffle_f16(v5l_shuffle_fn *run, uint32_t max);

/* Half a unit in the last place of 1, and a unit in that of the smallest numbers. */
static const double unit = 0x1p-11, least = 0x1p-24;

/* Places n random values of 2^low .. 2^0 in a region. */
uint16_t *place_f16(int region, size_t n, int low);

double activated_f16(double x, v5l_activation activation);

/* Checks an output of `terms` products. absolute: the sum of their absolute values. */
void check_sum_f16(double got, double sum, double absolute, double terms, v5l_activation activation);

#endif
