/* SPDX-License-Identifier: MIT */
/* Shared parts of the tests of nets: a small model, options and a picture, made again for each test. */
#ifndef NET_CASE_H
#define NET_CASE_H

#include "check.h"

#include "model.h"

extern builder b;
extern blob file;
extern v5l_model model; /* the builder's when it was opened */
extern v5l_net_options options;
extern const v5l_image image;

/* Opens the builder's current model. */
void reopen(void);

/* An observer that does nothing. */
void ignore_op(void *user, int op, const v5l_view *output);

/* Setup and teardown of each test, for cmocka. */
int open_net(void **state);
int close_net(void **state);

#endif
