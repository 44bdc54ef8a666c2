/* SPDX-License-Identifier: MIT */
/* Drawing: where labels are, how their texts are made to fit, and lines. */
#include <stdlib.h>
#include <string.h>

#include "brush.h"
#include "check.h"
#include "draw_options.h"
#include "font.h"
#include "label_text.h"
#include "labels.h"

static uint32_t seed = 1;

/* Returns a number below `limit`, the same on every machine. */
static int random_below(int limit) {
    seed = seed * 1664525u + 1013904223u;
    return (int)((seed >> 8) % (uint32_t)limit);
}

static int overlaps(rectangle a, rectangle b) { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1; }

static int is_drawn(const label_place *l) { return l->area.x1 > l->area.x0; }

/* ---- places ---- */

static void expect_area(const label_place *l, int x0, int y0, int x1, int y1) {
    assert_int_equal(l->area.x0, x0);
    assert_int_equal(l->area.y0, y0);
    assert_int_equal(l->area.x1, x1);
    assert_int_equal(l->area.y1, y1);
}

static void above_the_box_where_there_is_room_and_below_else(void **state) {
    label_place l = {.box = {10, 20, 60, 60}, .width = 30, .height = 10};
    (void)state;
    labels_place(&l, 0, 1, 100, 100);
    expect_area(&l, 10, 10, 40, 20);
    l.box.y0 = 0;
    labels_place(&l, 0, 1, 100, 100);
    expect_area(&l, 10, 60, 40, 70);
    l.box = (rectangle){0, 0, 100, 100};
    labels_place(&l, 0, 1, 100, 100);
    expect_area(&l, 0, 0, 30, 10);
}

/* A box at each edge and corner, and one that spans the picture in one direction, leaves room outside. */
static void outside_the_box_at_every_edge(void **state) {
    enum { SIDE = 100, WIDTH = 40, HEIGHT = 13 };
    (void)state;
    for (int x0 = 0; x0 <= SIDE - 20; x0 += 10)
        for (int y0 = 0; y0 <= SIDE - 20; y0 += 10)
            for (int x1 = x0 + 20; x1 <= SIDE; x1 += 10)
                for (int y1 = y0 + 20; y1 <= SIDE; y1 += 10) {
                    label_place l = {.box = {x0, y0, x1, y1}, .width = WIDTH, .height = HEIGHT};
                    const int has_room = y0 >= HEIGHT || y1 <= SIDE - HEIGHT || x0 >= WIDTH || x1 <= SIDE - WIDTH;
                    labels_place(&l, 0, 1, SIDE, SIDE);
                    assert_true(!has_room || (is_drawn(&l) && !overlaps(l.area, l.box)));
                    assert_true(l.area.x0 >= 0 && l.area.y0 >= 0 && l.area.x1 <= SIDE && l.area.y1 <= SIDE);
                }
}

static void off_other_boxes(void **state) {
    label_place l[2] = {{.box = {10, 50, 60, 90}, .width = 30, .height = 10},
                        {.box = {10, 30, 60, 48}, .width = 30, .height = 10}};
    (void)state;
    labels_place(l, 0, 2, 100, 100);
    assert_false(overlaps(l[0].area, l[1].box));
    assert_false(overlaps(l[1].area, l[0].box));
}

/* A label in its box hides at most a quarter of it; the shorter text may fit where the longer one does not. */
static void without_room(void **state) {
    label_place l = {.box = {0, 0, 64, 48}, .width = 63, .height = 13, .short_width = 33};
    (void)state;
    labels_place(&l, 0, 1, 64, 48);
    expect_area(&l, 0, 0, 33, 13);
    assert_true(l.is_short);
    l.box = (rectangle){0, 0, 60, 35};
    labels_place(&l, 0, 1, 64, 48);
    assert_false(l.is_short);
    assert_false(overlaps(l.area, l.box));
    l.box = (rectangle){0, 0, 60, 40};
    labels_place(&l, 0, 1, 64, 48);
    assert_true(is_drawn(&l) && l.is_short);
    l = (label_place){.box = {0, 0, 16, 16}, .width = 16, .height = 13};
    labels_place(&l, 0, 1, 16, 16);
    assert_false(is_drawn(&l));
    l = (label_place){.box = {0, 0, 1, 1}, .width = 1, .height = 1};
    labels_place(&l, 0, 1, 1, 1);
    assert_false(is_drawn(&l));
}

static void the_shorter_text_outside_before_the_longer_one_inside(void **state) {
    label_place l = {.box = {0, 0, 70, 100}, .width = 50, .height = 10, .short_width = 30};
    (void)state;
    labels_place(&l, 0, 1, 100, 100);
    expect_area(&l, 70, 0, 100, 10);
    assert_true(l.is_short);
}

