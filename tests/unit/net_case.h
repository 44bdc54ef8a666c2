/* SPDX-License-Identifier: MIT */
/* What the tests of nets share: a small model, options and a picture, made anew for each test. */
#ifndef NET_CASE_H
#define NET_CASE_H

#include "check.h"

#include "model.h"

extern builder b;
extern blob file;
extern v5l_model model; /* of the builder as it was when it was opened */
extern v5l_net_options options;
extern const v5l_image image;

/* Opens the model that the builder has now. */
void reopen(void);

/* Setup and teardown of each test, for cmocka. */
int open_net(void **state);
int close_net(void **state);

#endif
