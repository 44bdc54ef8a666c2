/* SPDX-License-Identifier: MIT */
/* Tests the reader of untrusted bytes: envelope, counts, offsets and strings. Changes every byte of a file. */
#include "model_case.h"

static void test_the_small_net_opens(void **state) {
    (void)state;
    assert_int_equal(open_builder(), V5L_OK);
}

static void test_null_and_misaligned_pointers_are_refused(void **state) {
    (void)state;
    blob f = builder_finish(&b);
    v5l_model model;
    assert_int_equal(v5l_model_open(NULL, f.bytes, f.size), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_open(&model, NULL, f.size), V5L_E_ARGUMENT);
    assert_int_equal(v5l_model_open(&model, f.bytes + 4, f.size - 4), V5L_E_ALIGNMENT);
    blob_free(&f);
}

/* An exact-size copy, so that a sanitizer sees any read past the end. */
static v5l_status open_prefix(const blob *f, size_t size, int seal) {
    blob part = {.size = size, .allocation = aligned_alloc(64, (size + 64) / 64 * 64)};
    part.bytes = (unsigned char *)part.allocation + ((size + 64) / 64 * 64 - size) / 16 * 16;
    memcpy(part.bytes, f->bytes, size);
    if (seal && size >= sizeof(v5l_file_header)) {
        header(&part)->file_size = size;
        blob_seal(&part);
    }
    return open_blob(&part);
}

static void test_truncation_is_refused(void **state) {
    (void)state;
    blob f = builder_finish(&b);
    for (size_t n = 0; n < f.size; n += (size_t)check_step(3)) {
        assert_int_equal(open_prefix(&f, n, 0), V5L_E_SIZE);
        if (n >= sizeof(v5l_file_header)) assert_int_not_equal(open_prefix(&f, n, 1), V5L_OK);
    }
    blob_free(&f);
}

static void test_a_byte_too_many_is_refused(void **state) {
    (void)state;
    blob f = builder_finish(&b);
    f.size++; /* the builder leaves room after the file */
    assert_int_equal(open_blob(&f), V5L_E_SIZE);
}

static void test_a_flip_of_every_byte_is_refused(void **state) {
    (void)state;
    blob f = builder_finish(&b);
    v5l_model model;
    for (size_t i = 0; i < f.size; i++) {
        f.bytes[i] ^= 0x10;
        assert_int_not_equal(v5l_model_open(&model, f.bytes, f.size), V5L_OK);
        f.bytes[i] ^= 0x10;
    }
    blob_free(&f);
}

/* Opens a file with a valid checksum; if it is accepted, the net must run. */
static void open_and_run(blob *f) {
    static const uint8_t pixels[8 * 8 * 3] = {1, 2, 3};
    const v5l_image image = {.data = pixels, .width = 8, .height = 8};
    v5l_model model;
    v5l_net_options o;
    blob_seal(f);
    if (v5l_model_open(&model, f->bytes, f->size) != V5L_OK) return;
    v5l_net_options_default(&o);
    o.width = o.height = 16;
    const size_t need = v5l_net_memory(&model, &o);
    if (need == 0) return;
    guarded memory = guarded_new(need);
    v5l_net *net;
    v5l_detection found[4];
    assert_int_equal(v5l_net_create(&net, &model, &o, memory.at, need), V5L_OK);
    assert_true(v5l_net_detect(net, &image, found, 4) >= 0);
    guarded_free(&memory);
}

/* A flipped table byte under a correct checksum must never crash. One bit of each byte is enough in 8 bits and half
 * floats, and where programs run slowly. */
static void test_sealed_flips_of_every_header_and_table_byte_are_safe(void **state) {
    (void)state;
    blob f = builder_finish(&b);
    const size_t tables = (size_t)header(&f)->weights_at;
    const int step = b.narrow ? 8 : check_step(8);
    for (size_t i = 0; i < tables; i++) {
        for (int bit = (int)i % step; bit < 8; bit += step) {
            f.bytes[i] ^= (unsigned char)(1 << bit);
            open_and_run(&f);
            f.bytes[i] ^= (unsigned char)(1 << bit);
        }
    }
    blob_free(&f);
}

