/* SPDX-License-Identifier: MIT */
/* The reader of untrusted bytes: every rule of FORMAT.md is broken once, and every byte of a file at least once. */
#include "check.h"

static builder b;

static int setup(void **state) {
    (void)state;
    builder_small_net(&b);
    return 0;
}

static v5l_status open_blob(blob *f) {
    v5l_model model = {NULL, 0};
    const v5l_status status = v5l_model_open(&model, f->bytes, f->size);
    if (status == V5L_OK)
        assert_ptr_equal(model.bytes, f->bytes);
    else
        assert_null(model.bytes); /* untouched on failure */
    blob_free(f);
    return status;
}

static v5l_status open_builder(void) {
    blob f = builder_finish(&b);
    return open_blob(&f);
}

static v5l_file_header *header(blob *f) { return (v5l_file_header *)(void *)f->bytes; }

static v5l_file_op *op(const char *name) {
    for (uint32_t i = 0; i < b.header.op_count; i++)
        if (strcmp(b.strings + b.ops[i].name, name) == 0) return &b.ops[i];
    fail_msg("no op %s", name);
    return NULL;
}

static v5l_file_tensor *tensor_of(uint32_t span) { return &b.tensors[b.spans[span].tensor]; }

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

static void test_truncation_at_every_byte_is_refused(void **state) {
    (void)state;
    blob f = builder_finish(&b);
    for (size_t n = 0; n < f.size; n++) {
        assert_int_equal(open_prefix(&f, n, 0), V5L_E_SIZE);
        if (n >= sizeof(v5l_file_header)) assert_int_not_equal(open_prefix(&f, n, 1), V5L_OK);
    }
    blob_free(&f);
}

static void test_a_byte_too_many_is_refused(void **state) {
    (void)state;
    blob f = builder_finish(&b);
    f.size++; /* the builder leaves room behind the file */
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

/* A flipped table byte behind a right checksum must never crash; where it is accepted, the net must run. */
static void test_sealed_flips_of_every_header_and_table_byte_are_safe(void **state) {
    (void)state;
    blob f = builder_finish(&b);
    const size_t tables = (size_t)header(&f)->weights_at;
    const uint8_t pixels[8 * 8 * 3] = {1, 2, 3};
    const v5l_image image = {.data = pixels, .width = 8, .height = 8};
    for (size_t i = 0; i < tables; i++) {
        for (int bit = 0; bit < 8; bit++) {
            f.bytes[i] ^= (unsigned char)(1 << bit);
            blob_seal(&f);
            v5l_model model;
            if (v5l_model_open(&model, f.bytes, f.size) == V5L_OK) {
                v5l_net_options o;
                v5l_net_options_default(&o);
                o.width = o.height = 16;
                const size_t need = v5l_net_memory(&model, &o);
                if (need > 0) {
                    guarded memory = guarded_new(need);
                    v5l_net *net;
                    v5l_detection found[4];
                    assert_int_equal(v5l_net_create(&net, &model, &o, memory.at, need), V5L_OK);
                    assert_true(v5l_net_detect(net, &image, found, 4) >= 0);
                    guarded_free(&memory);
                }
            }
            f.bytes[i] ^= (unsigned char)(1 << bit);
        }
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

#define BROKEN(change, status)                                                                                         \
    do {                                                                                                               \
        builder_small_net(&b);                                                                                         \
        change;                                                                                                        \
        assert_int_equal(open_builder(), (status));                                                                    \
    } while (0)

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

static void test_tensor_records_are_checked(void **state) {
    (void)state;
    BROKEN(b.tensors[1].channels = 0, V5L_E_TENSOR);
    BROKEN(b.tensors[1].channels = V5L_MAX_CHANNELS + 1, V5L_E_TENSOR);
    BROKEN(b.tensors[0].stride = 0, V5L_E_TENSOR);
    BROKEN(b.tensors[1].stride = 3, V5L_E_TENSOR);
    BROKEN(b.tensors[1].stride = 256, V5L_E_TENSOR);
    BROKEN(b.tensors[1].type = V5L_TYPE_U8, V5L_E_TENSOR);
    BROKEN(b.tensors[1].type = 9, V5L_E_TENSOR);
    BROKEN(b.tensors[0].type = V5L_TYPE_F32, V5L_E_TENSOR);
    BROKEN(b.tensors[0].channels = 4, V5L_E_TENSOR);
    BROKEN(b.header.max_stride = 16, V5L_E_TENSOR);
    BROKEN(builder_tensor(&b, 4, 4), V5L_E_TENSOR); /* nobody writes it */
}

static void test_span_records_are_checked(void **state) {
    (void)state;
    BROKEN(b.spans[op("dw")->a_first].tensor = b.header.tensor_count, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->a_first].count = 0, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->a_first].first = 1, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->a_first].first = 0xFFFFFFFFu, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->a_first].count = 0xFFFFFFFFu, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->a_first].upsample = 2, V5L_E_SPAN);
    BROKEN(b.spans[op("stem")->a_first].upsample = 1, V5L_E_SPAN);
    BROKEN(b.spans[op("dw")->out_first].upsample = 1, V5L_E_SHAPE);
    BROKEN(b.spans[op("dw")->out_first].tensor = 0, V5L_E_SPAN);
    BROKEN(b.spans[op("pool")->a_first].tensor = 0, V5L_E_SPAN); /* 12 channels of 3 */
    BROKEN(op("dw")->a_first = 0xFFFFFFFFu, V5L_E_OFFSET);
    BROKEN(op("dw")->out_first = b.header.span_count, V5L_E_OFFSET);
    BROKEN(op("dw")->a_count = 0, V5L_E_COUNT);
    BROKEN(op("dw")->a_count = 65, V5L_E_COUNT);
    BROKEN(op("dw")->b_count = 1, V5L_E_COUNT);
    BROKEN(op("add")->b_count = 0, V5L_E_COUNT);
    BROKEN(op("dw")->out_count = 0, V5L_E_COUNT);
    BROKEN(op("view")->out_count = 1, V5L_E_COUNT);
    BROKEN(b.header.span_count -= 1, V5L_E_OFFSET);
}

