/* SPDX-License-Identifier: MIT */
/* Letterbox: geometry, resampling bit-identical to OpenCV, pixel formats. */
#include "check.h"

#include "letterbox.h"
#include "pixels.h"

static void noise(uint8_t *p, size_t n, uint32_t seed) {
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        p[i] = (uint8_t)(seed >> 24);
    }
}

static uint32_t crc32(const uint8_t *p, size_t n) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1u) ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

static void render(const v5l_image *image, const v5l_letterbox *box, uint8_t *dst, int row0, int row1) {
    guarded scratch = guarded_new((size_t)v5l_letterbox_scratch(box->width));
    v5l_kernels kernels;
    assert_int_equal(v5l_kernels_select(&kernels, V5L_KERNELS_F32, check_cpu_mask() & v5l_cpu_features()), V5L_OK);
    v5l_letterbox_source source;
    v5l_letterbox_begin(&source, &kernels, image, box, scratch.at);
    v5l_letterbox_rows(&source, dst, row0, row1);
    guarded_free(&scratch);
}

static void test_geometry_is_that_of_the_original(void **state) {
    (void)state;
    /* image, fit, stride -> resized, left, top, canvas; Python's round() at halves, odd pixel right and below */
    static const struct {
        int w, h, fw, fh, stride;
        v5l_letterbox want;
    } cases[] = {
        {640, 424, 320, 320, 0, {320, 212, 0, 54, 320, 320}},
        {640, 427, 320, 320, 0, {320, 214, 0, 53, 320, 320}}, /* 213.5 -> 214 */
        {640, 425, 320, 320, 0, {320, 212, 0, 54, 320, 320}}, /* 212.5 -> 212: halves to even */
        {427, 640, 320, 320, 0, {214, 320, 53, 0, 320, 320}},
        {451, 300, 320, 320, 0, {320, 213, 0, 53, 320, 320}}, /* 107 rows of padding: 53 above, 54 below */
        {451, 300, 320, 320, 32, {320, 213, 0, 5, 320, 224}}, /* rect: 11 rows */
        {640, 480, 416, 416, 32, {416, 312, 0, 4, 416, 320}},
        {100, 50, 320, 320, 0, {320, 160, 0, 80, 320, 320}},  /* enlarges */
        {512, 512, 320, 192, 0, {192, 192, 64, 0, 320, 192}}, /* a wide input: width and height not mixed up */
        {512, 512, 192, 320, 0, {192, 192, 0, 64, 192, 320}},
        {1, 5000, 320, 320, 0, {1, 320, 159, 0, 320, 320}}, /* never vanishes; 159.5 - 0.1 -> 159 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        v5l_letterbox box;
        assert_int_equal(v5l_letterbox_fit(&box, cases[i].w, cases[i].h, cases[i].fw, cases[i].fh, cases[i].stride),
                         V5L_OK);
        assert_memory_equal(&box, &cases[i].want, sizeof box);
    }
    v5l_letterbox box = {1, 2, 3, 4, 5, 6};
    assert_int_equal(v5l_letterbox_fit(&box, 0, 5, 320, 320, 0), V5L_E_ARGUMENT);
    assert_int_equal(v5l_letterbox_fit(&box, 5, 0, 320, 320, 0), V5L_E_ARGUMENT);
    assert_int_equal(v5l_letterbox_fit(&box, 5, 5, 0, 320, 0), V5L_E_ARGUMENT);
    assert_int_equal(v5l_letterbox_fit(&box, 5, 5, 320, 0, 0), V5L_E_ARGUMENT);
    assert_int_equal(v5l_letterbox_fit(&box, 5, 5, 320, 320, -1), V5L_E_ARGUMENT);
    assert_int_equal(v5l_letterbox_fit(NULL, 5, 5, 320, 320, 0), V5L_E_ARGUMENT);
    assert_int_equal(box.width, 5);
}

static void test_resize_equals_opencv_bit_for_bit(void **state) {
    (void)state;
    /* CRC-32 of cv2.resize(noise, (w, h), interpolation=cv2.INTER_LINEAR), OpenCV 4.6.0; noise as above with seed
     * 1000 * width + height. */
    static const struct {
        int w, h, to_w, to_h;
        uint32_t crc;
    } cases[] = {
        {5, 3, 16, 10, 0x5F94B5C5u},   {640, 424, 320, 212, 0x9778B158u}, {37, 53, 22, 32, 0x9B5019D0u},
        {64, 48, 32, 24, 0xD3147130u}, {100, 75, 33, 25, 0xF6D0B5B0u},    {7, 7, 7, 7, 0x39A704C9u},
        {33, 1, 64, 2, 0x334D0D44u},   {1, 9, 3, 27, 0x2A727CEBu},        {300, 451, 213, 320, 0xF324B983u},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int w = cases[i].w, h = cases[i].h;
        const v5l_letterbox box = {cases[i].to_w, cases[i].to_h, 0, 0, cases[i].to_w, cases[i].to_h};
        const size_t in = (size_t)(w * h * 3), out = (size_t)(box.width * box.height * 3);
        uint8_t *src = malloc(in), *dst = malloc(out);
        noise(src, in, (uint32_t)(1000 * w + h));
        render(&(v5l_image){.data = src, .width = w, .height = h}, &box, dst, 0, box.height);
        assert_int_equal(crc32(dst, out), cases[i].crc);
        free(src);
        free(dst);
    }
}

static void test_border_is_gray_114_and_rows_may_be_split(void **state) {
    (void)state;
    enum { W = 19, H = 11, S = 32 };
    uint8_t src[W * H * 3], whole[S * S * 3], parts[S * S * 3];
    noise(src, sizeof src, 3);
    const v5l_image image = {.data = src, .width = W, .height = H};
    v5l_letterbox box;
    v5l_letterbox_fit(&box, W, H, S, S, 0);
    render(&image, &box, whole, 0, S);
    for (int y = 0; y < S; y += 5)
        render(&image, &box, parts, y, y + 5 < S ? y + 5 : S);
    assert_memory_equal(whole, parts, sizeof whole);
    for (int y = 0; y < S; y++)
        for (int x = 0; x < S * 3; x++)
            if (y < box.top || y >= box.top + box.resized_height) assert_int_equal(whole[y * S * 3 + x], 114);
}

/* ---- pixel formats ---- */

enum { FW = 6, FH = 4 };

/* The result for the same picture as packed RGB, at every pixel. */
static void check_format(const v5l_image *image, const uint8_t *rgb) {
    uint8_t got[FW * FH * 3];
    assert_int_equal(v5l_image_to_rgb(image, got), V5L_OK);
    assert_memory_equal(got, rgb, (size_t)(image->width * image->height * 3));
}

static void test_packed_formats_agree(void **state) {
    (void)state;
    uint8_t rgb[FW * FH * 3], bgr[FH * (FW * 3 + 5)], rgba[FW * FH * 4], bgra[FW * FH * 4], gray[FW * FH],
        gray_rgb[FW * FH * 3];
    noise(rgb, sizeof rgb, 9);
    noise(gray, sizeof gray, 10);
    for (int i = 0; i < FW * FH; i++) {
        uint8_t *b = bgr + i / FW * (FW * 3 + 5) + i % FW * 3;
        for (int c = 0; c < 3; c++) {
            b[2 - c] = rgba[4 * i + c] = bgra[4 * i + 2 - c] = rgb[3 * i + c];
            gray_rgb[3 * i + c] = gray[i];
        }
        rgba[4 * i + 3] = bgra[4 * i + 3] = (uint8_t)i;
    }
    check_format(&(v5l_image){.data = rgb, .width = FW, .height = FH, .format = V5L_RGB}, rgb);
    check_format(&(v5l_image){.data = bgr, .width = FW, .height = FH, .row_bytes = FW * 3 + 5, .format = V5L_BGR}, rgb);
    check_format(&(v5l_image){.data = rgba, .width = FW, .height = FH, .format = V5L_RGBA}, rgb);
    check_format(&(v5l_image){.data = bgra, .width = FW, .height = FH, .format = V5L_BGRA}, rgb);
    check_format(&(v5l_image){.data = gray, .width = FW, .height = FH, .format = V5L_GRAY}, gray_rgb);
}

/* R, G, B of ITU-R BT.601 and BT.709: Y = k_r R + k_g G + k_b B, U and V the scaled differences B - Y and R - Y. */
static void exact_rgb(const v5l_image *image, int y, int u, int v, double rgb[3]) {
    const double k_r = image->yuv_matrix == V5L_BT709 ? 0.2126 : 0.299;
    const double k_b = image->yuv_matrix == V5L_BT709 ? 0.0722 : 0.114;
    const int full = image->yuv_range == V5L_YUV_FULL;
    const double luma = full ? y : (y - 16) * 255.0 / 219.0;
    const double scale = full ? 1.0 : 255.0 / 224.0;
    const double red = 2 * (1 - k_r) * scale * (v - 128), blue = 2 * (1 - k_b) * scale * (u - 128);
    rgb[0] = luma + red;
    rgb[1] = luma - (k_r * red + k_b * blue) / (1 - k_r - k_b);
    rgb[2] = luma + blue;
}

/* Every Y with U and V in steps and at their ends. Returns the CRC of the results. */
static uint32_t check_yuv(v5l_yuv_matrix matrix, v5l_yuv_range range) {
    enum { STEP = 15, LEVELS = 255 / STEP + 1 };
    static uint8_t results[256 * LEVELS * LEVELS * 3];
    uint8_t pixels[4], both[6], *got = results;
    const v5l_image image = {
        .data = pixels, .width = 2, .height = 1, .format = V5L_YUYV, .yuv_matrix = matrix, .yuv_range = range};
    assert_int_equal(v5l_check_image(&image), V5L_OK);
    for (int i = 0; i < 256 * LEVELS * LEVELS; i++, got += 3) {
        const int y = i / (LEVELS * LEVELS), u = i / LEVELS % LEVELS * STEP, v = i % LEVELS * STEP;
        double want[3];
        pixels[0] = pixels[2] = (uint8_t)y;
        pixels[1] = (uint8_t)u;
        pixels[3] = (uint8_t)v;
        assert_int_equal(v5l_image_to_rgb(&image, both), V5L_OK);
        assert_memory_equal(both, both + 3, 3);
        memcpy(got, both, 3);
        exact_rgb(&image, y, u, v, want);
        for (int c = 0; c < 3; c++) {
            const double level = want[c] < 0 ? 0 : want[c] > 255 ? 255 : want[c];
            if (!(got[c] - level <= 1 && level - got[c] <= 1))
                fail_msg("matrix %d, range %d: Y %d, U %d, V %d: channel %d is %d, expected %.2f", (int)matrix,
                         (int)range, y, u, v, c, got[c], level);
        }
    }
    return crc32(results, sizeof results);
}

static void test_yuv_is_within_one_level_of_bt601_and_bt709(void **state) {
    (void)state;
    assert_int_equal(check_yuv(V5L_BT601, V5L_YUV_LIMITED), 0xAF166783u); /* the bits of 0.2.0 */
    (void)check_yuv(V5L_BT601, V5L_YUV_FULL);
    (void)check_yuv(V5L_BT709, V5L_YUV_LIMITED);
    (void)check_yuv(V5L_BT709, V5L_YUV_FULL);
}

static void test_full_range_keeps_gray_and_limited_range_stretches_it(void **state) {
    (void)state;
    for (int matrix = V5L_BT601; matrix <= V5L_BT709; matrix++)
        for (int y = 0; y < 256; y++) {
            const uint8_t pixels[4] = {(uint8_t)y, 128, (uint8_t)y, 128};
            v5l_image image = {.data = pixels, .width = 2, .height = 1, .format = V5L_YUYV};
            image.yuv_matrix = (v5l_yuv_matrix)matrix;
            uint8_t rgb[6];
            assert_int_equal(v5l_image_to_rgb(&image, rgb), V5L_OK);
            assert_int_equal(rgb[1], y <= 16 ? 0 : y >= 235 ? 255 : (298 * (y - 16) + 128) >> 8);
            assert_true(rgb[0] == rgb[1] && rgb[2] == rgb[1]);
            image.yuv_range = V5L_YUV_FULL;
            assert_int_equal(v5l_image_to_rgb(&image, rgb), V5L_OK);
            assert_true(rgb[0] == y && rgb[1] == y && rgb[2] == y);
        }
}

static void test_yuv_formats_agree_with_each_other(void **state) {
    (void)state;
    uint8_t y[FW * FH], u[FW * FH / 4], v[FW * FH / 4], nv12[FW * FH * 3 / 2], i420[FW * FH * 3 / 2], yuyv[FW * FH * 2];
    noise(y, sizeof y, 1);
    noise(u, sizeof u, 2);
    noise(v, sizeof v, 3);
    memcpy(nv12, y, sizeof y);
    memcpy(i420, y, sizeof y);
    memcpy(i420 + sizeof y, u, sizeof u);
    memcpy(i420 + sizeof y + sizeof u, v, sizeof v);
    uint8_t rgb[FW * FH * 3];
    for (int py = 0; py < FH; py++) {
        for (int px = 0; px < FW; px++) {
            const int i = py * FW + px, c = py / 2 * (FW / 2) + px / 2;
            nv12[FW * FH + 2 * c] = u[c];
            nv12[FW * FH + 2 * c + 1] = v[c];
            yuyv[2 * i] = y[i];
            yuyv[2 * i + 1] = px % 2 ? v[c] : u[c]; /* chroma rows repeated: same picture */
        }
    }
    assert_int_equal(v5l_image_to_rgb(&(v5l_image){.data = nv12, .width = FW, .height = FH, .format = V5L_NV12}, rgb),
                     V5L_OK);
    check_format(
        &(v5l_image){.data = y, .width = FW, .height = FH, .format = V5L_NV12, .more_planes = {nv12 + sizeof y, NULL}},
        rgb);
    check_format(&(v5l_image){.data = i420, .width = FW, .height = FH, .format = V5L_I420}, rgb);
    check_format(&(v5l_image){.data = y, .width = FW, .height = FH, .format = V5L_I420, .more_planes = {u, v}}, rgb);
    check_format(&(v5l_image){.data = yuyv, .width = FW, .height = FH, .format = V5L_YUYV}, rgb);
}

/* Formats whose pixels are computed one by one give the same as the picture in RGB. */
static void test_a_camera_picture_is_resized_as_its_rgb(void **state) {
    (void)state;
    enum { W = 18, H = 10, S = 32 };
    static const v5l_pixel_format formats[] = {V5L_NV12, V5L_I420, V5L_YUYV};
    static const int fits[][2] = {{S, S}, {7, S}, {W, H}}; /* larger, smaller, the same size: no second sample */
    uint8_t data[W * H * 2], rgb[W * H * 3], want[S * S * 3], got[S * S * 3];
    noise(data, sizeof data, 4);
    for (size_t i = 0; i < 3 * 4; i++) {
        const v5l_image image = {.data = data,
                                 .width = W,
                                 .height = H,
                                 .format = formats[i / 4],
                                 .yuv_matrix = (v5l_yuv_matrix)(i / 2 % 2),
                                 .yuv_range = (v5l_yuv_range)(i % 2)};
        assert_int_equal(v5l_image_to_rgb(&image, rgb), V5L_OK);
        for (size_t k = 0; k < 3; k++) {
            v5l_letterbox box;
            assert_int_equal(v5l_letterbox_fit(&box, W, H, fits[k][0], fits[k][1], 0), V5L_OK);
            render(&(v5l_image){.data = rgb, .width = W, .height = H}, &box, want, 0, box.height);
            render(&image, &box, got, 0, box.height);
            assert_memory_equal(got, want, (size_t)(box.width * box.height * 3));
        }
    }
}

static void test_impossible_images_are_refused(void **state) {
    (void)state;
    static const uint8_t p[64] = {0};
    const v5l_image good = {.data = p, .width = 4, .height = 4};
    assert_int_equal(v5l_check_image(&good), V5L_OK);
    v5l_image bad[] = {good, good, good, good, good, good, good, good, good, good,
                       good, good, good, good, good, good, good, good, good, good};
    bad[0].data = NULL;
    bad[1].width = 0;
    bad[2].height = -1;
    bad[3].width = 32769;
    bad[4].row_bytes = 11;
    bad[5].row_bytes = -12;
    bad[6].format = (v5l_pixel_format)99;
    bad[7].format = V5L_NV12, bad[7].more_row_bytes[0] = 3;
    bad[8].format = V5L_I420, bad[8].more_row_bytes[1] = 1;
    bad[9].format = V5L_YUYV, bad[9].width = 5, bad[9].row_bytes = 11; /* three pairs */
    bad[10].height = 32769;
    bad[11].more_row_bytes[1] = -1;
    bad[12].yuv_matrix = (v5l_yuv_matrix)2;
    bad[13].yuv_matrix = (v5l_yuv_matrix)-1;
    bad[14].yuv_range = (v5l_yuv_range)2;
    bad[15].format = V5L_YUYV, bad[15].yuv_range = (v5l_yuv_range)-1;
    for (size_t i = 0; i < 3; i++)
        bad[16 + i].reserved[i] = 1;
    bad[19].format = V5L_I444, bad[19].more_row_bytes[0] = 3;
    uint8_t rgb[4 * 4 * 3];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(v5l_check_image(&bad[i]), V5L_E_IMAGE);
        assert_int_equal(v5l_image_to_rgb(&bad[i], rgb), V5L_E_IMAGE);
    }
    assert_int_equal(v5l_image_to_rgb(NULL, rgb), V5L_E_ARGUMENT);
    assert_int_equal(v5l_image_to_rgb(&good, NULL), V5L_E_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geometry_is_that_of_the_original),
        cmocka_unit_test(test_resize_equals_opencv_bit_for_bit),
        cmocka_unit_test(test_border_is_gray_114_and_rows_may_be_split),
        cmocka_unit_test(test_packed_formats_agree),
        cmocka_unit_test(test_yuv_is_within_one_level_of_bt601_and_bt709),
        cmocka_unit_test(test_full_range_keeps_gray_and_limited_range_stretches_it),
        cmocka_unit_test(test_yuv_formats_agree_with_each_other),
        cmocka_unit_test(test_a_camera_picture_is_resized_as_its_rgb),
        cmocka_unit_test(test_impossible_images_are_refused),
    };
    return cmocka_run_group_tests_name("letterbox", tests, NULL, NULL);
}
