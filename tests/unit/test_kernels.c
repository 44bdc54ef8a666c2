/* SPDX-License-Identifier: MIT */
/* Compares every kernel of kernels.def that this CPU can run with the reference kernel of its kind: layers of the
 * official models and small odd shapes. This file checks dense layers and kernels with windows; check_*.c
 * check the others. */
#include "check_f16.h"

/* Not in a library for one instruction set: linked into this test (references.c). */
v5l_gemm_fn v5l_gemm_f32_8x8_ref;
v5l_dwconv_fn v5l_dwconv_f32_ref;
v5l_maxpool_fn v5l_maxpool_f32_ref;

/* ---- gemm ---- */

typedef struct {
    uint32_t segments, depth, channels, pixels;
    v5l_activation activation;
    uint32_t pixel_stride; /* floats; nonzero: pixels overlap like the stem's */
} gemm_case;

/* Runs the reference pixel by pixel: its max_pixels differs from the kernel's. */
static void gemm_reference(const v5l_gemm_args *a, uint32_t max_pixels, float *dst) {
    const void *rows[9 * 8];
    v5l_gemm_args one = *a;
    one.indirection = rows;
    one.pixels = 1;
    one.pixel_stride = 0;
    for (uint32_t m = 0; m < a->pixels; m++) {
        for (uint32_t s = 0; s < a->k_segments; s++)
            rows[s * 8] = a->pixel_stride ? v5l_advance_const(a->indirection[s * max_pixels], m * a->pixel_stride)
                                          : a->indirection[s * max_pixels + m];
        one.dst = v5l_advance(dst, m * a->dst_pixel_stride);
        v5l_gemm_f32_8x8_ref(&one);
    }
}

/* A reduction split after the first segment is bit-identical to one call. */
static void check_init(v5l_gemm_fn *run, const v5l_gemm_args *whole, uint32_t max_pixels) {
    const size_t panels = v5l_whole_panels(whole->channels);
    const size_t bytes = (whole->pixels - 1) * whole->dst_pixel_stride + whole->channels * sizeof(float);
    float *sums = place_runs(ROW_1, 1, whole->pixels * panels, whole->pixels * panels);
    const void **init = place(ROW_2, whole->pixels * sizeof *init);
    v5l_gemm_args a = *whole;
    a.k_segments = 1;
    a.dst = sums;
    a.dst_pixel_stride = panels * sizeof(float);
    a.activation = V5L_ACT_NONE;
    run(&a);
    for (uint32_t m = 0; m < a.pixels; m++)
        init[m] = sums + m * panels;
    a = *whole;
    a.init = init;
    a.bias = regions[BIAS] - 64 - panels * sizeof(float); /* forbidden */
    a.indirection += max_pixels;
    a.lengths++;
    a.k_segments--;
    a.weights = v5l_advance_const(a.weights, (size_t)whole->lengths[0] * V5L_PANEL * sizeof(float));
    a.dst = memset(place(ROW_3, bytes), 0xA5, bytes);
    run(&a);
    assert_memory_equal(a.dst, whole->dst, bytes);
}

static void run_gemm(v5l_gemm_fn *run, uint32_t max_pixels, const gemm_case *c) {
    const uint32_t panels = (c->channels + V5L_PANEL - 1) / V5L_PANEL, part = c->depth / c->segments;
    const size_t weights = (size_t)panels * c->depth * V5L_PANEL, dst_pixel = c->channels + GAP;
    /* One run per pixel with all segments, or, if pixels overlap, one per segment with all pixels. */
    const uint32_t runs = c->pixel_stride ? c->segments : c->pixels;
    const size_t run_floats = c->pixel_stride ? (size_t)(c->pixels - 1) * c->pixel_stride + part : c->depth;
    const size_t pixel = c->pixel_stride ? c->pixel_stride : run_floats + GAP,
                 segment = c->pixel_stride ? run_floats + GAP : part;
    float *input = place_runs(INPUT, runs, run_floats, run_floats + GAP);
    float *w = place_runs(WEIGHTS, 1, weights, weights), *bias = place_runs(BIAS, 1, panels * V5L_PANEL, weights);
    uint32_t *lengths = place(LENGTHS, c->segments * sizeof *lengths);
    const uint32_t given = c->pixel_stride ? 1 : c->pixels; /* valid pointers per segment */
    const void **rows = place(POINTERS, ((c->segments - 1) * max_pixels + given) * sizeof *rows);
    for (uint32_t n = c->channels; n < panels * V5L_PANEL; n++) {
        bias[n] = 0.0f;
        for (uint32_t k = 0; k < c->depth; k++)
            w[(size_t)(n / V5L_PANEL * c->depth + k) * V5L_PANEL + n % V5L_PANEL] = NAN;
    }
    for (uint32_t s = 0; s < c->segments; s++) {
        lengths[s] = s + 1 < c->segments ? part : c->depth - s * part;
        for (uint32_t m = 0; m < (s + 1 < c->segments ? max_pixels : given); m++)
            rows[s * max_pixels + m] =
                m < given ? (const void *)(input + m * pixel + s * segment) : (const void *)(regions[INPUT] - 64);
    }
    v5l_gemm_args a = {.indirection = rows,
                       .lengths = lengths,
                       .k_segments = c->segments,
                       .depth = c->depth,
                       .weights = w,
                       .bias = bias,
                       .dst_pixel_stride = dst_pixel * sizeof(float),
                       .pixels = c->pixels,
                       .pixel_stride = c->pixel_stride * (uint32_t)sizeof(float),
                       .channels = c->channels,
                       .activation = c->activation};
    a.dst = poison(((c->pixels - 1) * dst_pixel + c->channels) * sizeof(float));
    gemm_reference(&a, max_pixels, want);
    run(&a);
    if (a.k_segments > 1 && a.pixel_stride == 0) check_init(run, &a, max_pixels);
    float *got = a.dst;
    make_absolute(input, (runs - 1) * (run_floats + GAP) + run_floats);
    make_absolute(w, weights);
    make_absolute(bias, panels * V5L_PANEL);
    a.activation = V5L_ACT_NONE;
    gemm_reference(&a, max_pixels, magnitude);
    check_runs(got, c->pixels, c->channels, dst_pixel, c->depth);
}

