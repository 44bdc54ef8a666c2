/* SPDX-License-Identifier: MIT */
/* maxpool for x86, written in the words of simd_*.h: included once by the file of each instruction set, which defines
 * V5L_MAXPOOL as the kernel's name. A maximum does not care how often a value enters: so the window is clamped to the
 * picture once per output, and the channels run along it. */
#ifndef V5L_MAXPOOL_X86_H
#define V5L_MAXPOOL_X86_H

#include "kernels.h"

/* n <= LANES channels from c of one output: columns first .. end-1 of the rows that are there. */
static inline vec window_max(const v5l_maxpool_args *a, int32_t first, int32_t end, uint32_t c, uint32_t n) {
    vec max = vec_set1(0.0f);
    int any = 0;
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] == NULL) continue;
        for (int32_t ix = first; ix < end; ix++) {
            const vec v = vec_load_n(a->rows[ky] + (size_t)(ix >> a->x_shift) * a->in_pixel + c, n);
            max = any ? vec_max(v, max) : v;
            any = 1;
        }
    }
    return max;
}

/* The same for 3 x 3 windows that are all inside, LANES channels. */
static inline vec window_max_3x3(const float *const rows[3], const size_t at[3]) {
    vec max = vec_load(rows[0] + at[0]);
    for (int ky = 0; ky < 3; ky++)
        for (int kx = 0; kx < 3; kx++)
            max = vec_max(vec_load(rows[ky] + at[kx]), max);
    return max;
}

static void pool_output(const v5l_maxpool_args *a, int32_t x) {
    const int32_t left = x * a->stride - a->pad;
    const int32_t first = left < 0 ? 0 : left;
    const int32_t end = left + a->kernel_w < a->in_width ? left + a->kernel_w : a->in_width;
    const int whole =
        a->kernel_h == 3 && end - first == 3 && a->rows[0] != NULL && a->rows[1] != NULL && a->rows[2] != NULL;
    float *dst = a->dst + (size_t)x * a->dst_pixel;
    uint32_t c = 0;
    if (whole) {
        for (; c + LANES <= a->channels; c += LANES) {
            const float *const rows[3] = {a->rows[0] + c, a->rows[1] + c, a->rows[2] + c};
            const size_t at[3] = {(size_t)(first >> a->x_shift) * a->in_pixel,
                                  (size_t)((first + 1) >> a->x_shift) * a->in_pixel,
                                  (size_t)((first + 2) >> a->x_shift) * a->in_pixel};
            vec_store(dst + c, window_max_3x3(rows, at));
        }
    }
    for (; c < a->channels; c += LANES)
        vec_store_n(dst + c, window_max(a, first, end, c, a->channels - c), a->channels - c);
}

void V5L_MAXPOOL(const v5l_maxpool_args *a) {
    for (int32_t x = 0; x < a->out_width; x++)
        pool_output(a, x);
}

#endif
