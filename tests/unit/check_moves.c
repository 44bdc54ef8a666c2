/* SPDX-License-Identifier: MIT */
/* Checks of the kernels that move bytes and floats, or search them: results are bit-identical. */
#include "kernel_checks.h"

#include "../../bench/move_shapes.h"

v5l_from_u8_fn v5l_u8_to_f32_ref; /* as in test_kernels.c */

/* ---- bytes ---- */

static unsigned char random_byte(void) { return (unsigned char)((builder_random(&rng) + 1.0f) * 127.99f); }

static unsigned char *place_bytes(int region, size_t n) {
    unsigned char *at = place(region, n);
    for (size_t i = 0; i < n; i++)
        at[i] = random_byte();
    return at;
}

void check_from_u8(v5l_from_u8_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (size_t n = 1; n <= 100; n++) {
            const uint8_t *src = place_bytes(INPUT, n);
            v5l_from_u8_args a = {.src = src, .dst = want, .count = n};
            v5l_u8_to_f32_ref(&a);
            a.dst = poison(n * sizeof(float));
            run(&a);
            assert_memory_equal(a.dst, want, n * sizeof(float));
        }
    }
}

/* Resizes `width` pixels of `step` bytes to n. Positions are spread over the first `used` pixels; the last position is
 * on the last of them. */
static void run_resize_h(v5l_resize_h_fn *run, uint32_t width, uint32_t used, uint32_t n, uint32_t step) {
    static const uint8_t orders[4][3] = {{0, 0, 0}, {0, 1, 0}, {2, 1, 0}, {0, 1, 2}};
    const uint8_t *order = orders[step - 1];
    v5l_resize_tap *taps = place(WEIGHTS, n * sizeof *taps);
    for (uint32_t x = 0; x < n; x++) {
        const uint32_t at = x + 1 < n ? x * used / n : used - 1;
        const int16_t right = at + 1 < width ? (int16_t)(random_byte() * 8) : 0;
        taps[x] = (v5l_resize_tap){at * step, {(int16_t)(2048 - right), right}};
    }
    v5l_resize_h_args a = {.dst = (int16_t *)(void *)want,
                           .src = place_bytes(INPUT, (size_t)width * step),
                           .bytes = (size_t)width * step,
                           .taps = taps,
                           .count = n,
                           .step = step,
                           .order = order};
    v5l_resize_h_u8_ref(&a);
    a.dst = poison(n * 3 * sizeof(int16_t));
    run(&a);
    assert_memory_equal(a.dst, want, n * 3 * sizeof(int16_t)); /* no access to the page after it */
}

void check_resize_h(v5l_resize_h_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (uint32_t step = 1; step <= 4; step++)
            for (uint32_t width = 1; width <= 20; width++)
                for (uint32_t n = 1; n <= 40; n++) {
                    run_resize_h(run, width, width, n, step);
                    run_resize_h(run, width, (width + 1) / 2, n, step);
                }
    }
}

void check_resize_v(v5l_resize_v_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (size_t n = 1; n <= 150; n++) {
            int16_t *upper = place(INPUT, n * sizeof *upper), *lower = place(ROW_1, n * sizeof *lower);
            for (size_t i = 0; i < n; i++) {
                upper[i] = (int16_t)(random_byte() * 128);
                lower[i] = (int16_t)(random_byte() * 128);
            }
            const int16_t w1 = (int16_t)(n % 9 * 256), w0 = (int16_t)(2048 - w1);
            v5l_resize_v_args a = {
                .dst = (uint8_t *)want, .upper = upper, .lower = lower, .weight = {w0, w1}, .count = n};
            v5l_resize_v_s16_ref(&a);
            a.dst = poison(n);
            run(&a);
            assert_memory_equal(a.dst, want, n);
        }
    }
}

/* ---- copy and shuffle ---- */

/* Bit patterns that a conversion or an addition of 0 changes. */
static void make_special(float *at, size_t floats) {
    static const uint32_t bits[] = {0x80000000u, 0x7F800001u, 0xFFC12345u, 0x00000001u};
    for (size_t i = 0; i < floats; i += 7)
        memcpy(&at[i], &bits[i / 7 % 4], sizeof at[i]);
}

