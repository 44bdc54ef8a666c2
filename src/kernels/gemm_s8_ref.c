/* SPDX-License-Identifier: MIT */
#include "kernels.h"
#include "s8_math.h"

#if !defined(V5L_NO_S8) && (V5L_BUILT_REF_S8 || defined(V5L_WITH_REF))

enum { REF_PIXELS = 8 }; /* as in kernels.def */

static const int8_t *row_of(const v5l_gemm_args *a, size_t segment, size_t pixel) {
    const void *const *rows = a->indirection + segment * REF_PIXELS;
    return (const int8_t *)(a->pixel_stride != 0 ? v5l_advance_const(rows[0], pixel * a->pixel_stride) : rows[pixel]);
}

/* Adds the products of a segment to the sums of a panel. Returns the weights of the next segment. */
static const int8_t *add_segment(const int8_t *row, uint32_t length, const int8_t *weights, int32_t *sums) {
    const uint32_t last = length < 4 ? 0 : length - 4, taken = length - last;
    for (uint32_t first = 0; first < length; first += 4, weights += 4 * V5L_PANEL) {
        const int8_t *in = row + (first < last ? first : last);
        for (uint32_t j = 0; j < V5L_PANEL; j++)
            for (uint32_t i = 0; i < taken; i++)
                sums[j] += in[i] * weights[4 * j + i];
    }
    return weights;
}

/* Stores channels n .. n+width-1 of a pixel. */
static void store(const v5l_gemm_args *a, const int32_t *sums, uint32_t n, uint32_t width, void *dst) {
    for (uint32_t j = 0; j < width; j++) {
        if (a->tail.multiplier == NULL)
            ((int32_t *)dst)[n + j] = sums[j];
        else if (a->tail.zero == NULL)
            ((float *)dst)[n + j] = (float)sums[j] * a->tail.multiplier[n + j];
        else
            ((int8_t *)dst)[n + j] = v5l_requantise(sums[j], &a->tail, n + j, a->activation);
    }
}

void v5l_gemm_s8_8x8_ref(const v5l_gemm_args *a) {
    for (uint32_t n = 0; n < a->channels; n += V5L_PANEL) {
        const int8_t *panel = (const int8_t *)a->weights + (size_t)n * a->depth;
        const uint32_t width = a->channels - n < V5L_PANEL ? a->channels - n : V5L_PANEL;
        for (uint32_t m = 0; m < a->pixels; m++) {
            const int32_t *init = (const int32_t *)(a->init != NULL ? a->init[m] : a->bias) + n;
            int32_t sums[V5L_PANEL];
            for (uint32_t j = 0; j < V5L_PANEL; j++)
                sums[j] = init[j];
            const int8_t *w = panel;
            for (uint32_t s = 0; s < a->k_segments; s++)
                w = add_segment(row_of(a, s, m), a->lengths[s], w, sums);
            store(a, sums, n, width, v5l_advance(a->dst, m * a->dst_pixel_stride));
        }
    }
}

#endif
