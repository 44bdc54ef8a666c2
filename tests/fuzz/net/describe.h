/* SPDX-License-Identifier: MIT */
/* Checks what the library says of an opened model, and of requests that cannot be met. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "choices.h"
#include "v5lite.h"

/* Every head, op, span and class name can be had, and none beyond. Aborts where not. */
void check_descriptions(const v5l_model *model);

/* Spoils one of the options, which are good ones: the library must refuse them and name that one. */
void check_bad_options(const v5l_model *model, const v5l_net_options *good, choices *c);

/* Spoils a picture that is good: the net must refuse it. */
void check_bad_image(v5l_net *net, const v5l_image *good, choices *c);

/* A letterbox of any sizes keeps to its rules. */
void check_letterbox(choices *c);

#endif
