/* SPDX-License-Identifier: MIT */
/* The audit of a net, op by op, and its memory, for people and for programs. All of it goes to stdout. */
#ifndef V5LITE_PLAN_REPORT_H
#define V5LITE_PLAN_REPORT_H

#include "audit.h"

/* With the comparison, where there is one, in JSON only. */
void plan_report_text(const audit *a);
void plan_report_json(const audit *a);

/* What a net's memory is made of: a line that says it, and a JSON object. Both without an end of line. */
void memory_line_text(const v5l_net_info *net);
void memory_line_json(const v5l_net_info *net);

#endif
