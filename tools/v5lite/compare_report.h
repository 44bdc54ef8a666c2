/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_COMPARE_REPORT_H
#define V5LITE_COMPARE_REPORT_H

#include "audit.h"

/* Print the comparison of an audit that has one to stdout. The last line of the text is the verdict. The JSON is a
 * member of the audit's object, followed by a comma. */
void compare_report_text(const audit *a);
void compare_report_json(const audit *a);

/* Returns the name of the op of a row, or "input". */
const char *row_name(const audit *a, const comparison_row *row);

#endif
