/* SPDX-License-Identifier: MIT */
/* The checks of check_s8.c and check_s8_pixels.c: every bit of a kernel in S8 equals the reference. max: as in
 * kernels.def. */
#ifndef CHECK_S8_H
#define CHECK_S8_H

#include "kernels/kernels.h"

void check_gemm_s8(v5l_gemm_fn *run, uint32_t max_pixels);
void check_dwconv_s8(v5l_dwconv_fn *run, uint32_t max);
void check_maxpool_s8(v5l_maxpool_fn *run, uint32_t max);
void check_add_s8(v5l_add_fn *run, uint32_t max);
void check_avgpool_s8(v5l_avgpool_fn *run, uint32_t max);
void check_scale_s8(v5l_scale_fn *run, uint32_t max);
void check_from_u8_s8(v5l_from_u8_fn *run, uint32_t max);
void check_shuffle_s8(v5l_shuffle_fn *run, uint32_t max);

/* Place n random values in a region: low .. 127, -limit .. limit, and 2^low .. 2^high with random digits. */
int8_t *place_s8(int region, size_t n, int low);
int32_t *place_s32(int region, size_t n, float limit);
float *place_powers(int region, size_t n, int low, int high);

#endif
