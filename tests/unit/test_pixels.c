/* SPDX-License-Identifier: MIT */
/* Pixel formats: colors, and the letterbox of each equal to that of its RGB. */
#include "letterbox_case.h"
#include "pixels.h"

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

/* R, G, B of ITU-R BT.601 and BT.709 in units of 2^-16: Y = k_r R + k_g G + k_b B, U and V the scaled differences B - Y
 * and R - Y. Y of limited range below 16 counts as 16, as in OpenCV. */
static void exact_rgb(const v5l_image *image, int y, int u, int v, int rgb[3]) {
    const double k_r = image->yuv_matrix == V5L_BT709 ? 0.2126 : 0.299;
    const double k_b = image->yuv_matrix == V5L_BT709 ? 0.0722 : 0.114;
    const int full = image->yuv_range == V5L_YUV_FULL;
    const double luma = full ? y : y < 16 ? 0 : (y - 16) * 255.0 / 219.0;
    const double scale = full ? 1.0 : 255.0 / 224.0;
    const double red = 2 * (1 - k_r) * scale * (v - 128), blue = 2 * (1 - k_b) * scale * (u - 128);
    rgb[0] = (int)lrint(65536 * (luma + red));
    rgb[1] = (int)lrint(65536 * (luma - (k_r * red + k_b * blue) / (1 - k_r - k_b)));
    rgb[2] = (int)lrint(65536 * (luma + blue));
}

/* Compares a pixel with a color in units of 2^-16, limited to 0 .. 255. limit: the largest difference. */
static void check_pixel(const uint8_t got[3], const int want[3], int limit, int y) {
    for (int c = 0; c < 3; c++) {
        const int level = want[c] < 0 ? 0 : want[c] > 255 * 65536 ? 255 * 65536 : want[c];
        const int off = got[c] * 65536 - level;
        if (off > limit || off < -limit) fail_msg("Y %d: %d, expected %.2f", y, got[c], (double)level / 65536);
    }
}

/* Every Y and U with V in steps, then every Y and V with U in steps: a picture for each Y. BT.709 is rounded to the
 * nearest level. BT.601 differs from the exact matrix as OpenCV does, whose factors have three decimals. */
static void check_yuv(v5l_yuv_matrix matrix, v5l_yuv_range range) {
    enum { N = 256, STEP = 17, ROWS = 255 / STEP + 1, PIXELS = 2 * ROWS * N };
    static uint8_t planes[3][PIXELS], rgb[PIXELS * 3];
    static int offsets[PIXELS][3]; /* of R, G and B with this U and V, from Y 0 */
    const int limit = matrix == V5L_BT709 ? 65536 / 2 + 66 : 65536 * 7 / 10;
    const v5l_image image = {.data = planes[0],
                             .width = N,
                             .height = 2 * ROWS,
                             .format = V5L_I444,
                             .more_planes = {planes[1], planes[2]},
                             .yuv_matrix = matrix,
                             .yuv_range = range};
    int black[3], gray[3], want[3];
    exact_rgb(&image, 0, 128, 128, black);
    for (int i = 0; i < PIXELS; i++) {
        const int column = i % N, row = i / N % ROWS * STEP, is_u = i < PIXELS / 2;
        planes[1][i] = (uint8_t)(is_u ? column : row);
        planes[2][i] = (uint8_t)(is_u ? row : column);
        exact_rgb(&image, 0, planes[1][i], planes[2][i], offsets[i]);
    }
    for (int y = 0; y < N; y++) {
        exact_rgb(&image, y, 128, 128, gray);
        memset(planes[0], y, sizeof planes[0]);
        assert_int_equal(v5l_image_to_rgb(&image, rgb), V5L_OK);
        for (int i = 0; i < PIXELS; i++) {
            for (int c = 0; c < 3; c++)
                want[c] = gray[c] - black[c] + offsets[i][c];
            check_pixel(rgb + 3 * i, want, limit, y);
        }
    }
}

static void test_yuv_is_within_one_level_of_bt601_and_bt709(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++)
        check_yuv((v5l_yuv_matrix)(i / 2), (v5l_yuv_range)(i % 2));
}

/* The CRC of BT.601 with every Y, and U and V in steps. */
static uint32_t crc_of_steps(v5l_yuv_range range) {
    enum { STEP = 15, LEVELS = 255 / STEP + 1, PIXELS = LEVELS * LEVELS };
    static uint8_t planes[3][256 * PIXELS], rgb[256 * PIXELS * 3];
    for (int i = 0; i < 256 * PIXELS; i++) {
        planes[0][i] = (uint8_t)(i / PIXELS);
        planes[1][i] = (uint8_t)(i / LEVELS % LEVELS * STEP);
        planes[2][i] = (uint8_t)(i % LEVELS * STEP);
    }
    const v5l_image image = {.data = planes[0],
                             .width = PIXELS,
                             .height = 256,
                             .format = V5L_I444,
                             .more_planes = {planes[1], planes[2]},
                             .yuv_range = range};
    assert_int_equal(v5l_image_to_rgb(&image, rgb), V5L_OK);
    return crc_of(rgb, sizeof rgb);
}

