/* SPDX-License-Identifier: MIT */
/* Map of a net's arena: time from left to right, offsets from top to bottom; each block is a rectangle. */
#ifndef V5LITE_MEMORY_MAP_H
#define V5LITE_MEMORY_MAP_H

#include "session.h"

typedef struct map_block {
    v5l_block_info at;
    int index;        /* of v5l_net_get_block; for a tensor its number */
    const char *name; /* the first op that writes the tensor, or the purpose of the block */
    int more_writers; /* number of further ops that write it */
    char mark;        /* letter or digit in the text map; repeats after 62 blocks */
} map_block;

typedef struct memory_map {
    map_block *blocks; /* blocks of more than 0 bytes, by first op, then offset */
    int count;
    int *times; /* columns: -1, the ops that are not views, op_count; in this order */
    int time_count;
    size_t arena_bytes;
    size_t least_bytes; /* most bytes alive at one time: the lower bound of any placement */
    int least_op;       /* op at that time */
} memory_map;

/* Makes the map of a session that has a net. Reports an error and returns STATUS_BAD if out of memory; otherwise
 * call memory_map_free. */
int memory_map_make(memory_map *map, const session *s);
void memory_map_free(memory_map *map);

/* Returns the column of an op; for a view that of the next op. */
int memory_map_column(const memory_map *map, int op);

/* Prints the map to stdout, at most 99 characters wide. A cell shows the mark of the block with the largest part of
 * it. */
void memory_map_draw(const memory_map *map);

/* Writes the map as a self-contained SVG file. Reports an error and returns STATUS_BAD if it cannot be written. */
int memory_map_write_svg(const memory_map *map, const char *title, const char *path);

#endif
