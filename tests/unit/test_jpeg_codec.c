/* SPDX-License-Identifier: MIT */
/* JPEG of streams: what is written is read back, by either decoder; frames as cameras send them; broken ones. */
#include "check.h"
#include "jpeg_codec.h"

enum { WIDTH = 75, HEIGHT = 43, PIXELS = WIDTH * HEIGHT };

static int allocations; /* by the program itself, not in a shared library */

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size) {
    allocations++;
    return __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size) {
    allocations++;
    return __real_realloc(old, size);
}

typedef struct bytes {
    uint8_t data[65536];
    size_t size;
} bytes;

static uint8_t scene[PIXELS * 3];
static bytes whole;

static void put(bytes *b, const uint8_t *from, size_t size) {
    assert_true(size <= sizeof b->data - b->size);
    memcpy(b->data + b->size, from, size);
    b->size += size;
}

static int make_scene(void **state) {
    const uint8_t *encoded;
    (void)state;
    for (int i = 0; i < PIXELS; i++) {
        const int x = i % WIDTH, y = i / WIDTH;
        scene[i * 3] = (uint8_t)(x * 3);
        scene[i * 3 + 1] = (uint8_t)(y * 5);
        scene[i * 3 + 2] = (uint8_t)(200 - x - y);
    }
    jpeg_encoder *e = jpeg_encoder_create(WIDTH, HEIGHT, 95);
    const size_t size = jpeg_encoder_encode(e, scene, WIDTH, HEIGHT, &encoded);
    put(&whole, encoded, size);
    jpeg_encoder_free(e);
    return size == 0;
}

static double difference(const v5l_image *got) {
    double sum = 0;
    assert_int_equal(got->format, V5L_RGB);
    for (int i = 0; i < PIXELS * 3; i++)
        sum += abs(got->data[i] - scene[i]);
    return sum / (PIXELS * 3);
}

static void expect_scene(jpeg_decoder *d, const bytes *b) {
    v5l_image got;
    assert_null(jpeg_decoder_decode(d, b->data, b->size, &got));
    assert_int_equal(got.width, WIDTH);
    assert_int_equal(got.height, HEIGHT);
    assert_true(difference(&got) < 1.5);
}

static void test_written_is_read_back(void **state) {
    (void)state;
    jpeg_decoder *d = jpeg_decoder_create(WIDTH, HEIGHT);
    expect_scene(d, &whole);
    jpeg_decoder_free(d);
}

/* Copies the JPEG without its Huffman tables. */
static void without_tables(bytes *out) {
    size_t at = 2;
    put(out, whole.data, 2);
    for (int last = 0; !last;) {
        const size_t length = 2 + (size_t)(whole.data[at + 2] << 8 | whole.data[at + 3]);
        last = whole.data[at + 1] == 0xDA;
        if (whole.data[at + 1] != 0xC4) put(out, whole.data + at, length);
        at += length;
    }
    put(out, whole.data + at, whole.size - at);
}

static void test_frames_as_cameras_send_them(void **state) {
    static bytes bare, padded;
    (void)state;
    jpeg_decoder *d = jpeg_decoder_create(WIDTH, HEIGHT);
    without_tables(&bare);
    assert_true(bare.size < whole.size);
    expect_scene(d, &bare);
    expect_scene(d, &whole);
    bare.size -= 2; /* no end marker */
    expect_scene(d, &bare);
    /* Bytes between the header and the tables, as some cameras have them, and after the end. */
    put(&padded, whole.data, 20);
    put(&padded, (const uint8_t *)"\0\0\0\0\0", 5);
    put(&padded, whole.data + 20, whole.size - 20);
    put(&padded, (const uint8_t *)"\0\0\0", 3);
    expect_scene(d, &padded);
    jpeg_decoder_free(d);
}

static void test_broken_frames_have_a_reason_and_the_next_one_is_whole(void **state) {
    static bytes cut, other;
    v5l_image got;
    (void)state;
    jpeg_decoder *d = jpeg_decoder_create(WIDTH, HEIGHT);
    put(&cut, whole.data, whole.size - 200);
    assert_non_null(jpeg_decoder_decode(d, cut.data, cut.size, &got));
    expect_scene(d, &whole);
    assert_non_null(jpeg_decoder_decode(d, cut.data, 40, &got));
    assert_non_null(jpeg_decoder_decode(d, cut.data, 0, &got));
    put(&other, whole.data, whole.size);
    for (size_t at = 2; other.data[at + 1] != 0xDA; at += 2 + (size_t)(other.data[at + 2] << 8 | other.data[at + 3]))
        if (other.data[at + 1] == 0xC4) memset(other.data + at + 5, 0xFF, 8); /* impossible codes */
    assert_non_null(jpeg_decoder_decode(d, other.data, other.size, &got));
    expect_scene(d, &whole);
    jpeg_decoder_free(d);
}

static void test_a_frame_larger_than_the_decoder_is_refused(void **state) {
    v5l_image got;
    (void)state;
    jpeg_decoder *d = jpeg_decoder_create(WIDTH - 1, HEIGHT);
    assert_non_null(jpeg_decoder_decode(d, whole.data, whole.size, &got));
    jpeg_decoder_free(d);
    jpeg_decoder_free(NULL);
    jpeg_encoder_free(NULL);
}

static void test_no_frame_allocates(void **state) {
    const uint8_t *encoded;
    (void)state;
    jpeg_decoder *d = jpeg_decoder_create(WIDTH, HEIGHT);
    jpeg_encoder *e = jpeg_encoder_create(WIDTH, HEIGHT, 80);
    const int before = allocations;
    assert_true(before > 0);
    for (int i = 0; i < 20; i++) {
        v5l_image got;
        assert_null(jpeg_decoder_decode(d, whole.data, whole.size, &got));
        assert_true(jpeg_encoder_encode(e, got.data, got.width, got.height, &encoded) > 100);
    }
    assert_int_equal(allocations, before);
    jpeg_decoder_free(d);
    jpeg_encoder_free(e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written_is_read_back),
        cmocka_unit_test(test_frames_as_cameras_send_them),
        cmocka_unit_test(test_broken_frames_have_a_reason_and_the_next_one_is_whole),
        cmocka_unit_test(test_a_frame_larger_than_the_decoder_is_refused),
        cmocka_unit_test(test_no_frame_allocates),
    };
    return cmocka_run_group_tests(tests, make_scene, NULL);
}
