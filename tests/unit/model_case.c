/* SPDX-License-Identifier: MIT */
#include "model_case.h"

builder b;

int small_net(void **state) {
    (void)state;
    builder_small_net(&b);
    return 0;
}

int small_net_s8(void **state) {
    (void)state;
    builder_small_net_s8(&b);
    return 0;
}

int small_net_f16(void **state) {
    (void)state;
    builder_small_net_f16(&b);
    return 0;
}

v5l_status open_blob(blob *f) {
    v5l_model model = {NULL, 0};
    const v5l_status status = v5l_model_open(&model, f->bytes, f->size);
    if (status == V5L_OK)
        assert_ptr_equal(model.bytes, f->bytes);
    else
        assert_null(model.bytes); /* untouched on failure */
    blob_free(f);
    return status;
}

v5l_status open_builder(void) {
    blob f = builder_finish(&b);
    return open_blob(&f);
}

v5l_file_header *header(blob *f) { return (v5l_file_header *)(void *)f->bytes; }

v5l_file_op *op(const char *name) {
    for (uint32_t i = 0; i < b.header.op_count; i++)
        if (strcmp(b.strings + b.ops[i].name, name) == 0) return &b.ops[i];
    fail_msg("no op %s", name);
    return NULL;
}

v5l_file_tensor *tensor_of(uint32_t span) { return &b.tensors[b.spans[span].tensor]; }