static void labels_that_have_a_place_keep_it(void **state) {
    label_place l[2] = {{.box = {10, 20, 20, 30}, .width = 30, .height = 10, .area = {5, 10, 35, 20}},
                        {.box = {10, 20, 60, 60}, .width = 30, .height = 10}};
    (void)state;
    labels_place(l, 1, 2, 100, 100);
    expect_area(&l[0], 5, 10, 35, 20);
    assert_true(is_drawn(&l[1]) && !overlaps(l[0].area, l[1].area));
}

static void check_scene(const label_place *l, int count, int width, int height) {
    for (int i = 0; i < count; i++) {
        const rectangle a = l[i].area;
        if (!is_drawn(&l[i])) continue;
        assert_true(a.x0 >= 0 && a.y0 >= 0 && a.x1 <= width && a.y1 <= height);
        assert_int_equal(a.x1 - a.x0, l[i].is_short ? l[i].short_width : l[i].width);
        assert_int_equal(a.y1 - a.y0, l[i].height);
        for (int j = 0; j < i; j++)
            assert_false(overlaps(a, l[j].area));
        if (!overlaps(a, l[i].box)) continue;
        const int w = l[i].box.x1 - l[i].box.x0, h = l[i].box.y1 - l[i].box.y0;
        assert_true((a.x1 - a.x0) * (a.y1 - a.y0) <= w * h / 4);
    }
}

/* Few to 1100 boxes of all sizes: no label overlaps another, all are inside the picture, and the same each time. */
static void crowded_pictures(void **state) {
    enum { MOST = 1100 };
    static const int counts[] = {1, 3, 20, 100, 400, MOST}, sizes[][2] = {{320, 200}, {1920, 1080}, {32768, 20}};
    static label_place l[MOST], again[MOST];
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts * 3; i++) {
        const int count = counts[i / 3], width = sizes[i % 3][0], height = sizes[i % 3][1];
        int drawn = 0;
        for (int k = 0; k < count; k++) {
            const int x = random_below(width - 1), y = random_below(height - 1);
            const rectangle box = {x, y, x + 1 + random_below(width - x), y + 1 + random_below(height - y)};
            l[k] = (label_place){.box = box, .width = 20 + random_below(80), .height = 13, .short_width = 12};
        }
        memcpy(again, l, sizeof l);
        labels_place(l, 0, count, width, height);
        labels_place(again, 0, count, width, height);
        assert_memory_equal(l, again, (size_t)count * sizeof *l);
        check_scene(l, count, width, height);
        for (int k = 0; k < count; k++)
            drawn += is_drawn(&l[k]);
        assert_true(drawn > 0);
    }
}

/* Small boxes far from each other all get their label outside. */
static void a_grid_of_boxes(void **state) {
    label_place l[100];
    (void)state;
    for (int i = 0; i < 100; i++) {
        const int x = i % 10 * 64, y = i / 10 * 48;
        l[i] = (label_place){.box = {x, y, x + 30, y + 20}, .width = 60, .height = 13};
    }
    labels_place(l, 0, 100, 640, 480);
    check_scene(l, 100, 640, 480);
    for (int i = 0; i < 100; i++)
        assert_true(is_drawn(&l[i]) && !overlaps(l[i].area, l[i].box));
}

/* ---- texts ---- */

static void texts_of_labels(void **state) {
    label_text l;
    (void)state;
    label_text_make(&l, 12, "seven", "0.93", 2, 640);
    assert_string_equal(l.text, "#12 seven 0.93");
    assert_int_equal(l.scale, 2);
    assert_int_equal(l.width, font_width("#12 seven 0.93", 2) + 6);
    assert_int_equal(l.short_width, font_width("#12 seven", 2) + 6);
    label_text_shorten(&l);
    assert_string_equal(l.text, "#12 seven");
    label_text_make(&l, 0, "seven", "", 2, 640);
    assert_string_equal(l.text, "seven");
    assert_int_equal(l.short_width, 0);
}

/* A long text gets smaller, by half at most, then loses its score, then the end of its name. */
static void long_texts(void **state) {
    label_text l;
    char name[256];
    (void)state;
    label_text_make(&l, 0, "traffic light", "0.93", 4, 250);
    assert_int_equal(l.scale, 2);
    assert_string_equal(l.text, "traffic light 0.93");
    label_text_make(&l, 0, "traffic light", "0.93", 1, 80);
    assert_string_equal(l.text, "traffic light");
    assert_true(l.width <= 80 && l.short_width == 0);
    memset(name, 'a', 255);
    name[255] = 0;
    label_text_make(&l, UINT32_MAX, name, "0.93", 3, 200);
    assert_int_equal(l.scale, 2);
    assert_memory_equal(l.text, "#4294967295 aa", 14);
    assert_string_equal(l.text + strlen(l.text) - 3, "a..");
    assert_true(l.width <= 200 && l.width > 180);
    label_text_make(&l, 0, "seven", "0.93", 1, 8);
    assert_int_equal(l.width, 0);
}

