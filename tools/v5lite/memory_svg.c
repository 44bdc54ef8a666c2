/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "markup.h"
#include "memory_map.h"
#include "message.h"
#include "output.h"

/* Pixels. */
enum {
    LEFT = 90,
    TOP = 40,
    WIDTH = 1000,
    HEIGHT = 520,
    BOTTOM = 50,
    RIGHT = 20,
    COLOURS = 8,
    TICKS = 8,
    COLUMN_STEP = 5
};

static const char style[] =
    "<style>\n"
    "  svg { background: #ffffff; font: 12px sans-serif } text { fill: #222222 } line { stroke: #99999955 }\n"
    "  rect { stroke: #ffffff; stroke-width: 1 }\n"
    "  .c0 { fill: #9ecae1 } .c1 { fill: #fdbe85 } .c2 { fill: #a1d99b } .c3 { fill: #dadaeb }\n"
    "  .c4 { fill: #fcbba1 } .c5 { fill: #c7e9c0 } .c6 { fill: #fff3a3 } .c7 { fill: #d9d9d9 }\n"
    "  @media (prefers-color-scheme: dark) {\n"
    "    svg { background: #16191d } text { fill: #e6e6e6 } rect { stroke: #16191d }\n"
    "    .c0 { fill: #2b5f82 } .c1 { fill: #8a5a1c } .c2 { fill: #2f6b3a } .c3 { fill: #54508f }\n"
    "    .c4 { fill: #8a3f2c } .c5 { fill: #4a7a56 } .c6 { fill: #76691f } .c7 { fill: #5a5f66 }\n"
    "  }\n"
    "</style>\n";

static double x_of(const memory_map *map, int column) { return LEFT + (double)WIDTH * column / map->time_count; }

static double y_of(const memory_map *map, size_t offset) {
    return TOP + (double)HEIGHT * (double)offset / (double)map->arena_bytes;
}

static void write_block(FILE *out, const memory_map *map, int i) {
    const map_block *b = &map->blocks[i];
    const double x = x_of(map, memory_map_column(map, b->at.first_op));
    const double width = x_of(map, memory_map_column(map, b->at.last_op) + 1) - x;
    const double y = y_of(map, b->at.offset), height = y_of(map, b->at.offset + b->at.bytes) - y;
    fprintf(out, "<g><title>");
    if (b->at.kind == V5L_BLOCK_TENSOR) fprintf(out, "t%d: ", b->index);
    markup_text(out, b->name);
    if (b->more_writers > 0) fprintf(out, " and %d more", b->more_writers);
    fprintf(out, "\n%zu bytes at %zu, ops %d to %d</title>", b->at.bytes, b->at.offset, b->at.first_op, b->at.last_op);
    fprintf(out, "<rect class=\"c%d\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>", i % COLOURS, x, y, width,
            height);
    if (b->at.kind == V5L_BLOCK_TENSOR && width >= 28 && height >= 14)
        fprintf(out, "<text x=\"%.2f\" y=\"%.2f\">t%d</text>", x + 4, y + 12, b->index);
    fputs("</g>\n", out);
}

static void write_axes(FILE *out, const memory_map *map) {
    for (int i = 0; i <= TICKS; i++) {
        const size_t offset = i < TICKS ? map->arena_bytes / TICKS * (size_t)i : map->arena_bytes;
        const double y = y_of(map, offset);
        fprintf(out, "<line x1=\"%d\" y1=\"%.2f\" x2=\"%d\" y2=\"%.2f\"/>", LEFT, y, LEFT + WIDTH, y);
        fprintf(out, "<text x=\"%d\" y=\"%.2f\" text-anchor=\"end\">%zu</text>\n", LEFT - 6, y + 4, offset);
    }
    for (int i = 0; i < map->time_count; i += (map->time_count + 149) / 150 * COLUMN_STEP)
        fprintf(out, "<text x=\"%.2f\" y=\"%d\">%d</text>\n", x_of(map, i), TOP + HEIGHT + 16, map->times[i]);
    fprintf(out, "<text x=\"%d\" y=\"%d\">op; -1: letterbox, %d: decode and NMS</text>\n", LEFT, TOP + HEIGHT + 36,
            map->times[map->time_count - 1]);
}

int memory_map_write_svg(const memory_map *map, const char *title, const char *path) {
    output file;
    const int status = output_open(&file, path);
    if (status != STATUS_OK) return status;
    FILE *out = file.stream;
    const int width = LEFT + WIDTH + RIGHT, height = TOP + HEIGHT + BOTTOM;
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n<title>",
            width, height, width, height);
    markup_text(out, title);
    fprintf(out, "</title>\n%s<text x=\"%d\" y=\"24\">", style, LEFT);
    markup_text(out, title);
    fputs("</text>\n", out);
    write_axes(out, map);
    for (int i = 0; i < map->count; i++)
        write_block(out, map, i);
    fputs("</svg>\n", out);
    return output_commit(&file);
}
