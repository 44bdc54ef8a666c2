/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_CLASSES_H
#define V5LITE_CLASSES_H

#include "v5lite.h"

/* Reads a list such as "0,dog,traffic light", class numbers or names, into a malloc'ed mask for
 * v5l_net_options.classes. A name that is a number is taken as a name first. Reports an error and returns STATUS_BAD for
 * unknown classes. */
int classes_parse(const char *list, const v5l_model *model, uint8_t **mask);

#endif