static void check_gemm(v5l_gemm_fn *run, uint32_t max_pixels) {
    check_activations(run);
    /* Depth and channels of the dense layers of e and s, then their 3x3 convolutions and the stem. */
    static const uint16_t layers[][2] = {{24, 58},   {32, 60},   {60, 60},   {116, 58},  {116, 116}, {120, 116},
                                         {232, 116}, {232, 232}, {464, 96},  {328, 96},  {216, 96},  {96, 96},
                                         {96, 255},  {96, 24},   {128, 255}, {512, 128}, {288, 32},  {27, 32}};
    static const uint8_t segments[] = {1, 2, 3, 9};
    static const uint8_t stems[][2] = {{3, 8}, {3, 9}, {6, 18}}; /* rows and floats of a row */
    uint32_t n = 0;
    EACH_SIDE {
        for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
            for (uint32_t pixels = 1; pixels <= max_pixels; pixels++, n++)
                run_gemm(run, max_pixels,
                         &(gemm_case){segments[n % 4], layers[i][0], layers[i][1], pixels, some_activation(n), 0});
        for (uint32_t depth = 1; depth <= 17; depth++)
            for (uint32_t channels = 1; channels <= 49; channels += channels < 17 ? 1 : 8)
                for (uint32_t pixels = 1; pixels <= max_pixels; pixels++, n++)
                    run_gemm(
                        run, max_pixels,
                        &(gemm_case){depth >= 9 ? segments[n % 4] : 1, depth, channels, pixels, some_activation(n), 0});
        for (uint32_t pixels = 1; pixels <= 2 * max_pixels + 1;
             pixels++) /* stems of 3 x 3 and 6 x 6, and what only resembles them */
            for (uint32_t pixel_stride = 3; pixel_stride <= 6; pixel_stride += 3)
                for (size_t i = 0; i < sizeof stems / sizeof *stems; i++, n++)
                    run_gemm(run, max_pixels,
                             &(gemm_case){stems[i][0], (uint32_t)stems[i][0] * stems[i][1], 25 + n % 8, pixels,
                                          some_activation(n), pixel_stride});
    }
}

/* ---- dwconv and maxpool ---- */

typedef struct {
    int32_t size, stride, width;         /* width: of the input, before upsampling */
    uint32_t channels, x_shift, missing; /* missing: one bit per missing row */
    v5l_activation activation;
    int32_t cut; /* outputs omitted at the right end */
} row_case;

static size_t row_floats(const row_case *c) { return (size_t)(c->width - 1) * (c->channels + GAP) + c->channels; }

/* Returns the output pixels of a case; 0: the window does not fit. */
static int32_t row_outputs(const row_case *c) {
    const int32_t across = (c->width << c->x_shift) + 2 * (c->size / 2) - c->size;
    return across < 0 ? 0 : across / c->stride + 1 - c->cut;
}

/* Runs the reference, which computes one row, for each row. */
static void dwconv_reference(v5l_dwconv_args a, int32_t high, float *dst) {
    a.below = NULL;
    for (int32_t row = 0; row < high; row++) {
        a.dst = v5l_advance(dst, (size_t)(row * a.out_width) * a.dst_pixel_stride);
        v5l_dwconv_f32_ref(&a);
        for (int32_t ky = 0; ky < a.kernel_h; ky++)
            a.rows[ky] = a.rows[ky + a.stride];
    }
}