static void test_shared_span_records_are_refused(void **state) {
    (void)state;
    /* A second DWCONV-like reader that names existing spans again: more operand spans than records. */
    builder_small_net(&b);
    b.ops[b.header.op_count] = *op("view");
    b.header.op_count++;
    assert_int_equal(open_builder(), V5L_E_COUNT);
}

static void test_unknown_enums_are_refused(void **state) {
    (void)state;
    BROKEN(op("dw")->kind = 0, V5L_E_KIND);
    BROKEN(op("dw")->kind = V5L_OP_SCALE + 1, V5L_E_KIND);
    BROKEN(op("mean")->flags = V5L_FLAG_VIEW, V5L_E_KIND);
    BROKEN(op("scale")->activation = V5L_ACT_RELU, V5L_E_KIND);
    BROKEN(op("dw")->flags = V5L_FLAG_JOINED, V5L_E_KIND);
    BROKEN(op("detect")->flags = V5L_FLAG_JOINED, V5L_E_KIND);
    BROKEN(op("dw")->flags = 4, V5L_E_KIND);
    BROKEN(op("dw")->flags = V5L_FLAG_VIEW, V5L_E_KIND);
    BROKEN(op("dw")->activation = V5L_ACT_HARDSWISH, V5L_OK);
    BROKEN(op("dw")->activation = V5L_ACT_HARDSWISH + 1, V5L_E_KIND);
    BROKEN(op("cat")->activation = V5L_ACT_RELU, V5L_E_KIND);
    BROKEN(op("detect")->activation = V5L_ACT_SILU, V5L_E_KIND);
}