/* Nor may a flipped byte of the payload, which has integers, scales and zero points of quantised ops, and halves. */
static void test_sealed_flips_of_payload_bytes_are_safe(void **state) {
    (void)state;
    blob f = builder_finish(&b);
    for (size_t i = (size_t)header(&f)->weights_at; i < f.size; i += (size_t)check_step(3)) {
        f.bytes[i] ^= (unsigned char)(1 << i % 8);
        open_and_run(&f);
        f.bytes[i] ^= (unsigned char)(1 << i % 8);
    }
    blob_free(&f);
}

static void test_envelope_errors_have_their_own_status(void **state) {
    (void)state;
    blob f = builder_finish(&b);
    f.bytes[0] = 'X';
    assert_int_equal(open_blob(&f), V5L_E_MAGIC);
    f = builder_finish(&b);
    header(&f)->version = 2;
    assert_int_equal(open_blob(&f), V5L_E_VERSION);
    f = builder_finish(&b);
    header(&f)->crc ^= 1;
    assert_int_equal(open_blob(&f), V5L_E_CRC);
    b.header.layout = 7;
    assert_int_equal(open_builder(), V5L_E_LAYOUT);
    b.header.layout = V5L_LAYOUT_PANEL8;
    b.header.form = 2;
    assert_int_equal(open_builder(), V5L_E_LAYOUT);
    b.header.form = 0;
    b.header.zero2[5] = 1;
    assert_int_equal(open_builder(), V5L_E_RESERVED);
}

static void test_counts_are_limited(void **state) {
    (void)state;
    const size_t counts[] = {offsetof(v5l_file_header, class_count), offsetof(v5l_file_header, tensor_count),
                             offsetof(v5l_file_header, op_count),    offsetof(v5l_file_header, span_count),
                             offsetof(v5l_file_header, head_count),  offsetof(v5l_file_header, string_bytes)};
    const uint32_t wrong[] = {0, 0x7FFFFFFF, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (size_t j = 0; j < 3; j++) {
            blob f = builder_finish(&b);
            memcpy(f.bytes + counts[i], &wrong[j], 4);
            blob_seal(&f);
            assert_int_equal(open_blob(&f), V5L_E_COUNT);
        }
    }
}

static void test_every_section_offset_must_be_the_computed_one(void **state) {
    (void)state;
    const size_t first = offsetof(v5l_file_header, tensors_at);
    for (size_t i = 0; i < 8; i++) {
        for (int step = -64; step <= 64; step += 128) {
            blob f = builder_finish(&b);
            uint64_t v;
            memcpy(&v, f.bytes + first + 8 * i, 8);
            v += (uint64_t)step;
            memcpy(f.bytes + first + 8 * i, &v, 8);
            blob_seal(&f);
            assert_int_equal(open_blob(&f), V5L_E_OFFSET);
        }
    }
}

static void test_strings_are_checked(void **state) {
    (void)state;
    BROKEN(b.strings[3] = '\n', V5L_E_STRING);
    BROKEN(b.strings[3] = 0x7F, V5L_E_STRING);
    BROKEN(b.strings[b.header.string_bytes - 1] = 'x', V5L_E_STRING);
    BROKEN((memset(b.strings + b.header.string_bytes, 'y', 300), b.header.string_bytes += 301), V5L_E_STRING);
    BROKEN(b.header.exporter = b.header.string_bytes, V5L_E_OFFSET);
    BROKEN(b.header.names = b.header.string_bytes - 4, V5L_E_OFFSET);
    BROKEN(op("dw")->name = 0xFFFFFFF0u, V5L_E_STRING);
    BROKEN(op("dw")->name += 2, V5L_E_STRING); /* the NUL of "dw": an empty name */
}

