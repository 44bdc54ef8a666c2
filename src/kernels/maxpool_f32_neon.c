/* SPDX-License-Identifier: MIT */
/* maxpool for both ARM instruction sets. 3 x 3 windows at stride 2 walk along the row, 4 channels at a time: a column's maximum is
 * taken once and the odd one kept for the next output. A maximum does not care how often a value enters: a window row that is
 * not in the picture is replaced by one that is. */
#include "kernels.h"
#include "neon.h"

#if defined(V5L_A64) || defined(V5L_A32)

V5L_INLINE float32x4_t load(const char *p) { return vld1q_f32((const float *)(const void *)p); }

static void walk_3_2(const v5l_maxpool_args *a, const float *const rows[3], uint32_t c) {
    const size_t pixel = a->in_pixel * sizeof(float);
    const size_t even = a->x_shift ? 0 : pixel; /* from an even column to the next */
    const char *const r0 = (const char *)(const void *)(rows[0] + c), *const r1 =
                                                                          (const char *)(const void *)(rows[1] + c);
    const char *const r2 = (const char *)(const void *)(rows[2] + c);
    float *dst = a->dst + c;
    size_t at = 0;
    int32_t x = 0;
    float32x4_t before =
        vmaxq_f32(vmaxq_f32(load(r0), load(r1)), load(r2)); /* of the column left of output x's centre */
    for (; x < a->in_width / 2; x++, dst += a->dst_pixel) {
        const float32x4_t centre = vmaxq_f32(vmaxq_f32(load(r0 + at), load(r1 + at)), load(r2 + at));
        at += even;
        const float32x4_t after = vmaxq_f32(vmaxq_f32(load(r0 + at), load(r1 + at)), load(r2 + at));
        at += pixel;
        vst1q_f32(dst, vmaxq_f32(vmaxq_f32(before, centre), after));
        before = after;
    }
    if (x < a->out_width) /* odd width: the last output has two columns */
        vst1q_f32(dst, vmaxq_f32(before, vmaxq_f32(vmaxq_f32(load(r0 + at), load(r1 + at)), load(r2 + at))));
}

/* Output x, the first n channels from c, 4 at most: any window. */
static void one_output(const v5l_maxpool_args *a, int32_t x, uint32_t c, uint32_t n) {
    const int32_t left = x * a->stride - a->pad;
    const int32_t first = left < 0 ? 0 : left;
    const int32_t end = left + a->kernel_w < a->in_width ? left + a->kernel_w : a->in_width;
    float32x4_t max = vdupq_n_f32(0.0f);
    int any = 0;
    for (int32_t ky = 0; ky < a->kernel_h; ky++) {
        if (a->rows[ky] == NULL) continue;
        for (int32_t ix = first; ix < end; ix++) {
            const float32x4_t v = v5l_neon_load(a->rows[ky] + (size_t)(ix >> a->x_shift) * a->in_pixel + c, n);
            max = any ? vmaxq_f32(max, v) : v;
            any = 1;
        }
    }
    v5l_neon_store(a->dst + (size_t)x * a->dst_pixel + c, max, n);
}

void v5l_maxpool_f32_neon(const v5l_maxpool_args *a) {
    const float *rows[3] = {NULL, NULL, NULL};
    const int walks = a->kernel_h == 3 && a->kernel_w == 3 && a->stride == 2 && a->pad == 1 && a->channels >= 4 &&
                      a->out_width == (a->in_width + 1) / 2;
    if (walks) {
        const float *some = NULL;
        for (int ky = 0; ky < 3; ky++)
            if (a->rows[ky] != NULL) some = a->rows[ky];
        for (int ky = 0; ky < 3; ky++)
            rows[ky] = a->rows[ky] != NULL ? a->rows[ky] : some;
    }
    for (uint32_t c = 0; c < a->channels; c += 4) {
        const uint32_t left = a->channels - c;
        if (walks) /* the last block begins 4 before the end: it computes some channels again */
            walk_3_2(a, rows, left < 4 ? a->channels - 4 : c);
        else
            for (int32_t x = 0; x < a->out_width; x++)
                one_output(a, x, c, left);
    }
}

#else
typedef int v5l_empty;
#endif
