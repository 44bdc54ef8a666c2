/* SPDX-License-Identifier: MIT */
/* Detection in two parts: the letterbox by itself, and detection in its result. */
#include "net_case.h"

enum { CAPACITY = 300 };

typedef struct {
    guarded memory, picture;
    v5l_net *net;
} parts;

static parts open_parts(void) {
    parts p = {.memory = guarded_new(v5l_net_memory(&model, &options))};
    assert_int_equal(v5l_net_create(&p.net, &model, &options, p.memory.at, p.memory.size), V5L_OK);
    p.picture = guarded_new(v5l_net_letterbox_bytes(p.net));
    return p;
}

static void close_parts(parts *p) {
    guarded_free(&p->picture);
    guarded_free(&p->memory);
}

/* The boxes of the two parts are those of the whole, bit by bit. */
static void compare(const v5l_image *picture) {
    static v5l_detection whole[CAPACITY], found[CAPACITY];
    parts p = open_parts();
    const int count = v5l_net_detect(p.net, picture, whole, CAPACITY);
    assert_true(count > 0);
    assert_int_equal(v5l_net_letterbox(p.net, picture, p.picture.at), V5L_OK);
    assert_int_equal(v5l_net_detect_letterboxed(p.net, p.picture.at, picture->width, picture->height, found, CAPACITY),
                     count);
    assert_memory_equal(found, whole, (size_t)count * sizeof *found);
    close_parts(&p);
}

static void test_two_parts_find_what_the_whole_finds(void **state) {
    static const v5l_pixel_format formats[] = {V5L_RGB, V5L_BGR, V5L_GRAY, V5L_NV12, V5L_I420, V5L_YUYV, V5L_I444};
    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        for (int width = 1; width <= 48; width += i == 0 ? 1 : 6)
            for (int height = 1; height <= 40; height += 13) {
                v5l_image picture = image;
                picture.format = formats[i];
                picture.width = width;
                picture.height = height;
                compare(&picture);
            }
}

/* "rect": the picture is scaled to a size that is smaller than the input. */
static void test_a_fit_below_the_input(void **state) {
    (void)state;
    options.fit_width = 50;
    options.fit_height = 32;
    compare(&image);
}

/* Compares the picture that an observer sees before op 0. */
static void see_picture(void *user, int op, const v5l_view *output) {
    parts *p = user;
    if (op != 0 || output != NULL || p->net == NULL) return;
    const size_t bytes = (size_t)options.width * (size_t)options.height * 3;
    assert_memory_equal(v5l_net_picture(p->net), p->picture.at, bytes);
    p->net = NULL;
}

static void test_an_observer_sees_the_picture(void **state) {
    (void)state;
    static parts p;
    v5l_detection found[CAPACITY];
    options.observer = (v5l_observer){.user = &p, .op = see_picture};
    p = open_parts();
    v5l_net *net = p.net;
    assert_int_equal(v5l_net_letterbox(net, &image, p.picture.at), V5L_OK);
    assert_true(v5l_net_detect_letterboxed(net, p.picture.at, 48, 40, found, CAPACITY) > 0);
    assert_null(p.net); /* it has seen it */
    close_parts(&p);
}

/* The letterbox refuses what the whole refuses. */
static void test_a_fit_above_the_input(void **state) {
    (void)state;
    options.fit_width = options.fit_height = 200;
    parts p = open_parts();
    v5l_detection found[CAPACITY];
    assert_int_equal(v5l_net_detect(p.net, &image, found, CAPACITY), V5L_E_IMAGE);
    assert_int_equal(v5l_net_letterbox(p.net, &image, p.picture.at), V5L_E_IMAGE);
    close_parts(&p);
}

static void test_bad_arguments(void **state) {
    (void)state;
    parts p = open_parts();
    v5l_detection found[CAPACITY];
    v5l_image bad = image;
    bad.width = 0;
    assert_int_equal(v5l_net_letterbox_bytes(NULL), 0);
    assert_int_equal(v5l_net_letterbox(NULL, &image, p.picture.at), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_letterbox(p.net, NULL, p.picture.at), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_letterbox(p.net, &image, NULL), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_letterbox(p.net, &image, (uint8_t *)p.picture.at + 1), V5L_E_ALIGNMENT);
    assert_int_equal(v5l_net_letterbox(p.net, &bad, p.picture.at), V5L_E_IMAGE);
    assert_int_equal(v5l_net_detect_letterboxed(NULL, p.picture.at, 48, 40, found, CAPACITY), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_detect_letterboxed(p.net, NULL, 48, 40, found, CAPACITY), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_detect_letterboxed(p.net, p.picture.at, 48, 40, NULL, CAPACITY), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_detect_letterboxed(p.net, p.picture.at, 48, 40, found, 0), V5L_E_ARGUMENT);
    assert_int_equal(v5l_net_detect_letterboxed(p.net, p.picture.at, 0, 40, found, CAPACITY), V5L_E_IMAGE);
    assert_int_equal(v5l_net_detect_letterboxed(p.net, p.picture.at, 48, 32769, found, CAPACITY), V5L_E_IMAGE);
    close_parts(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_parts_find_what_the_whole_finds, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_fit_below_the_input, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_a_fit_above_the_input, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_an_observer_sees_the_picture, open_net, close_net),
        cmocka_unit_test_setup_teardown(test_bad_arguments, open_net, close_net),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