static void test_geometry_is_checked(void **state) {
    (void)state;
    BROKEN(op("stem")->stride = 0, V5L_E_GEOMETRY);
    BROKEN(op("stem")->stride = 3, V5L_E_GEOMETRY);
    BROKEN(op("stem")->kernel_h = 0, V5L_E_GEOMETRY);
    BROKEN(op("stem")->kernel_w = 16, V5L_E_GEOMETRY);
    BROKEN(op("stem")->pad = 0, V5L_E_GEOMETRY);
    BROKEN(op("stem")->pad = 3, V5L_E_GEOMETRY);
    BROKEN(op("stem")->groups = 0, V5L_E_GEOMETRY);
    BROKEN(op("stem")->groups = 3, V5L_E_GEOMETRY);
    BROKEN(op("dw")->groups = 3, V5L_E_GEOMETRY);
    BROKEN(op("shuffle")->groups = 0, V5L_E_GEOMETRY);
    BROKEN(op("shuffle")->groups = 4, V5L_E_GEOMETRY);
    BROKEN(op("cat")->stride = 1, V5L_E_RESERVED);
    BROKEN(op("cat")->groups = 1, V5L_E_GEOMETRY);
}

static void test_operands_must_agree(void **state) {
    (void)state;
    BROKEN(op("stem")->stride = 1, V5L_E_SHAPE);                        /* 3x3 s1 p1 fits, the output tensor does not */
    BROKEN(b.spans[op("dw_views")->a_first].upsample = 0, V5L_E_SHAPE); /* spans at two resolutions */
    BROKEN(b.spans[op("add")->b_first].count = 11, V5L_E_SHAPE);
    BROKEN(b.spans[op("split")->a_first].count = 5, V5L_E_SHAPE);
    BROKEN((b.spans[op("up")->a_first].tensor = 2, b.spans[op("up")->a_first].count = 10), V5L_E_SHAPE);
}

/* Tensors of stride 0 have their own ops; nothing else takes them for a map, or a map for one. */
static void test_maps_of_one_pixel_stay_apart(void **state) {
    (void)state;
    BROKEN(b.tensors[1].stride = 0, V5L_E_SHAPE);                         /* the stem makes a map */
    BROKEN(tensor_of(op("mean")->out_first)->stride = 4, V5L_E_SHAPE);    /* one pixel, not one of many */
    BROKEN(tensor_of(op("squeeze")->out_first)->stride = 4, V5L_E_SHAPE); /* a map from one pixel */
    BROKEN(op("mean")->a_first = op("squeeze")->out_first, V5L_E_SHAPE);  /* of one pixel already */
    BROKEN(op("scale")->a_first = op("scale")->b_first, V5L_E_SHAPE);     /* one pixel by one */
    BROKEN(op("scale")->b_first = op("scale")->a_first, V5L_E_SHAPE);     /* a map by a map */
    BROKEN(op("dw")->a_first = op("excite")->a_first, V5L_E_SHAPE);
    BROKEN(op("view")->a_first = op("excite")->a_first, V5L_E_SHAPE);
    BROKEN(op("detect")->a_first = op("scale")->b_first, V5L_E_SHAPE);
    BROKEN(b.tensors[b.heads[0].tensor].stride = 0, V5L_E_SHAPE);
    BROKEN(b.spans[op("excite")->a_first].upsample = 1, V5L_E_SPAN);
    BROKEN(op("squeeze")->stride = 2, V5L_E_GEOMETRY);
    BROKEN((op("squeeze")->kernel_h = op("squeeze")->kernel_w = 3, op("squeeze")->pad = 1), V5L_E_GEOMETRY);
}

