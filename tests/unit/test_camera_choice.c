/* SPDX-License-Identifier: MIT */
/* Cameras: which mode is chosen, and how frames of each format lie in memory. */
#include "check.h"
#include "stream/camera_choice.h"

#if defined(V5LITE_V4L2)

#include <linux/videodev2.h>

/* A mode of a camera, "YUYV 640x480 30". */
static camera_mode mode_of(const char *text) {
    char code[8];
    unsigned width, height, fps;
    assert_int_equal(sscanf(text, "%4s %ux%u %u", code, &width, &height, &fps), 4);
    const camera_format *format = camera_format_of(v4l2_fourcc(code[0], code[1], code[2], code[3]));
    assert_non_null(format);
    return (camera_mode){format, {(int)width, (int)height}, {fps != 0, fps}};
}

/* Returns the number of the best of `count` modes, which must not depend on their order. */
static int best_of(const camera_wish *wish, const char *const *modes, int count) {
    int first = -1, last = -1;
    for (int turn = 0; turn < 2; turn++) {
        camera_mode best = {0};
        for (int i = 0; i < count; i++) {
            const int at = turn == 0 ? i : count - 1 - i;
            const camera_mode mode = mode_of(modes[at]);
            if (camera_mode_better(wish, &mode, &best)) best = mode, *(turn == 0 ? &first : &last) = at;
        }
    }
    assert_string_equal(modes[first], modes[last]);
    return first;
}

#define BEST(wish, ...)                                                                                                \
    ((const char *const[]){__VA_ARGS__}[best_of(&(wish), (const char *const[]){__VA_ARGS__},                           \
                                                (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)))])

/* A camera with USB 2 sends large pictures only as JPEG at 30 frames a second. */
#define WEBCAM                                                                                                         \
    "YUYV 320x240 30", "YUYV 640x480 30", "YUYV 1280x720 10", "YUYV 1920x1080 5", "MJPG 320x240 30",                   \
        "MJPG 640x480 30", "MJPG 1280x720 30", "MJPG 1920x1080 30"

static void test_webcam(void **state) {
    (void)state;
    const camera_wish none = {.network = {320, 320}}, small = {.network = {224, 224}}, large = {.network = {640, 640}};
    assert_string_equal(BEST(none, WEBCAM), "YUYV 640x480 30"); /* covers 320 x 320 */
    assert_string_equal(BEST(small, WEBCAM), "YUYV 320x240 30");
    assert_string_equal(BEST(large, WEBCAM), "MJPG 1280x720 30"); /* YUYV is too slow */
    const camera_wish slow = {.network = {640, 640}, .fps = 10};
    assert_string_equal(BEST(slow, WEBCAM), "YUYV 1280x720 10");
    const camera_wish hd = {.network = {320, 320}, .size = {1280, 720}};
    assert_string_equal(BEST(hd, WEBCAM), "MJPG 1280x720 30");
    const camera_wish exact = {.network = {320, 320}, .size = {320, 240}, .fps = 30};
    assert_string_equal(BEST(exact, WEBCAM), "YUYV 320x240 30");
    const camera_wish between = {.network = {320, 320}, .size = {400, 300}},
                      huge = {.network = {320, 320}, .size = {4096, 2160}};
    assert_string_equal(BEST(between, WEBCAM), "YUYV 640x480 30");
    assert_string_equal(BEST(huge, WEBCAM), "MJPG 1920x1080 30");
    const camera_wish fast = {.network = {320, 320}, .fps = 60};
    assert_string_equal(BEST(fast, WEBCAM), "YUYV 640x480 30"); /* none is faster */
}

static void test_cost(void **state) {
    (void)state;
    const camera_wish wish = {.network = {320, 320}};
    assert_string_equal(BEST(wish, "RGB3 640x480 30", "YUYV 640x480 30", "NV12 640x480 30"), "NV12 640x480 30");
    assert_string_equal(BEST(wish, "RGB3 640x480 30", "YU12 640x480 30", "YUYV 640x480 30"), "YU12 640x480 30");
    assert_string_equal(BEST(wish, "RGB3 640x480 30", "AR24 640x480 30", "YUYV 640x480 30"), "YUYV 640x480 30");
    assert_string_equal(BEST(wish, "GREY 640x480 30", "RGB3 640x480 30"), "RGB3 640x480 30"); /* color before cost */
    assert_string_equal(BEST(wish, "GREY 640x480 30", "MJPG 640x480 30"), "GREY 640x480 30");
    assert_string_equal(BEST(wish, "NV12 1280x720 30", "YUYV 640x480 30"), "YUYV 640x480 30"); /* fewer bytes in all */
    assert_string_equal(BEST(wish, "MJPG 640x480 30", "NV12 1280x720 30"), "NV12 1280x720 30");
    assert_string_equal(BEST(wish, "YUYV 640x480 0", "MJPG 640x480 30"), "YUYV 640x480 0");   /* rate unknown */
    assert_string_equal(BEST(wish, "YUYV 160x120 30", "YUYV 176x144 30"), "YUYV 176x144 30"); /* nearest */
}

