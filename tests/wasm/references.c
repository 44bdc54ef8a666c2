/* SPDX-License-Identifier: MIT */
/* As tests/unit/references.c, for the library of build/web: an object whose reference kernels replace weak ones. */
#define V5L_WITH_REF
#pragma weak v5l_shuffle_x32_ref
#pragma weak v5l_find_above_f32_ref
#include "kernels/copy_ref.c"
#include "kernels/elementwise_ref.c"
#include "kernels/gemm_f32_ref.c"
#include "kernels/maxpool_f32_ref.c"
#include "kernels/se_ref.c"
#include "kernels/winograd_f32_ref.c"