static size_t source_pixels(const move_shape *s) { return (size_t)((s->pixels - 1) >> s->x_shift) + 1; }

static size_t output_bytes(const move_shape *s, uint32_t channels) {
    return ((size_t)(s->pixels - 1) * s->dst_pixel + channels) * sizeof(float);
}

static void run_copy(v5l_copy_fn *run, const move_shape *s) {
    float *src = place_runs(INPUT, source_pixels(s), s->channels, s->src_pixel);
    const size_t bytes = output_bytes(s, s->channels);
    make_special(src, s->channels);
    memset(want, POISON, bytes);
    for (size_t x = 0; x < s->pixels; x++)
        memcpy(want + x * s->dst_pixel, src + (x >> s->x_shift) * s->src_pixel, s->channels * sizeof(float));
    const v5l_copy_args a = {.src = src,
                             .src_pixel_stride = s->src_pixel * sizeof(float),
                             .dst = poison(bytes),
                             .dst_pixel_stride = s->dst_pixel * sizeof(float),
                             .bytes = s->channels * sizeof(float),
                             .x_shift = s->x_shift,
                             .pixels = s->pixels};
    run(&a);
    assert_memory_equal(a.dst, want, bytes);
}

/* Copies any number of bytes, at any address. */
static void run_copy_bytes(v5l_copy_fn *run, size_t bytes, uint32_t pixels, uint32_t x_shift) {
    const size_t stride = bytes + 3, all = (pixels - 1) * stride + bytes;
    const unsigned char *src = place_bytes(INPUT, all);
    v5l_copy_args a = {.src = src,
                       .src_pixel_stride = stride,
                       .dst = memset(want, POISON, all),
                       .dst_pixel_stride = stride,
                       .bytes = bytes,
                       .x_shift = x_shift,
                       .pixels = pixels};
    for (size_t x = 0; x < pixels; x++)
        memcpy((unsigned char *)want + x * stride, src + (x >> x_shift) * stride, bytes);
    a.dst = poison(all);
    run(&a);
    assert_memory_equal(a.dst, want, all);
}

void check_copy(v5l_copy_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (int i = 0; i < MOVE_SHAPES; i++)
            if (move_shapes[i].kind == MOVE_COPY) run_copy(run, &move_shapes[i]);
        for (uint32_t bytes = 1; bytes <= 300; bytes++)
            run_copy_bytes(run, bytes, 1 + bytes % 4, bytes / 4 % 2);
        for (uint16_t channels = 1; channels <= 70; channels++)
            for (uint16_t pixels = 1; pixels <= 5; pixels++)
                for (uint16_t x_shift = 0; x_shift < 2; x_shift++) {
                    const uint16_t apart = (uint16_t)(channels + GAP), gap = pixels % 2;
                    run_copy(run, &(move_shape){MOVE_COPY, "", channels, gap ? apart : channels, gap ? channels : apart,
                                                pixels, x_shift});
                }
    }
}

static void run_shuffle(v5l_shuffle_fn *run, uint32_t groups, const move_shape *s) {
    const uint32_t channels = groups * s->channels;
    float *src = place_runs(INPUT, source_pixels(s), channels, s->src_pixel);
    const size_t bytes = output_bytes(s, channels);
    make_special(src, channels);
    memset(want, POISON, bytes);
    for (size_t x = 0; x < s->pixels; x++)
        for (uint32_t c = 0; c < channels; c++)
            memcpy(want + x * s->dst_pixel + c,
                   src + (x >> s->x_shift) * s->src_pixel + c % groups * s->channels + c / groups, sizeof(float));
    const v5l_shuffle_args a = {.src = src,
                                .src_pixel_stride = s->src_pixel * sizeof(float),
                                .dst = poison(bytes),
                                .dst_pixel_stride = s->dst_pixel * sizeof(float),
                                .x_shift = s->x_shift,
                                .pixels = s->pixels,
                                .groups = groups,
                                .per_group = s->channels};
    run(&a);
    assert_memory_equal(a.dst, want, bytes);
}

