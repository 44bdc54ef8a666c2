/* SPDX-License-Identifier: MIT */
/* The reference kernels for test_kernels where the library has none: in builds for one instruction set. */
#define V5L_WITH_REF
#include "kernels/copy_ref.c"
#include "kernels/dwconv_f32_ref.c"
#if !defined(V5L_X86)
#include "kernels/dwconv_s8_ref.c"
#endif
#include "kernels/elementwise_ref.c"
#include "kernels/gemm_f32_ref.c"
#define REF_PIXELS REF_PIXELS_S8 /* names of gemm_f32_ref.c */
#define row_of row_of_s8
#include "kernels/gemm_s8_ref.c"
#include "kernels/maxpool_f32_ref.c"
#include "kernels/pixels_s8_ref.c"
#include "kernels/resize_ref.c"
#include "kernels/se_ref.c"
#include "kernels/winograd_f32_ref.c"
