/* SPDX-License-Identifier: MIT */
/* Flash and RAM of a net, down to the blocks of its arena. All of it goes to stdout. */
#ifndef V5LITE_MEMORY_REPORT_H
#define V5LITE_MEMORY_REPORT_H

#include "memory_map.h"

/* The session has a net, and the map is of it. */
void memory_report_text(const session *s, const memory_map *map);
void memory_report_json(const session *s, const memory_map *map);

#endif