static void test_intervals(void **state) {
    (void)state;
    const camera_interval none = {0, 0}, ntsc = {1001, 30000}, pal = {1, 25}, slow = {1, 5}, fast = {1, 60};
    const camera_wish usual = {0}, thirty = {.fps = 30}, two = {.fps = 2};
    assert_true(camera_interval_better(&usual, slow, none));
    assert_true(camera_interval_better(&usual, pal, slow) && !camera_interval_better(&usual, slow, pal));
    assert_true(camera_interval_better(&usual, pal, ntsc)); /* the slowest that reaches it */
    assert_true(camera_interval_better(&thirty, ntsc, pal) && camera_interval_better(&thirty, ntsc, fast));
    assert_true(camera_interval_better(&two, slow, pal));
    const camera_interval at = camera_interval_within(&thirty, fast, slow);
    assert_float_equal(camera_fps(at), 30, 1e-6);
    assert_float_equal(camera_fps(camera_interval_within(&thirty, pal, slow)), 25, 1e-6);
    assert_float_equal(camera_fps(camera_interval_within(&two, pal, slow)), 5, 1e-6);
    assert_float_equal(camera_fps(none), 0, 0);
}

static void check_size(const camera_wish *wish, const camera_sizes *sizes, int width, int height) {
    const args_size size = camera_size_within(wish, sizes);
    assert_int_equal(size.width, width);
    assert_int_equal(size.height, height);
}

static void test_size_ranges(void **state) {
    (void)state;
    const camera_sizes sensor = {{32, 32}, {2592, 1944}, {2, 2}}, fixed = {{720, 576}, {720, 576}, {0, 0}},
                       coarse = {{16, 16}, {1000, 1000}, {48, 16}};
    const camera_wish none = {.network = {320, 320}}, large = {.network = {640, 640}},
                      larger = {.network = {1280, 1280}};
    check_size(&none, &sensor, 640, 480);
    check_size(&large, &sensor, 1280, 720);
    check_size(&larger, &sensor, 1280, 1280);
    check_size(&none, &fixed, 720, 576);
    const camera_wish odd = {.network = {320, 320}, .size = {641, 479}}, huge = {.size = {9999, 9999}},
                      tiny = {.size = {1, 1}};
    check_size(&odd, &sensor, 642, 480);
    check_size(&odd, &coarse, 688, 480);
    check_size(&huge, &coarse, 976, 992);
    check_size(&tiny, &coarse, 16, 16);
}

static camera_layout layout_of(const char *code, int width, int height, int row_bytes) {
    const camera_format *format = camera_format_of(v4l2_fourcc(code[0], code[1], code[2], code[3]));
    assert_non_null(format);
    return (camera_layout){.format = format, .width = width, .height = height, .row_bytes = {row_bytes}};
}

/* One block of memory: planes follow each other with the driver's gaps. */
static void test_planes_in_one_block(void **state) {
    (void)state;
    static const uint8_t bytes[8192];
    const uint8_t *const memories[CAMERA_MEMORIES] = {bytes, NULL, NULL};
    v5l_image image;
    camera_layout l = layout_of("YU12", 32, 20, 48);
    assert_null(camera_layout_check(&l));
    camera_image(&l, memories, &image);
    assert_int_equal(camera_memory_bytes(&l, 0), 48 * 20 + 2 * 24 * 10);
    assert_ptr_equal(image.more_planes[0], bytes + 48 * 20);
    assert_ptr_equal(image.more_planes[1], bytes + 48 * 20 + 24 * 10);
    assert_int_equal(image.row_bytes, 48);
    assert_int_equal(image.more_row_bytes[0], 24);
    assert_int_equal(image.more_row_bytes[1], 24);

    l = layout_of("YV12", 32, 20, 48);
    camera_image(&l, memories, &image);
    assert_ptr_equal(image.more_planes[1], bytes + 48 * 20); /* V first */
    assert_ptr_equal(image.more_planes[0], bytes + 48 * 20 + 24 * 10);

    l = layout_of("NV21", 32, 20, 0); /* the driver states no rows */
    assert_null(camera_layout_check(&l));
    camera_image(&l, memories, &image);
    assert_int_equal(image.format, V5L_NV21);
    assert_ptr_equal(image.more_planes[0], bytes + 32 * 20);
    assert_int_equal(image.more_row_bytes[0], 32);
    assert_int_equal(camera_memory_bytes(&l, 0), 32 * 30);

    l = layout_of("422P", 32, 20, 32);
    camera_image(&l, memories, &image);
    assert_ptr_equal(image.more_planes[1], bytes + 32 * 20 + 16 * 20);
    l = layout_of("UYVY", 32, 20, 70);
    camera_image(&l, memories, &image);
    assert_int_equal(image.row_bytes, 70);
    assert_null(image.more_planes[0]);
}