/* Cut between characters, never within one. */
static void long_names_in_utf8(void **state) {
    label_text l;
    char name[256] = "";
    (void)state;
    for (int i = 0; i < 127; i++)
        strcat(name, "\xc3\xa9");
    for (int width = 20; width < 120; width++) {
        label_text_make(&l, 0, name, "0.93", 1, width);
        if (l.width == 0) continue;
        const size_t length = strlen(l.text);
        assert_true(l.width <= width && length % 2 == 0 && length > 2);
        assert_memory_equal(l.text + length - 2, "..", 2);
    }
    label_text_make(&l, 0, "\xff\xfe\xe6\x97", "", 1, 640);
    assert_int_equal(l.width, font_width("????", 1) + 3);
    assert_int_equal(font_fit("\xc3\xa9\xc3\xa9", 1, font_width("\xc3\xa9", 1)), 2);
    assert_int_equal(font_fit("abc", 2, 1000), 3);
    assert_int_equal(font_fit("abc", 2, 0), 0);
}

static void sizes_of_text(void **state) {
    (void)state;
    assert_int_equal(label_text_scale(1, 1), 1);
    assert_int_equal(label_text_scale(16, 16), 1);
    assert_int_equal(label_text_scale(640, 480), 2);
    assert_int_equal(label_text_scale(1280, 720), 4);
    assert_int_equal(label_text_scale(3840, 2160), 11);
    assert_int_equal(label_text_scale(32768, 32768), 64);
    assert_int_equal(label_text_scale(32768, 200), 1);
    assert_int_equal(label_text_scale(200, 32768), 1);
}

/* ---- lines ---- */

static int painted(const image *p) {
    int pixels = 0;
    for (int i = 0; i < p->width * p->height; i++)
        pixels += p->pixels[3 * i] != 0;
    return pixels;
}

/* Lines of any coordinates stay in the picture, and are as long as their part in it. */
static void lines(void **state) {
    enum { W = 40, H = 30 };
    static const struct {
        float from[2], to[2];
        int pixels;
    } cases[] = {{{0, 10}, {W - 1, 10}, W},    {{-1e6f, 10}, {1e6f, 10}, W}, {{7, 1e6f}, {7, -1e6f}, H},
                 {{5, 5}, {5, 5}, 1},          {{-9, -9}, {-5, 400}, 0},     {{0, 0}, {H - 1, H - 1}, H},
                 {{-100, -100}, {100, 100}, H}};
    static uint8_t pixels[W * H * 3];
    image picture = {.pixels = pixels, .width = W, .height = H};
    brush b = {&picture, {255, 255, 255}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(pixels, 0, sizeof pixels);
        brush_line(&b, cases[i].from, cases[i].to, 1);
        assert_int_equal(painted(&picture), cases[i].pixels);
        brush_line(&b, cases[i].from, cases[i].to, 100);
    }
}

static void frames(void **state) {
    enum { W = 10, H = 10 };
    static uint8_t pixels[W * H * 3];
    image picture = {.pixels = pixels, .width = W, .height = H};
    brush b = {&picture, {255, 255, 255}};
    (void)state;
    brush_frame(&b, (rectangle){1, 1, 9, 9}, 1);
    assert_int_equal(painted(&picture), 28);
    brush_frame(&b, (rectangle){4, 4, 5, 5}, 100);
    assert_int_equal(painted(&picture), 29);
}

static void options_need_what_draws(void **state) {
    static const draw_options given[] = {{.line_width = 1}, {.font_scale = 1}, {.no_labels = 1}, {.hide_scores = 1}};
    const draw_options none = {.line_width = 0};
    (void)state;
    assert_int_equal(draw_options_check(&none, 0, "--draw"), STATUS_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(draw_options_check(&given[i], 1, "--draw"), STATUS_OK);
        assert_int_equal(draw_options_check(&given[i], 0, "--draw"), STATUS_BAD);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(above_the_box_where_there_is_room_and_below_else),
        cmocka_unit_test(outside_the_box_at_every_edge),
        cmocka_unit_test(off_other_boxes),
        cmocka_unit_test(without_room),
        cmocka_unit_test(the_shorter_text_outside_before_the_longer_one_inside),
        cmocka_unit_test(labels_that_have_a_place_keep_it),
        cmocka_unit_test(crowded_pictures),
        cmocka_unit_test(a_grid_of_boxes),
        cmocka_unit_test(texts_of_labels),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(long_names_in_utf8),
        cmocka_unit_test(sizes_of_text),
        cmocka_unit_test(lines),
        cmocka_unit_test(frames),
        cmocka_unit_test(options_need_what_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