/* high: output rows, 1 or 2. */
static void run_dwconv(v5l_dwconv_fn *run, const row_case *c, int32_t high) {
    const size_t pixel = c->channels + GAP, taps = (size_t)(c->size * c->size), row = row_floats(c);
    const int32_t outputs = row_outputs(c), inputs = c->size + (high - 1) * c->stride;
    float *weights = place_runs(WEIGHTS, taps, c->channels, pixel);
    float *bias = place_runs(BIAS, 1, c->channels, pixel), *rows[8] = {NULL};
    v5l_dwconv_args a = {.in_pixel_stride = pixel * sizeof(float),
                         .in_width = c->width << c->x_shift,
                         .x_shift = c->x_shift,
                         .kernel_h = c->size,
                         .kernel_w = c->size,
                         .stride = c->stride,
                         .pad = c->size / 2,
                         .weights = weights,
                         .bias = bias,
                         .tap_stride = pixel * sizeof(float),
                         .dst_pixel_stride = pixel * sizeof(float),
                         .out_width = outputs,
                         .channels = c->channels,
                         .activation = c->activation};
    /* If the last row of a window is missing, only the last window lacks it. */
    const uint32_t missing = c->missing == 1u << (c->size - 1) ? 1u << (inputs - 1) : c->missing;
    for (int32_t i = 0; i < inputs; i++) {
        rows[i] = place_runs(INPUT + i, (size_t)c->width, c->channels, pixel);
        a.rows[i] = missing >> i & 1u ? NULL : rows[i];
    }
    dwconv_reference(a, high, want);
    const size_t pixels = (size_t)(outputs * high);
    float *got = a.dst = poison(((pixels - 1) * pixel + c->channels) * sizeof(float));
    if (high == 2) a.below = got + (size_t)outputs * pixel;
    run(&a);
    for (int32_t i = 0; i < inputs; i++)
        make_absolute(rows[i], row);
    make_absolute(weights, (taps - 1) * pixel + c->channels);
    make_absolute(bias, c->channels);
    a.activation = V5L_ACT_NONE;
    dwconv_reference(a, high, magnitude);
    check_runs(got, pixels, c->channels, pixel, (double)taps);
}

static void run_maxpool(v5l_maxpool_fn *run, const row_case *c) {
    const size_t pixel = c->channels + GAP;
    const int32_t outputs = row_outputs(c);
    v5l_maxpool_args a = {.in_pixel_stride = pixel * sizeof(float),
                          .in_width = c->width << c->x_shift,
                          .x_shift = c->x_shift,
                          .kernel_h = c->size,
                          .kernel_w = c->size,
                          .stride = c->stride,
                          .pad = c->size / 2,
                          .dst = want,
                          .dst_pixel_stride = pixel * sizeof(float),
                          .out_width = outputs,
                          .channels = c->channels};
    for (int32_t ky = 0; ky < c->size; ky++) {
        const float *row = place_runs(INPUT + ky, (size_t)c->width, c->channels, pixel);
        a.rows[ky] = c->missing >> ky & 1u ? NULL : row;
    }
    v5l_maxpool_f32_ref(&a);
    a.dst = poison(((size_t)(outputs - 1) * pixel + c->channels) * sizeof(float));
    run(&a);
    check_equal_runs(a.dst, (size_t)outputs, c->channels, pixel);
}

/* ---- kernels in assembly ---- */

#if defined(V5L_HAS_ASM) && !defined(V5L_ONLY)
#if defined(V5L_A64)
#define IN_C v5l_gemm_f32_8x8_neon, 24
#define IN_ASM v5l_gemm_f32_8x8_inorder_neon, 24
#else
#define IN_C v5l_gemm_f32_4x8_neon, 16
#define IN_ASM v5l_gemm_f32_4x8_asm_neon, 16
#endif

static void test_kernels_in_assembly_give_the_bits_of_those_in_c(void **state) {
    (void)state;
    static float other[REGION / sizeof(float)];
    at_end = 0;
    for (uint32_t depth = 1; depth <= 66; depth++) {
        const gemm_case c = {
            depth < 6 ? 1 : 2, depth, 20, 1 + depth % 16, depth % 3 == 0 ? V5L_ACT_RELU : V5L_ACT_NONE, 0};
        const size_t bytes = ((c.pixels - 1) * (c.channels + GAP) + c.channels) * sizeof(float);
        rng.seed = depth;
        run_gemm(IN_C, &c);
        memcpy(other, regions[OUTPUT], bytes);
        rng.seed = depth;
        run_gemm(IN_ASM, &c);
        assert_memory_equal(regions[OUTPUT], other, bytes);
    }
}

#endif

/* ---- all rows ---- */

