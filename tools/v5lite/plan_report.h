/* SPDX-License-Identifier: MIT */
/* The plan of a net, op by op, and its memory, for people and for programs. All of it goes to stdout. */
#ifndef V5LITE_PLAN_REPORT_H
#define V5LITE_PLAN_REPORT_H

#include "session.h"

/* The session has a net. */
void plan_report_text(const session *s);
void plan_report_json(const session *s);

/* What a net's memory is made of: a line that says it, and a JSON object. Both without an end of line. */
void memory_line_text(const v5l_net_info *net);
void memory_line_json(const v5l_net_info *net);

#endif