static void test_planes_in_blocks(void **state) {
    (void)state;
    static const uint8_t y[4096], second[2048], third[2048];
    const uint8_t *const memories[CAMERA_MEMORIES] = {y, second, third};
    v5l_image image;
    camera_layout l = layout_of("YM21", 31, 21, 64);
    l.row_bytes[1] = 40, l.row_bytes[2] = 48;
    assert_null(camera_layout_check(&l));
    camera_image(&l, memories, &image);
    assert_ptr_equal(image.data, y);
    assert_ptr_equal(image.more_planes[0], third); /* V first */
    assert_ptr_equal(image.more_planes[1], second);
    assert_int_equal(image.more_row_bytes[0], 48);
    assert_int_equal(image.more_row_bytes[1], 40);
    assert_int_equal(camera_memory_bytes(&l, 0), 64 * 21);
    assert_int_equal(camera_memory_bytes(&l, 1), 40 * 11);
    assert_int_equal(camera_memory_bytes(&l, 2), 48 * 11);
    l = layout_of("NM12", 31, 21, 31);
    assert_null(camera_layout_check(&l));
    assert_int_equal(l.row_bytes[1], 32);
}

static void test_bad_layouts(void **state) {
    (void)state;
    camera_layout l = layout_of("YUYV", 32, 20, 63);
    assert_string_equal(camera_layout_check(&l), "rows out of range");
    l.row_bytes[0] = -1;
    assert_non_null(camera_layout_check(&l));
    l.row_bytes[0] = 64;
    assert_null(camera_layout_check(&l));
    l.height = 0;
    assert_string_equal(camera_layout_check(&l), "sides out of range");
    l = layout_of("MJPG", 40000, 20, 0);
    assert_non_null(camera_layout_check(&l));
    l.width = 640;
    assert_null(camera_layout_check(&l));
    assert_int_equal(camera_memory_bytes(&l, 0), 0);
}

static void check_colors(uint32_t colorspace, uint32_t encoding, uint32_t quantization, v5l_yuv_matrix matrix,
                         v5l_yuv_range range) {
    camera_layout l = {0};
    camera_set_colors(&l, colorspace, encoding, quantization);
    assert_int_equal(l.yuv_matrix, matrix);
    assert_int_equal(l.yuv_range, range);
}

/* The table in the kernel's documentation of colorspaces. */
static void test_colors(void **state) {
    (void)state;
    check_colors(V4L2_COLORSPACE_DEFAULT, 0, 0, V5L_BT601, V5L_YUV_LIMITED);
    check_colors(V4L2_COLORSPACE_SMPTE170M, 0, 0, V5L_BT601, V5L_YUV_LIMITED);
    check_colors(V4L2_COLORSPACE_SRGB, 0, 0, V5L_BT601, V5L_YUV_LIMITED);
    check_colors(V4L2_COLORSPACE_REC709, 0, 0, V5L_BT709, V5L_YUV_LIMITED);
    check_colors(V4L2_COLORSPACE_DCI_P3, 0, 0, V5L_BT709, V5L_YUV_LIMITED);
    check_colors(V4L2_COLORSPACE_JPEG, 0, 0, V5L_BT601, V5L_YUV_FULL);
    check_colors(V4L2_COLORSPACE_BT2020, 0, 0, V5L_BT709, V5L_YUV_LIMITED);
    check_colors(V4L2_COLORSPACE_SRGB, V4L2_YCBCR_ENC_709, V4L2_QUANTIZATION_FULL_RANGE, V5L_BT709, V5L_YUV_FULL);
    check_colors(V4L2_COLORSPACE_REC709, V4L2_YCBCR_ENC_XV601, V4L2_QUANTIZATION_LIM_RANGE, V5L_BT601, V5L_YUV_LIMITED);
    check_colors(V4L2_COLORSPACE_JPEG, 0, V4L2_QUANTIZATION_LIM_RANGE, V5L_BT601, V5L_YUV_LIMITED);
}

static void test_names(void **state) {
    (void)state;
    const camera_format *yuyv = camera_format_of(V4L2_PIX_FMT_YUYV), *mjpeg = camera_format_of(V4L2_PIX_FMT_MJPEG),
                        *yv12 = camera_format_of(V4L2_PIX_FMT_YVU420);
    assert_true(camera_format_has_name(yuyv, NULL) && camera_format_has_name(yuyv, "yuyv422"));
    assert_false(camera_format_has_name(yuyv, "uyvy422") || camera_format_has_name(yuyv, "mjpeg"));
    assert_true(camera_format_has_name(mjpeg, "mjpeg"));
    assert_false(camera_format_has_name(mjpeg, "rgb24"));
    assert_true(camera_format_has_name(yv12, "yuv420p"));
    assert_string_equal(camera_code_text(V4L2_PIX_FMT_Y10).text, "Y10");
    assert_null(camera_format_of(V4L2_PIX_FMT_SRGGB10P));
}

#endif

int main(void) {
#if defined(V5LITE_V4L2)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_webcam),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_size_ranges),
        cmocka_unit_test(test_planes_in_one_block),
        cmocka_unit_test(test_planes_in_blocks),
        cmocka_unit_test(test_bad_layouts),
        cmocka_unit_test(test_colors),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    return check_skip_all("a system without V4L2");
#endif
}