static v5l_dwconv_fn *dwconv_under_test;
static int32_t dwconv_rows; /* output rows per call */
static v5l_maxpool_fn *maxpool_under_test;

static void run_row(const row_case *c) {
    if (row_outputs(c) < 1) return;
    for (int32_t high = 1; dwconv_under_test != NULL && high <= dwconv_rows; high++)
        run_dwconv(dwconv_under_test, c, high);
    if (maxpool_under_test != NULL) run_maxpool(maxpool_under_test, c);
}

static void check_rows(void) {
    static const uint16_t layers[] = {32, 58, 60, 116, 232, 328, 216, 96};
    static const int32_t sizes[] = {3, 5, 1, 4};
    uint32_t n = 0;
    EACH_SIDE {
        for (int32_t i = 0; i < 4; i++) {
            const uint32_t size = (uint32_t)sizes[i], edges[] = {0, 1, 1u << (size - 1), 1u << size / 2};
            for (int32_t stride = 1; stride <= 3; stride++) {
                for (size_t l = 0; l < sizeof layers / sizeof *layers; l++, n++)
                    run_row(&(row_case){(int32_t)size, stride, 20, layers[l], n & 1u, size > 1 ? edges[n / 2 % 4] : 0,
                                        some_activation(n), 0});
                for (int32_t width = 1; width <= 13; width++)
                    for (uint32_t channels = 1; channels <= 35; channels += channels < 18 ? 1 : 4, n++)
                        run_row(&(row_case){(int32_t)size, stride, width, channels, n & 1u,
                                            size > 1 ? edges[n / 2 % 4] : 0, some_activation(n), (int32_t)(n / 6 % 2)});
            }
        }
    }
}

static void check_dwconv(v5l_dwconv_fn *run, uint32_t max) {
    dwconv_under_test = run;
    dwconv_rows = (int32_t)max;
    maxpool_under_test = NULL;
    check_rows();
}

static void check_maxpool(v5l_maxpool_fn *run, uint32_t max) {
    (void)max;
    dwconv_under_test = NULL;
    maxpool_under_test = run;
    check_rows();
}

/* ---- the list ---- */

#define CHECK_F32(kind) check_##kind
#define CHECK_ANY(kind) check_##kind
#define CHECK_S8(kind) check_##kind##_s8
#define CHECK_F16(kind) check_##kind##_f16
#define CHECK_W16(kind) check_##kind##_w16

#define V5L_KERNEL(kind, types, symbol, needs, max)                                                                    \
    static void test_##symbol(void **state) {                                                                          \
        (void)state;                                                                                                   \
        if (((uint32_t)(needs) & ~((v5l_cpu_features() | V5L_CPU_TRAITS) & check_cpu_mask())) != 0)                    \
            check_skip("this CPU lacks the instruction set: run on one that has it");                                  \
        kernel_needs = (uint32_t)(needs);                                                                              \
        CHECK_##types(kind)(symbol, max);                                                                              \
    }
#include "kernels/kernels.def"
#undef V5L_KERNEL

#if !defined(V5L_NO_F16)
static void test_floats_of_16_bits_have_their_values(void **state) {
    (void)state;
    check_f16_values();
}
#endif

#if defined(V5L_A64) && !defined(V5L_NO_F16) && V5L_BUILT(FP16, FP16)
static void test_stems_in_16_bits_subtract_what_their_inputs_share(void **state) {
    (void)state;
    check_stem_f16();
}
#endif

/* Returns whether the name has one of the parts, or there are none. */
static int is_chosen(const char *name, int count, char **parts) {
    for (int i = 0; i < count; i++)
        if (strstr(name, parts[i]) != NULL) return 1;
    return count == 0;
}

/* Arguments: runs only tests whose names have one of these parts, such as "_fp16". */
int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
#define V5L_KERNEL(kind, types, symbol, needs, max) cmocka_unit_test(test_##symbol),
#include "kernels/kernels.def"
#undef V5L_KERNEL
#if !defined(V5L_NO_F16)
        cmocka_unit_test(test_floats_of_16_bits_have_their_values),
#endif
#if defined(V5L_A64) && !defined(V5L_NO_F16) && V5L_BUILT(FP16, FP16)
        cmocka_unit_test(test_stems_in_16_bits_subtract_what_their_inputs_share),
#endif
#if defined(V5L_HAS_ASM) && !defined(V5L_ONLY)
        cmocka_unit_test(test_kernels_in_assembly_give_the_bits_of_those_in_c),
#endif
    };
    struct CMUnitTest chosen[sizeof tests / sizeof tests[0]];
    size_t count = 0;
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        if (is_chosen(tests[i].name, argc - 1, argv + 1)) chosen[count++] = tests[i];
    if (count == 0) return 2;
    return _cmocka_run_group_tests("kernels", chosen, count, open_regions, NULL);
}