void check_shuffle(v5l_shuffle_fn *run, uint32_t max) {
    (void)max;
    EACH_SIDE {
        for (int i = 0; i < MOVE_SHAPES; i++)
            if (move_shapes[i].kind == MOVE_SHUFFLE) run_shuffle(run, 2, &move_shapes[i]);
        for (uint16_t half = 1; half <= 40; half++)
            for (uint16_t groups = 1; groups <= 4; groups++)
                for (uint16_t pixels = 1; pixels <= 5; pixels++) {
                    const uint16_t all = (uint16_t)(groups * half), apart = (uint16_t)(all + GAP), gap = pixels % 2;
                    run_shuffle(
                        run, groups,
                        &(move_shape){MOVE_SHUFFLE, "", half, gap ? apart : all, gap ? all : apart, pixels, half % 2});
                }
    }
}

/* ---- find_above ---- */

static const float the_floor = -1.0986f;

/* Places `n` values that are not above the floor, `stride` apart, and values above it or NaN between them. */
static float *place_logits(uint32_t n, size_t stride) {
    const float not_above[] = {the_floor, NAN, -INFINITY, -7.5f, -NAN};
    const size_t floats = (n - 1) * stride + 1;
    float *at = place(INPUT, floats * sizeof *at);
    for (size_t i = 0; i < floats; i++)
        at[i] = i % stride != 0 ? (i % 2 ? INFINITY : NAN) : not_above[i / stride % 5];
    return at;
}

static uint32_t found(v5l_find_above_fn *run, const float *src, size_t stride, uint32_t first, uint32_t n) {
    uint32_t at = UINT32_MAX;
    const v5l_find_above_args a = {
        .src = src, .stride = stride * sizeof(float), .found = &at, .floor = the_floor, .first = first, .count = n};
    run(&a);
    return at;
}

/* Puts one value above the floor at each position, and one at the end. A search that starts at or before the first
 * finds it; one that starts after it finds the last. */
static void run_find_above(v5l_find_above_fn *run, uint32_t n, size_t stride) {
    float *src = place_logits(n, stride);
    assert_int_equal(found(run, src, stride, 0, n), n);
    assert_int_equal(found(run, src, stride, n, n), n);
    for (uint32_t hit = 0; hit < n; hit++) {
        const float saved = src[hit * stride], end = src[(n - 1) * stride];
        src[hit * stride] = hit % 2 ? INFINITY : nextafterf(the_floor, 0.0f);
        assert_int_equal(found(run, src, stride, 0, n), hit);
        assert_int_equal(found(run, src, stride, hit / 2, n), hit);
        assert_int_equal(found(run, src, stride, hit, n), hit);
        assert_int_equal(found(run, src, stride, hit + 1, n), n);
        src[(n - 1) * stride] = 0.0f;
        assert_int_equal(found(run, src, stride, 0, n), hit);
        assert_int_equal(found(run, src, stride, hit + 1, n), hit + 1 < n ? n - 1 : n);
        src[(n - 1) * stride] = end;
        src[hit * stride] = saved;
    }
}

void check_find_above(v5l_find_above_fn *run, uint32_t max) {
    static const uint8_t strides[] = {1, 2, 3, 4, 9, 255};
    (void)max;
    EACH_SIDE {
        for (size_t s = 0; s < sizeof strides; s++)
            for (uint32_t n = 1; n <= 75; n++)
                run_find_above(run, n, strides[s]);
        for (int i = 0; i < MOVE_SHAPES; i++) {
            const move_shape *s = &move_shapes[i];
            const uint32_t cells = (uint32_t)s->pixels * s->pixels;
            if (s->kind != MOVE_FIND_ABOVE || (cells - 1) * s->src_pixel >= REGION / sizeof(float)) continue;
            run_find_above(run, cells, s->src_pixel);
        }
    }
}
