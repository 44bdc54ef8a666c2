/* SPDX-License-Identifier: MIT */
/* Checks the library's description of an opened model, and its refusal of bad requests. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "choices.h"
#include "v5lite.h"

/* Checks that every head, op, span and class name can be read, and none past the last. Aborts otherwise. */
void check_descriptions(const v5l_model *model);

/* Makes one of the valid options invalid: the library must refuse them and name that one. */
void check_bad_options(const v5l_model *model, const v5l_net_options *good, choices *c);

/* Makes a valid picture invalid: the net must refuse it. */
void check_bad_image(v5l_net *net, const v5l_image *good, choices *c);

/* Checks the rules of letterboxes of any sizes. */
void check_letterbox(choices *c);

#endif
