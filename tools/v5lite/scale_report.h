/* SPDX-License-Identifier: MIT */
/* Types and scales of the ops, for info and audit. */
#ifndef V5LITE_SCALE_REPORT_H
#define V5LITE_SCALE_REPORT_H

#include "saturation.h"
#include "session.h"

/* Returns 1 if any op writes S8. */
int has_scales(const session *s);

/* Prints a table of the ops that compute S8 values: types, smallest and largest scale and zero point of their output
 * channels; with counts, [op_count], also how many integers are at the ends of their range. */
void scale_report_text(const session *s, const saturation *counts);

/* Prints the types of an op as JSON members, each after a comma: in_type, out_type, and where its scales begin,
 * scale and zero. */
void scale_report_json(const session *s, int op, const v5l_op_info *info);

#endif