static v5l_status with_name(const char *bytes) {
    builder_small_net(&b);
    memcpy(b.strings + b.header.names, bytes, strlen(bytes)); /* the first class name and those after it */
    return open_builder();
}

static void test_names_are_utf8_without_control_characters(void **state) {
    (void)state;
    static const char *const good[] = {"\xC2\xA0",     "\xC3\xA9",         "\xDF\xBF",
                                       "\xE0\xA0\x80", "\xED\x9F\xBF",     "\xEE\x80\x80",
                                       "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"\x01",
                                      "\x1B",
                                      "\x7F",
                                      "\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF", /* stray and overlong */
                                      "\xC2\x80",
                                      "\xC2\x85",
                                      "\xC2\x9B",
                                      "\xC2\x9F", /* C1 */
                                      "\xC2",
                                      ("\xC3"
                                       "x"),
                                      "\xE2\x80",
                                      "\xE2\x80x",
                                      "\xE2x\x80",
                                      "\xF0\x9F\x98",
                                      "\xF0\x9F\x98x", /* cut */
                                      "\xE0\x9F\xBF",
                                      "\xF0\x8F\xBF\xBF", /* overlong */
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF", /* surrogates */
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xF8\x88\x80\x80",
                                      "\xFF"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(with_name(good[i]), V5L_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(with_name(bad[i]), V5L_E_STRING);
}

static void test_the_last_name_may_end_in_a_sequence_that_is_cut(void **state) {
    (void)state;
    builder_small_net(&b);
    b.strings[b.header.string_bytes - 2] = (char)0xF0; /* then the section's last byte */
    assert_int_equal(open_builder(), V5L_E_STRING);
}

static void test_every_status_has_its_own_line(void **state) {
    (void)state;
    const char *unknown = v5l_status_text((v5l_status)1000);
    for (int s = 0; s >= -39; s--) {
        const char *text = v5l_status_text((v5l_status)s);
        assert_null(strchr(text, '\n'));
        if (s < V5L_E_DIRECT && s > V5L_E_SIZE) continue; /* numbers not given out */
        assert_string_not_equal(text, unknown);
        for (int t = 0; t > s; t--)
            if (t >= V5L_E_DIRECT || t <= V5L_E_SIZE) assert_string_not_equal(text, v5l_status_text((v5l_status)t));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_small_net_opens, small_net),
        cmocka_unit_test_setup(test_null_and_misaligned_pointers_are_refused, small_net),
        cmocka_unit_test_setup(test_truncation_is_refused, small_net),
        cmocka_unit_test_setup(test_a_byte_too_many_is_refused, small_net),
        cmocka_unit_test_setup(test_a_flip_of_every_byte_is_refused, small_net),
        cmocka_unit_test_setup(test_sealed_flips_of_every_header_and_table_byte_are_safe, small_net),
        cmocka_unit_test_setup(test_truncation_is_refused, small_net_s8),
        cmocka_unit_test_setup(test_a_flip_of_every_byte_is_refused, small_net_s8),
        cmocka_unit_test_setup(test_sealed_flips_of_every_header_and_table_byte_are_safe, small_net_s8),
        cmocka_unit_test_setup(test_sealed_flips_of_payload_bytes_are_safe, small_net_s8),
        cmocka_unit_test_setup(test_sealed_flips_of_every_header_and_table_byte_are_safe, small_net_f16),
        cmocka_unit_test_setup(test_sealed_flips_of_payload_bytes_are_safe, small_net_f16),
        cmocka_unit_test_setup(test_envelope_errors_have_their_own_status, small_net),
        cmocka_unit_test_setup(test_counts_are_limited, small_net),
        cmocka_unit_test_setup(test_every_section_offset_must_be_the_computed_one, small_net),
        cmocka_unit_test(test_strings_are_checked),
        cmocka_unit_test(test_names_are_utf8_without_control_characters),
        cmocka_unit_test(test_the_last_name_may_end_in_a_sequence_that_is_cut),
        cmocka_unit_test(test_every_status_has_its_own_line),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
