/* SPDX-License-Identifier: MIT */
/* Prints the audit of a net, op by op, and its memory, to stdout. */
#ifndef V5LITE_PLAN_REPORT_H
#define V5LITE_PLAN_REPORT_H

#include "audit.h"

/* The JSON includes the comparison if there is one. */
void plan_report_text(const audit *a);
void plan_report_json(const audit *a);

/* Print the parts of a net's memory: as text, and as a JSON object. Both without line feed. */
void memory_line_text(const v5l_net_info *net);
void memory_line_json(const v5l_net_info *net);

#endif
