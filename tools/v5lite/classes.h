/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_CLASSES_H
#define V5LITE_CLASSES_H

#include "v5lite.h"

/* Parses a list of class numbers and names, such as "0,dog,traffic light", into a malloc'ed mask for
 * v5l_net_options.classes. A word that is both a name and a number counts as the name. Reports an error and returns
 * STATUS_BAD for unknown classes. */
int classes_parse(const char *list, const v5l_model *model, uint8_t **mask);

#endif
