/* SPDX-License-Identifier: MIT */
/* The readers of .npy and .npz files, which trust nothing: valid files, invalid ones, and every file cut short. */
#include "archive.h"
#include "check.h"
#include "crc32.h"
#include "npy.h"
#include "npz.h"

static archive a;

/* ---- .npy ---- */

static const char *parse(const char *header, size_t data_bytes, npy_array *out) {
    static const uint8_t data[64];
    uint8_t *file = malloc(10 + strlen(header) + data_bytes); /* of the exact size, for the sanitizer */
    const size_t size = npy_make(file, header, data, data_bytes);
    const char *why = npy_parse(file, size, out);
    free(file);
    return why;
}

static void test_npy_headers_as_numpy_writes_them(void **state) {
    (void)state;
    npy_array n;
    assert_null(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 2), }          \n", 48, &n));
    assert_int_equal(n.type, NPY_F32);
    assert_int_equal(n.dimensions, 3);
    assert_int_equal(n.shape[1], 3);
    assert_int_equal(n.count, 12);
    assert_null(parse("{'descr': '<f2', 'fortran_order': False, 'shape': (7,), }\n", 14, &n));
    assert_null(parse("{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n", 1, &n));
    assert_int_equal(n.dimensions, 0);
    assert_null(parse("{'shape': (1, 1, 1, 1, 1, 1, 1, 2), 'fortran_order': False, 'descr': '<f8'}", 16, &n));
    assert_int_equal(n.dimensions, 8);
}

static void test_npy_headers_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t bytes;
    } bad[] = {{"", 4},
               {"{}", 4},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)", 4},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", 4},
               {"{'descr': '<f4', 'fortran_order': False}", 4},
               {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 4},
               {"{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", 4},
               {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 4},
               {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4},
               {"{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", 4},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}", 0},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", 4},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", 4},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, }", 4},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", 4},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 4},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 7},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 9},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551617,)}", 4},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967297)}", 4},
               {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905,)}", 4}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        npy_array n = {.count = 77};
        if (parse(bad[i].header, bad[i].bytes, &n) == NULL) fail_msg("%s was taken", bad[i].header);
        assert_int_equal(n.count, 77); /* untouched */
    }
}

static void test_npy_elements_of_every_type(void **state) {
    (void)state;
    static const uint8_t halves[] = {0x00, 0x3C, 0x00, 0xC0, 0xFF, 0x7B, 0x01, 0x00, 0x00,
                                     0x04, 0x00, 0x80, 0x00, 0x7C, 0x00, 0xFC, 0x00, 0x7E};
    const npy_array h = {.type = NPY_F16, .data = halves};
    const float want[] = {1.0f, -2.0f, 65504.0f, 0x1p-24f, 0x1p-14f, -0.0f, INFINITY, -INFINITY};
    for (size_t i = 0; i < 8; i++) {
        const float got = npy_element(&h, i);
        assert_memory_equal(&got, &want[i], sizeof got);
    }
    assert_true(isnan(npy_element(&h, 8)));
    static const uint8_t others[] = {0, 200, 0, 0, 0x80, 0x3F, 0, 0, 0, 0, 0, 0, 4, 0xC0};
    assert_float_equal(npy_element(&(npy_array){.type = NPY_U8, .data = others}, 1), 200, 0);
    assert_float_equal(npy_element(&(npy_array){.type = NPY_F32, .data = others + 2}, 0), 1, 0);
    assert_float_equal(npy_element(&(npy_array){.type = NPY_F64, .data = others + 6}, 0), -2.5, 0);
}

/* ---- .npz ---- */

/* Reads all members, and parses them as arrays. Returns the first error, or NULL. */
static const char *read_all(const uint8_t *bytes, size_t size, int *arrays) {
    npz z;
    npz_member m;
    *arrays = 0;
    const char *why = npz_open(&z, bytes, size);
    while (why == NULL && z.left > 0) {
        uint8_t *data;
        npy_array n;
        why = npz_next(&z, &m);
        if (why == NULL) why = npz_unpack(&m, &data);
        if (why != NULL) break;
        why = npy_parse(data, m.size, &n);
        free(data);
        *arrays += why == NULL;
    }
    return why;
}

static void test_npz_stored_and_deflated_members(void **state) {
    (void)state;
    npz z;
    npz_member m;
    uint8_t *data;
    npy_array n;
    archive_small(&a);
    assert_null(npz_open(&z, a.bytes, a.size));
    assert_int_equal(z.all, 2);
    assert_null(npz_next(&z, &m));
    assert_false(m.deflated);
    assert_int_equal(m.name_length, strlen("floats.npy"));
    assert_memory_equal(m.name, "floats.npy", m.name_length);
    assert_null(npz_unpack(&m, &data));
    assert_null(npy_parse(data, m.size, &n));
    assert_float_equal(npy_element(&n, 11), 5.5, 0);
    free(data);
    assert_null(npz_next(&z, &m));
    assert_true(m.deflated);
    assert_true(m.packed_size < m.size);
    assert_null(npz_unpack(&m, &data));
    assert_null(npy_parse(data, m.size, &n));
    assert_int_equal(n.count, 256);
    assert_float_equal(npy_element(&n, 255), 1.0 + 15.0 / 1024, 0);
    free(data);
    assert_int_equal(z.left, 0);
}

static void test_npz_behind_a_comment(void **state) {
    (void)state;
    int arrays;
    archive_small(&a);
    memcpy(a.bytes + a.size, "PK\5\6 told", 9);
    a.bytes[a.size - 2] = 9;
    assert_null(read_all(a.bytes, a.size + 9, &arrays));
    assert_int_equal(arrays, 2);
}