static void test_gates_must_fit_their_maps(void **state) {
    (void)state;
    BROKEN(b.spans[op("scale")->b_first].count = 11, V5L_E_SHAPE);
    BROKEN(b.spans[op("mean")->a_first].count = 11, V5L_E_SHAPE);
    BROKEN(op("scale")->b_count = 0, V5L_E_COUNT);
    BROKEN(op("scale")->b_count = 2, V5L_E_COUNT);
    BROKEN(op("mean")->b_count = 1, V5L_E_COUNT);
    BROKEN((b.spans[op("mean")->a_first] = ((v5l_file_span){0, 0, 3, 0}), b.spans[op("mean")->out_first].count = 3),
           V5L_E_SPAN); /* the picture */
    BROKEN(op("mean")->kernel_h = 1, V5L_E_RESERVED);
    BROKEN(op("mean")->groups = 12, V5L_E_GEOMETRY);
    BROKEN(op("scale")->alpha = 1, V5L_E_RESERVED);
    BROKEN(op("scale")->weight_count = 12, V5L_E_RESERVED);
    BROKEN(b.spans[op("scale")->out_first].tensor = b.spans[op("scale")->a_first].tensor, V5L_E_OVERLAP); /* in place */
    /* "squeeze" before "mean" */
    v5l_file_op swap;
    BROKEN((swap = *op("mean"), *op("mean") = *op("squeeze"), op("excite")[-1] = swap), V5L_E_REFERENCE);
}

static void test_payloads_must_match_dimensions(void **state) {
    (void)state;
    BROKEN(op("gather")->weight_count -= 1, V5L_E_PAYLOAD);
    BROKEN(op("gather")->bias_count -= 8, V5L_E_PAYLOAD);
    BROKEN(op("dw")->weight_count += 1, V5L_E_PAYLOAD);
    BROKEN(op("dw")->weight_count = UINT64_MAX, V5L_E_OFFSET);
    BROKEN(op("dw")->weight_count = UINT64_MAX / 4 + 2, V5L_E_OFFSET);
    BROKEN(op("dw")->weights = UINT64_MAX - 63, V5L_E_OFFSET);
    BROKEN(op("dw")->weights += 4, V5L_E_OFFSET);
    BROKEN(op("cat")->weight_count = 1, V5L_E_RESERVED);
    BROKEN(b.weights[5] = NAN, V5L_E_VALUE);
    BROKEN(b.weights[5] = INFINITY, V5L_E_VALUE);
    BROKEN(op("add")->alpha = NAN, V5L_E_VALUE);
    BROKEN(op("cat")->alpha = 1, V5L_E_RESERVED);
}

static void test_forward_references_and_cycles_are_refused(void **state) {
    (void)state;
    v5l_file_op swap;
    BROKEN((swap = *op("pool"), *op("pool") = *op("split"), b.ops[2] = swap), V5L_E_REFERENCE);
    BROKEN(b.spans[op("gather")->a_first].tensor = 5, V5L_E_OVERLAP); /* reads the stage that it writes */
    BROKEN(b.spans[op("dw")->a_first].tensor = 4, V5L_E_OVERLAP);     /* reads its own output: a cycle of one */
    BROKEN(b.spans[op("dw")->a_first + 0] = ((v5l_file_span){5, 0, 6, 0}), V5L_E_REFERENCE);
    /* The stage half written: channels 4..7 are never defined before the first read. */
    BROKEN(b.spans[op("gather")->out_first + 1].first = 4, V5L_E_OVERLAP);
}

static void test_writing_twice_before_reading_is_refused(void **state) {
    (void)state;
    builder_small_net(&b);
    b.ops[b.header.op_count] = *op("stem");
    b.ops[b.header.op_count].a_first = builder_span(&b, 0, 0, 3, 0);
    b.ops[b.header.op_count].out_first = builder_span(&b, 1, 0, 12, 0);
    /* Last, after the reads: an in-place update, allowed. First: the second write before any read. */
    b.header.op_count++;
    assert_int_equal(open_builder(), V5L_OK);
    memmove(&b.ops[1], &b.ops[0], (b.header.op_count - 1) * sizeof b.ops[0]);
    b.ops[1].a_first = b.header.span_count - 2;
    b.ops[1].out_first = b.header.span_count - 1;
    assert_int_equal(open_builder(), V5L_E_OVERLAP);
}

static void test_orders_must_be_permutations(void **state) {
    (void)state;
    BROKEN(b.orders[3] = b.orders[4], V5L_E_PERMUTATION);
    BROKEN(b.orders[3] = 22, V5L_E_PERMUTATION);
    BROKEN(op("view")->order = 1, V5L_E_OFFSET);
    BROKEN(op("view")->order = 0xFFFFFFFEu, V5L_E_OFFSET);
}