/* CRC-32 of the same pixels by cv2.cvtColor of OpenCV 4.6.0, with COLOR_YUV2RGB_I420 and COLOR_YCrCb2RGB. */
static void test_bt601_equals_opencv_bit_for_bit(void **state) {
    (void)state;
    assert_int_equal(crc_of_steps(V5L_YUV_LIMITED), 0x3ECB78F7u);
    assert_int_equal(crc_of_steps(V5L_YUV_FULL), 0xEFE120C8u);
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
            const int stretched =
                matrix == V5L_BT601 ? (1163999 * (y - 16) + 500000) / 1000000 : (255 * (y - 16) + 109) / 219;
            assert_int_equal(rgb[1], y <= 16 ? 0 : y >= 235 ? 255 : stretched);
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

/* ---- all formats, odd sizes, strides ---- */

typedef struct {
    v5l_image image;
    guarded planes[3];
} camera;

/* Chroma shifts along x and y; planes. */
typedef struct {
    v5l_pixel_format format;
    int x_shift, y_shift, planes;
} camera_format;

static const camera_format camera_formats[] = {{V5L_NV12, 1, 1, 2}, {V5L_NV21, 1, 1, 2},       {V5L_I420, 1, 1, 3},
                                               {V5L_I422, 1, 0, 3}, {V5L_I444, 0, 0, 3},       {V5L_YUYV, 1, 0, 1},
                                               {V5L_UYVY, 1, 0, 1}, {V5L_RGB_PLANAR, 0, 0, 3}, {V5L_RGB565, 0, 0, 1}};
enum { CAMERA_FORMATS = sizeof camera_formats / sizeof *camera_formats };

/* Returns where a component's byte of pixel (x, y) is, and its plane: FORMAT by FORMAT, as v5lite.h describes them. */
static size_t byte_of(const camera_format *f, const int strides[3], int c, int x, int y, int *plane) {
    const int cx = c == 0 ? x : x >> f->x_shift, cy = c == 0 ? y : y >> f->y_shift;
    *plane = c < f->planes ? c : f->planes - 1;
    int at = cx;
    if (f->format == V5L_NV12 && c > 0) at = 2 * cx + c - 1;
    if (f->format == V5L_NV21 && c > 0) at = 2 * cx + 2 - c;
    if (f->format == V5L_YUYV) at = c == 0 ? 2 * x : 4 * cx + (c == 1 ? 1 : 3);
    if (f->format == V5L_UYVY) at = c == 0 ? 2 * x + 1 : 4 * cx + (c == 1 ? 0 : 2);
    if (f->format == V5L_RGB565) at = 2 * x + (c > 0);
    return (size_t)cy * (size_t)strides[*plane] + (size_t)at;
}

/* Makes a picture of noise in planes of their own, in memory that ends with their last pixel, and its pixels in rgb:
 * converted as I444. */
static camera camera_make(const camera_format *f, int width, int height, int gap, uint8_t *rgb) {
    camera made = {.image = {.width = width, .height = height, .format = f->format}};
    static uint8_t yuv[3 * 300 * 200];
    int strides[3] = {0};
    for (int p = 0; p < f->planes; p++) {
        const int tight = v5l_row_bytes(f->format, p, width);
        const int rows = p == 0 ? height : (height + (1 << f->y_shift) - 1) >> f->y_shift;
        strides[p] = tight + gap * (p + 1);
        const size_t bytes = (size_t)strides[p] * (size_t)(rows - 1) + (size_t)tight;
        made.planes[p] = guarded_new(bytes);
        noise(made.planes[p].at, bytes, (uint32_t)(width * 7 + p));
        if (p > 0) made.image.more_planes[p - 1] = made.planes[p].at;
        if (p > 0) made.image.more_row_bytes[p - 1] = strides[p];
    }
    made.image.data = made.planes[0].at;
    made.image.row_bytes = strides[0];
    for (int i = 0; i < width * height; i++, rgb += 3) {
        uint8_t bytes[3];
        for (int c = 0; c < 3; c++) {
            int plane;
            const size_t at = byte_of(f, strides, c, i % width, i / width, &plane);
            bytes[c] = ((const uint8_t *)made.planes[plane].at)[at];
        }
        const int pixel = bytes[1] << 8 | bytes[0], green = pixel >> 5 & 63;
        if (f->format == V5L_RGB_PLANAR) {
            memcpy(rgb, bytes, 3);
        } else if (f->format == V5L_RGB565) {
            rgb[0] = (uint8_t)(pixel >> 11 << 3 | pixel >> 13);
            rgb[1] = (uint8_t)(green << 2 | green >> 4);
            rgb[2] = (uint8_t)((pixel & 31) << 3 | (pixel & 31) >> 2);
        }
        for (int c = 0; c < 3; c++)
            yuv[c * width * height + i] = bytes[c];
    }
    const v5l_image as_i444 = {.data = yuv, .width = width, .height = height, .format = V5L_I444};
    if (f->format != V5L_RGB_PLANAR && f->format != V5L_RGB565)
        assert_int_equal(v5l_image_to_rgb(&as_i444, rgb - 3 * width * height), V5L_OK);
    return made;
}

static void camera_free(camera *c) {
    for (int p = 0; p < 3; p++)
        if (c->planes[p].at != NULL) guarded_free(&c->planes[p]);
}

/* The picture in RGB, and its letterbox in fits that enlarge, reduce, and keep the size. */
static void check_camera(const camera_format *f, int width, int height, int gap) {
    enum { S = 48 };
    uint8_t *rgb = malloc((size_t)(width * height * 3)), *got = malloc((size_t)(width * height * 3));
    static uint8_t want[S * S * 3], resized[S * S * 3];
    camera c = camera_make(f, width, height, gap, rgb);
    assert_int_equal(v5l_image_to_rgb(&c.image, got), V5L_OK);
    assert_memory_equal(got, rgb, (size_t)(width * height * 3));
    const int fits[][2] = {{S, S}, {7, S}, {33, 20}, {width < S ? width : S, height < S ? height : S}};
    for (size_t k = 0; k < sizeof fits / sizeof *fits; k++) {
        v5l_letterbox box;
        assert_int_equal(v5l_letterbox_fit(&box, width, height, fits[k][0], fits[k][1], 0), V5L_OK);
        render(&(v5l_image){.data = rgb, .width = width, .height = height}, &box, want, 0, box.height);
        render(&c.image, &box, resized, 0, box.height);
        assert_memory_equal(resized, want, (size_t)(box.width * box.height * 3));
    }
    camera_free(&c);
    free(rgb);
    free(got);
}

static void test_a_camera_picture_is_converted_and_resized_as_its_rgb(void **state) {
    (void)state;
    static const int sizes[][2] = {{1, 1}, {2, 3}, {3, 2}, {18, 10}, {17, 9}, {130, 7}, {257, 31}, {300, 200}};
    for (size_t i = 0; i < CAMERA_FORMATS; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            for (int gap = 0; gap < 4; gap += 3)
                check_camera(&camera_formats[i], sizes[k][0], sizes[k][1], gap);
}

/* Without pointers and strides, planes follow each other; chroma strides are derived from that of luma. */
static void test_planes_follow_each_other(void **state) {
    (void)state;
    enum { W = 5, H = 3 };
    static const struct {
        v5l_pixel_format format;
        int row_bytes, chroma_row, chroma_rows;
    } cases[] = {{V5L_NV12, 0, 6, 2}, {V5L_NV21, 7, 8, 2}, {V5L_I420, 0, 3, 2}, {V5L_I420, 8, 4, 2},
                 {V5L_I420, 7, 4, 2}, {V5L_I422, 6, 3, 3}, {V5L_I444, 6, 6, 3}, {V5L_RGB_PLANAR, 0, 5, 3}};
    uint8_t data[128], want[W * H * 3], got[W * H * 3];
    noise(data, sizeof data, 8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        v5l_image image = {
            .data = data, .width = W, .height = H, .row_bytes = cases[i].row_bytes, .format = cases[i].format};
        assert_int_equal(v5l_image_to_rgb(&image, got), V5L_OK);
        image.more_planes[0] = data + H * (cases[i].row_bytes != 0 ? cases[i].row_bytes : W);
        image.more_planes[1] = image.more_planes[0] + cases[i].chroma_rows * cases[i].chroma_row;
        image.more_row_bytes[0] = image.more_row_bytes[1] = cases[i].chroma_row;
        assert_int_equal(v5l_image_to_rgb(&image, want), V5L_OK);
        assert_memory_equal(got, want, sizeof want);
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
    check_cpu_level();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed_formats_agree),
        cmocka_unit_test(test_yuv_is_within_one_level_of_bt601_and_bt709),
        cmocka_unit_test(test_bt601_equals_opencv_bit_for_bit),
        cmocka_unit_test(test_full_range_keeps_gray_and_limited_range_stretches_it),
        cmocka_unit_test(test_yuv_formats_agree_with_each_other),
        cmocka_unit_test(test_a_camera_picture_is_converted_and_resized_as_its_rgb),
        cmocka_unit_test(test_planes_follow_each_other),
        cmocka_unit_test(test_impossible_images_are_refused),
    };
    return cmocka_run_group_tests_name("pixels", tests, NULL, NULL);
}
