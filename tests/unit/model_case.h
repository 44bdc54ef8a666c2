/* SPDX-License-Identifier: MIT */
/* What the tests of the reader share: the builder's small net, to be broken in one place and opened. */
#ifndef MODEL_CASE_H
#define MODEL_CASE_H

#include "check.h"

extern builder b;

/* Setup of a test, for cmocka: the small net. */
int small_net(void **state);

/* Opens a file and frees it; a model is set if it opens, and else untouched. */
v5l_status open_blob(blob *f);

/* The same with what the builder has now. */
v5l_status open_builder(void);

v5l_file_header *header(blob *f);

/* The builder's op of this name. */
v5l_file_op *op(const char *name);

/* The tensor that a span record names. */
v5l_file_tensor *tensor_of(uint32_t span);

/* What a file by `build` says after one change. */
#define BROKEN_OF(build, change, status)                                                                               \
    do {                                                                                                               \
        build;                                                                                                         \
        change;                                                                                                        \
        assert_int_equal(open_builder(), (status));                                                                    \
    } while (0)
#define BROKEN(change, status) BROKEN_OF(builder_small_net(&b), change, status)

#endif