static void test_heads_are_checked(void **state) {
    (void)state;
    BROKEN(b.heads[0].tensor = 1, V5L_E_HEAD);
    BROKEN(b.heads[0].tensor = 0xFFFFFFFFu, V5L_E_HEAD);
    BROKEN(b.heads[0].stride = 8, V5L_E_HEAD);
    BROKEN(b.heads[0].anchor_count = 0, V5L_E_COUNT);
    BROKEN(b.heads[0].anchor_count = 17, V5L_E_COUNT);
    BROKEN(b.heads[0].anchor_count = 1, V5L_E_HEAD);
    BROKEN(b.heads[0].obj_first = 0xFFFFFFFFu, V5L_E_HEAD);
    BROKEN(b.heads[0].box_step = 0xFFFFFFFFu, V5L_E_HEAD);
    BROKEN(b.heads[0].cls_first = 6, V5L_E_HEAD);
    BROKEN(b.heads[0].zero1 = 1, V5L_E_RESERVED);
    BROKEN(b.heads[0].anchors = 1u << 30, V5L_E_OFFSET);
    BROKEN(b.weights[b.heads[0].anchors / 4] = 0, V5L_E_VALUE);
    BROKEN(b.weights[b.heads[0].anchors / 4] = -3, V5L_E_VALUE);
    BROKEN(op("detect")->head = 1, V5L_E_HEAD);
    BROKEN(op("dw")->head = 1, V5L_E_HEAD);
    BROKEN(op("detect")->kind = V5L_OP_CONV, V5L_E_HEAD); /* a head that no DETECT op writes */
}

static void test_every_status_has_its_own_line(void **state) {
    (void)state;
    const char *unknown = v5l_status_text((v5l_status)1000);
    for (int s = 0; s >= -39; s--) {
        const char *text = v5l_status_text((v5l_status)s);
        assert_null(strchr(text, '\n'));
        if (s < V5L_E_AFFINITY && s > V5L_E_SIZE) continue; /* numbers not given out */
        assert_string_not_equal(text, unknown);
        for (int t = 0; t > s; t--)
            if (t >= V5L_E_AFFINITY || t <= V5L_E_SIZE) assert_string_not_equal(text, v5l_status_text((v5l_status)t));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_small_net_opens, setup),
        cmocka_unit_test_setup(test_null_and_misaligned_pointers_are_refused, setup),
        cmocka_unit_test_setup(test_truncation_at_every_byte_is_refused, setup),
        cmocka_unit_test_setup(test_a_byte_too_many_is_refused, setup),
        cmocka_unit_test_setup(test_a_flip_of_every_byte_is_refused, setup),
        cmocka_unit_test_setup(test_sealed_flips_of_every_header_and_table_byte_are_safe, setup),
        cmocka_unit_test_setup(test_envelope_errors_have_their_own_status, setup),
        cmocka_unit_test_setup(test_counts_are_limited, setup),
        cmocka_unit_test_setup(test_every_section_offset_must_be_the_computed_one, setup),
        cmocka_unit_test(test_strings_are_checked),
        cmocka_unit_test(test_tensor_records_are_checked),
        cmocka_unit_test(test_span_records_are_checked),
        cmocka_unit_test(test_shared_span_records_are_refused),
        cmocka_unit_test(test_unknown_enums_are_refused),
        cmocka_unit_test(test_geometry_is_checked),
        cmocka_unit_test(test_operands_must_agree),
        cmocka_unit_test(test_maps_of_one_pixel_stay_apart),
        cmocka_unit_test(test_gates_must_fit_their_maps),
        cmocka_unit_test(test_payloads_must_match_dimensions),
        cmocka_unit_test(test_forward_references_and_cycles_are_refused),
        cmocka_unit_test_setup(test_writing_twice_before_reading_is_refused, setup),
        cmocka_unit_test(test_orders_must_be_permutations),
        cmocka_unit_test(test_heads_are_checked),
        cmocka_unit_test(test_every_status_has_its_own_line),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
