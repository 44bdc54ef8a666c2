/* SPDX-License-Identifier: MIT */
/* The arena of a net as a map: time from left to right, offsets from top to bottom, each block a rectangle. */
#ifndef V5LITE_MEMORY_MAP_H
#define V5LITE_MEMORY_MAP_H

#include "session.h"

typedef struct map_block {
    v5l_block_info at;
    int index;        /* as v5l_net_get_block counts; for a tensor its number */
    const char *name; /* the op that writes a tensor first, or what it is */
    int more_writers; /* ops that write it later */
    char mark;        /* how the text map shows it; repeats behind 62 blocks */
} map_block;

typedef struct memory_map {
    map_block *blocks; /* those of more than 0 bytes, by first op, then offset */
    int count;
    int *times; /* columns: -1, the ops that compute something, op_count; in this order */
    int time_count;
    size_t arena_bytes;
    size_t least_bytes; /* alive at one time: no placement takes less */
    int least_op;       /* at that time */
} memory_map;

/* Of a session that has a net. Reports an error and returns STATUS_BAD if memory is out; else memory_map_free. */
int memory_map_make(memory_map *map, const session *s);
void memory_map_free(memory_map *map);

/* The column of an op, or of what runs next if it computes nothing. */
int memory_map_column(const memory_map *map, int op);

/* To stdout, 99 characters wide at most: a cell shows the mark of the block that takes most of it. */
void memory_map_draw(const memory_map *map);

/* The same as a picture, self-contained, into a file. Reports an error and returns STATUS_BAD if it cannot be written. */
int memory_map_write_svg(const memory_map *map, const char *title, const char *path);

#endif
