/* SPDX-License-Identifier: MIT */
/* Letterbox: geometry, resampling bit-identical to OpenCV. */
#include "letterbox_case.h"

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
        assert_int_equal(crc_of(dst, out), cases[i].crc);
        free(src);
        free(dst);
    }
}

static void test_yuv_equals_opencv_bit_for_bit(void **state) {
    (void)state;
    /* CRC-32 of cv2.resize(cv2.cvtColor(noise, code), (w, h), interpolation=cv2.INTER_LINEAR), OpenCV 4.6.0; noise as
     * above. code: COLOR_YUV2RGB_NV12, .._NV21, .._I420, .._YUY2 and .._UYVY; of I444, which has the full range,
     * COLOR_YCrCb2RGB. */
    static const struct {
        v5l_pixel_format format;
        int w, h, to_w, to_h;
        uint32_t crc;
    } cases[] = {
        {V5L_NV12, 640, 480, 320, 240, 0x2DFB9608u},  {V5L_NV21, 214, 160, 320, 239, 0xC53C1DADu},
        {V5L_I420, 1280, 720, 320, 180, 0x6AC09B31u}, {V5L_YUYV, 640, 424, 320, 212, 0x86FA6F83u},
        {V5L_UYVY, 100, 74, 33, 24, 0xD6F26B94u},     {V5L_I420, 300, 452, 212, 320, 0x729C916Du},
        {V5L_NV12, 854, 480, 320, 180, 0x3F1E7941u},  {V5L_I444, 320, 200, 320, 200, 0x4D3D2C6Bu},
        {V5L_I444, 333, 251, 320, 241, 0xCB7318DAu},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int w = cases[i].w, h = cases[i].h;
        const v5l_letterbox box = {cases[i].to_w, cases[i].to_h, 0, 0, cases[i].to_w, cases[i].to_h};
        const size_t in = (size_t)(w * h * 3), out = (size_t)(box.width * box.height * 3);
        uint8_t *src = malloc(in), *dst = malloc(out); /* src: large enough for all formats */
        noise(src, in, (uint32_t)(1000 * w + h));
        const v5l_yuv_range range = cases[i].format == V5L_I444 ? V5L_YUV_FULL : V5L_YUV_LIMITED;
        const v5l_image image = {.data = src, .width = w, .height = h, .format = cases[i].format, .yuv_range = range};
        render(&image, &box, dst, 0, box.height);
        assert_int_equal(crc_of(dst, out), cases[i].crc);
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

/* R, G, B that need no resizing are copied; other formats are converted. */
static void test_a_picture_of_the_right_size_stays_as_it_is(void **state) {
    (void)state;
    enum { W = 18, H = 9, ROW = W * 3 + 7, S = 18 };
    uint8_t src[ROW * H], dst[S * S * 3];
    noise(src, sizeof src, 5);
    v5l_image image = {.data = src, .width = W, .height = H, .row_bytes = ROW};
    v5l_letterbox box;
    for (int swapped = 0; swapped < 2; swapped++) {
        image.format = swapped ? V5L_BGR : V5L_RGB;
        v5l_letterbox_fit(&box, W, H, S, S, 0);
        assert_int_equal(box.top, 4);
        render(&image, &box, dst, 0, S);
        for (int y = 0; y < S; y++)
            for (int x = 0; x < W * 3; x++) {
                const int from = swapped ? x / 3 * 3 + 2 - x % 3 : x, in = y - box.top;
                assert_int_equal(dst[y * S * 3 + x], in >= 0 && in < H ? src[in * ROW + from] : 114);
            }
    }
}

int main(void) {
    check_cpu_level();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geometry_is_that_of_the_original),
        cmocka_unit_test(test_resize_equals_opencv_bit_for_bit),
        cmocka_unit_test(test_yuv_equals_opencv_bit_for_bit),
        cmocka_unit_test(test_border_is_gray_114_and_rows_may_be_split),
        cmocka_unit_test(test_a_picture_of_the_right_size_stays_as_it_is),
    };
    return cmocka_run_group_tests_name("letterbox", tests, NULL, NULL);
}
