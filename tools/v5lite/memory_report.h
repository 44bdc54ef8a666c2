/* SPDX-License-Identifier: MIT */
/* Prints flash and RAM of a net, with the blocks of its arena, to stdout. */
#ifndef V5LITE_MEMORY_REPORT_H
#define V5LITE_MEMORY_REPORT_H

#include "memory_map.h"

/* The map is of the session's net. */
void memory_report_text(const session *s, const memory_map *map);
void memory_report_json(const session *s, const memory_map *map);

#endif
