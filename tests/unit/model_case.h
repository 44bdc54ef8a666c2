/* SPDX-License-Identifier: MIT */
/* Shared parts of the reader's tests: the builder's small net, to break in one place and open. */
#ifndef MODEL_CASE_H
#define MODEL_CASE_H

#include "check.h"

extern builder b;

/* Setup of a test, for cmocka: makes the small net. */
int small_net(void **state);
/* .. in 8 bits, in half floats. */
int small_net_s8(void **state);
int small_net_f16(void **state);

/* Opens a file and frees it. Sets a model if it opens, and otherwise leaves it untouched. */
v5l_status open_blob(blob *f);

/* The same with the builder's current net. */
v5l_status open_builder(void);

v5l_file_header *header(blob *f);

/* Returns the builder's op of this name. */
v5l_file_op *op(const char *name);

/* Returns the tensor that a span record names. */
v5l_file_tensor *tensor_of(uint32_t span);

/* Returns the status of a file by `build` after one change. */
#define BROKEN_OF(build, change, status)                                                                               \
    do {                                                                                                               \
        build;                                                                                                         \
        change;                                                                                                        \
        assert_int_equal(open_builder(), (status));                                                                    \
    } while (0)
#define BROKEN(change, status) BROKEN_OF(builder_small_net(&b), change, status)
#define BROKEN_S8(change, status) BROKEN_OF(builder_small_net_s8(&b), change, status)

#endif