static void test_npz_cut_short_anywhere(void **state) {
    (void)state;
    int arrays;
    archive_small(&a);
    for (size_t size = 0; size < a.size; size++) {
        uint8_t *cut = malloc(size + (size == 0));
        memcpy(cut, a.bytes, size);
        assert_non_null(read_all(cut, size, &arrays));
        free(cut);
    }
}

static void test_npz_with_any_byte_changed_is_refused_or_the_same(void **state) {
    (void)state;
    int arrays, refused = 0;
    archive_small(&a);
    uint8_t *changed = malloc(a.size);
    for (size_t at = 0; at < a.size; at++) {
        memcpy(changed, a.bytes, a.size);
        changed[at] ^= 0xFF;
        refused += read_all(changed, a.size, &arrays) != NULL;
    }
    free(changed);
    assert_true(refused > (int)a.size / 2); /* dates, attributes and names do not matter */
}

/* The little-endian field of the directory's first entry, or of the end of the directory. */
static void set(size_t at, uint32_t value, size_t width) {
    for (size_t i = 0; i < width; i++)
        a.bytes[at + i] = (uint8_t)(value >> (8 * i));
}

static void test_npz_fields_that_lie(void **state) {
    (void)state;
    static const struct {
        int where; /* 0 in the first entry, 1 in the end record, 2 in the second entry, which is deflated */
        size_t at, width;
        uint32_t value;
    } lies[] = {{1, 8, 2, 1},           {1, 10, 2, 0xFFFF},     {1, 12, 4, 0xFFFFFFFF}, {1, 12, 4, 0xFFFFFFFE},
                {1, 16, 4, 0xFFFFFFFF}, {1, 16, 4, 0xFFFFFFFE}, {1, 16, 4, 0},          {0, 8, 2, 1},
                {0, 10, 2, 12},         {0, 16, 4, 0},          {0, 20, 4, 0xFFFFFFFF}, {0, 20, 4, 0xFFFFFFFE},
                {0, 24, 4, 0xFFFFFFFF}, {0, 24, 4, 1},          {0, 28, 2, 0xFFFF},     {0, 30, 2, 0xFFFF},
                {0, 42, 4, 0xFFFFFFFF}, {0, 42, 4, 0xFFFFFFFE}, {0, 42, 4, 1},          {2, 20, 4, 0x7FFFFFF0},
                {2, 20, 4, 2},          {2, 24, 4, 1},          {2, 42, 4, 0}};
    int arrays;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        archive_small(&a);
        const size_t end = a.size - 22;
        const size_t first = end - a.directory_size, places[] = {first, end, first + 46 + strlen("floats.npy")};
        set(places[lies[i].where] + lies[i].at, lies[i].value, lies[i].width);
        if (read_all(a.bytes, a.size, &arrays) == NULL) fail_msg("lie %zu was taken", i);
    }
}

static void test_npz_that_claims_more_than_deflate_can_hold(void **state) {
    (void)state;
    int arrays;
    archive_small(&a);
    const size_t second = a.size - 22 - a.directory_size + 46 + strlen("floats.npy");
    set(second + 24, 0x7FFFFFFF, 4);
    assert_string_equal(read_all(a.bytes, a.size, &arrays),
                        "archive truncated or damaged"); /* before memory is allocated */
    assert_int_equal(arrays, 1);
}

static void test_npz_whose_members_share_bytes(void **state) {
    (void)state;
    int arrays;
    archive_small(&a);
    const size_t first = a.size - 22 - a.directory_size, second = first + 46 + strlen("floats.npy");
    assert_memory_equal(a.bytes + second, "PK\1\2", 4);
    /* The first entry, except its name, becomes the second: both name the larger member. */
    memcpy(a.bytes + first + 8, a.bytes + second + 8, 20);
    memcpy(a.bytes + first + 42, a.bytes + second + 42, 4);
    const char *why = read_all(a.bytes, a.size, &arrays);
    assert_non_null(why);
    assert_string_equal(why, "members overlap");
}

static void test_npz_of_more_members_than_any_net_has_ops(void **state) {
    (void)state;
    npz z;
    archive_small(&a);
    set(a.size - 22 + 8, NPZ_MAX_MEMBERS + 1, 2);
    set(a.size - 22 + 10, NPZ_MAX_MEMBERS + 1, 2);
    assert_string_equal(npz_open(&z, a.bytes, a.size), "archive with more than 8192 members");
}

static void test_crc32_is_that_of_zip(void **state) {
    (void)state;
    assert_int_equal(crc32_of("123456789", 9), 0xCBF43926);
    assert_int_equal(crc32_of("", 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy_headers_as_numpy_writes_them),
        cmocka_unit_test(test_npy_headers_that_are_refused),
        cmocka_unit_test(test_npy_elements_of_every_type),
        cmocka_unit_test(test_npz_stored_and_deflated_members),
        cmocka_unit_test(test_npz_behind_a_comment),
        cmocka_unit_test(test_npz_cut_short_anywhere),
        cmocka_unit_test(test_npz_with_any_byte_changed_is_refused_or_the_same),
        cmocka_unit_test(test_npz_fields_that_lie),
        cmocka_unit_test(test_npz_that_claims_more_than_deflate_can_hold),
        cmocka_unit_test(test_npz_whose_members_share_bytes),
        cmocka_unit_test(test_npz_of_more_members_than_any_net_has_ops),
        cmocka_unit_test(test_crc32_is_that_of_zip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
