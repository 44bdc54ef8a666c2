/* SPDX-License-Identifier: MIT */
#include "memory_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static const char marks[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/* ---- blocks ---- */

static int writes(const session *s, int op, int tensor) {
    v5l_channel_span span;
    for (int i = 0; v5l_model_get_span(&s->model, op, V5L_OPERAND_OUT, i, &span) == V5L_OK; i++)
        if (span.tensor == tensor) return 1;
    return 0;
}

static void name_block(const session *s, map_block *block) {
    block->name = block->at.kind == V5L_BLOCK_LETTERBOX    ? "rows of the letterbox"
                  : block->at.kind == V5L_BLOCK_CANDIDATES ? "candidates"
                                                           : "picture, letterboxed";
    if (block->at.kind != V5L_BLOCK_TENSOR) return;
    for (int i = 0, found = 0; i < s->info.op_count; i++) {
        v5l_op_info op;
        if (!writes(s, i, block->index)) continue;
        v5l_model_get_op(&s->model, i, &op);
        if (found++ == 0)
            block->name = op.name;
        else
            block->more_writers++;
    }
}

static int by_first_op(const void *a, const void *b) {
    const map_block *x = a, *y = b;
    if (x->at.first_op != y->at.first_op) return x->at.first_op < y->at.first_op ? -1 : 1;
    return x->at.offset < y->at.offset ? -1 : x->at.offset > y->at.offset;
}

static void collect_blocks(memory_map *map, const session *s) {
    map_block block = {.index = 0};
    for (; v5l_net_get_block(s->net, block.index, &block.at) == V5L_OK; block.index++) {
        if (block.at.bytes == 0) continue;
        block.more_writers = 0;
        name_block(s, &block);
        map->blocks[map->count++] = block;
    }
    qsort(map->blocks, (size_t)map->count, sizeof *map->blocks, by_first_op);
    for (int i = 0; i < map->count; i++)
        map->blocks[i].mark = marks[(size_t)i % (sizeof marks - 1)];
}

static void collect_times(memory_map *map, const session *s) {
    map->times[map->time_count++] = -1;
    for (int i = 0; i < s->info.op_count; i++) {
        v5l_op_info op;
        v5l_model_get_op(&s->model, i, &op);
        if (!op.view) map->times[map->time_count++] = i;
    }
    map->times[map->time_count++] = s->info.op_count;
}

static void find_least(memory_map *map) {
    for (int t = 0; t < map->time_count; t++) {
        size_t alive = 0;
        for (int i = 0; i < map->count; i++)
            if (map->blocks[i].at.first_op <= map->times[t] && map->times[t] <= map->blocks[i].at.last_op)
                alive += map->blocks[i].at.bytes;
        if (alive <= map->least_bytes) continue;
        map->least_bytes = alive;
        map->least_op = map->times[t];
    }
}

int memory_map_make(memory_map *map, const session *s) {
    v5l_net_info net;
    v5l_net_get_info(s->net, &net);
    memset(map, 0, sizeof *map);
    map->arena_bytes = net.arena_bytes;
    map->blocks = malloc(((size_t)s->info.tensor_count + 2) * sizeof *map->blocks);
    map->times = malloc(((size_t)s->info.op_count + 2) * sizeof *map->times);
    if (map->blocks == NULL || map->times == NULL) {
        memory_map_free(map);
        return report_error("out of memory", s->path, "expected room for a list of %d tensors", s->info.tensor_count);
    }
    collect_blocks(map, s);
    collect_times(map, s);
    find_least(map);
    return STATUS_OK;
}

void memory_map_free(memory_map *map) {
    free(map->blocks);
    free(map->times);
    memset(map, 0, sizeof *map);
}

int memory_map_column(const memory_map *map, int op) {
    int first = 0, last = map->time_count - 1; /* binary search for the first time >= op, or the last time */
    while (first < last) {
        const int middle = first + (last - first) / 2;
        if (map->times[middle] < op)
            first = middle + 1;
        else
            last = middle;
    }
    return first;
}

/* ---- as text ---- */

enum { MAX_COLUMNS = 90, ROWS = 32, LABELLED_ROWS = 4, LABELLED_COLUMNS = 10 };

/* A cell of the text map: columns and offsets, ends excluded. */
typedef struct cell {
    int column0, column1;
    size_t offset0, offset1;
} cell;

/* Returns the area of a block inside a cell: columns times bytes. */
static double share(const memory_map *map, const map_block *block, const cell *c) {
    const int first = memory_map_column(map, block->at.first_op), end = memory_map_column(map, block->at.last_op) + 1;
    const int left = first > c->column0 ? first : c->column0, right = end < c->column1 ? end : c->column1;
    const size_t low = block->at.offset, high = low + block->at.bytes;
    const size_t top = low > c->offset0 ? low : c->offset0, bottom = high < c->offset1 ? high : c->offset1;
    return left < right && top < bottom ? (double)(right - left) * (double)(bottom - top) : 0.0;
}

static char mark_of(const memory_map *map, const cell *c) {
    char mark = '.';
    double most = 0.0;
    for (int i = 0; i < map->count; i++) {
        const double part = share(map, &map->blocks[i], c);
        if (part <= most) continue;
        most = part;
        mark = map->blocks[i].mark;
    }
    return mark;
}

/* Returns the first map column of text column i. */
static int begin(const memory_map *map, int i, int columns) { return map->time_count * i / columns; }

static void draw_row(const memory_map *map, int row, int columns) {
    char line[MAX_COLUMNS + 1];
    cell c = {.offset0 = map->arena_bytes / ROWS * (size_t)row,
              .offset1 = row + 1 < ROWS ? map->arena_bytes / ROWS * ((size_t)row + 1) : map->arena_bytes};
    for (int i = 0; i < columns; i++) {
        c.column0 = begin(map, i, columns);
        c.column1 = begin(map, i + 1, columns);
        line[i] = mark_of(map, &c);
    }
    line[columns] = 0;
    if (row % LABELLED_ROWS == 0)
        printf("%8zu %s\n", c.offset0, line);
    else
        printf("%8s %s\n", "", line);
}

void memory_map_draw(const memory_map *map) {
    const int columns = map->time_count < MAX_COLUMNS ? map->time_count : MAX_COLUMNS;
    for (int row = 0; row < ROWS; row++)
        draw_row(map, row, columns);
    printf("%8s ", "op");
    for (int i = 0; i < columns; i += LABELLED_COLUMNS)
        printf("%-*d", i + LABELLED_COLUMNS < columns ? LABELLED_COLUMNS : 0, map->times[begin(map, i, columns)]);
    putchar('\n');
}
