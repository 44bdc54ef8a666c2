/* SPDX-License-Identifier: MIT */
#include "memory_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "code_size.h"
#include "json.h"
#include "machine.h"
#include "plan_report.h"
#include "text.h"

/* Returns the sum of all parts; 0 if the build did not measure. */
static long code_bytes(void) {
    long bytes = 0;
    for (const code_part *p = code_parts; p->name != NULL; p++)
        bytes += p->bytes;
    return bytes;
}

static double percent_above(size_t bytes, size_t least) {
    return least > 0 ? 100.0 * ((double)bytes / (double)least - 1.0) : 0.0;
}

/* Formats a shape, with the rows of a window: "40x40x60", "40x40x60, 5 rows". */
static void shape_text(const map_block *b, char *text, size_t size) {
    if (b->at.kind != V5L_BLOCK_TENSOR)
        snprintf(text, size, "-");
    else if (b->at.window_rows > 0)
        snprintf(text, size, "%dx%dx%d, %d rows", b->at.height, b->at.width, b->at.channels, b->at.window_rows);
    else
        snprintf(text, size, "%dx%dx%d", b->at.height, b->at.width, b->at.channels);
}

static size_t candidate_bytes(const memory_map *map) {
    for (int i = 0; i < map->count; i++)
        if (map->blocks[i].at.kind == V5L_BLOCK_CANDIDATES) return map->blocks[i].at.bytes;
    return 0;
}

static void text_flash(const session *s) {
    puts("flash");
    if (code_bytes() > 0)
        printf("  %-22s%10ld bytes:", "code and constants", code_bytes());
    else
        printf("  %-22s%10s", "code and constants", "not known in this build");
    for (const code_part *p = code_parts; p->name != NULL; p++)
        printf("%s %s %ld", p == code_parts ? "" : ",", p->name, p->bytes);
    printf("\n  %-22s%10zu bytes, read in place; weights %" PRIu64 " of it\n", "model", s->info.file_bytes,
           s->info.weight_bytes);
}

static void text_ram(const memory_map *map, const v5l_net_info *net) {
    puts("RAM, for one thread");
    printf("  %-22s%10zu bytes, candidates %zu of it\n", "arena", map->arena_bytes, candidate_bytes(map));
    printf("  %-22s%10zu bytes, at op %d: the arena is %.2f %% larger\n", "  alive at once", map->least_bytes,
           map->least_op, percent_above(map->arena_bytes, map->least_bytes));
    printf("  %-22s%10zu bytes\n", "Winograd weights", net->winograd_bytes);
    printf("  %-22s%10zu bytes\n", "scratch", net->scratch_bytes);
    printf("  %-22s%10zu bytes\n", "tables", net->tables_bytes);
    printf("  %-22s%10zu bytes, for v5l_net_create\n", "total", net->memory_bytes);
    printf("  %-22s%10d bytes at most, not included\n", "stack", V5L_STACK_BYTES);
}

static void text_block(const map_block *b) {
    char tensor[16] = "", life[32], shape[64];
    const char *type = "";
    if (b->at.kind == V5L_BLOCK_TENSOR) {
        snprintf(tensor, sizeof tensor, "t%d", b->index);
        type = type_name(b->at.type);
    }
    snprintf(life, sizeof life, "%d-%d", b->at.first_op, b->at.last_op);
    shape_text(b, shape, sizeof shape);
    printf("%c %-5s%10zu%10zu  %-9s %-4s %-26s ", b->mark, tensor, b->at.bytes, b->at.offset, life, type, shape);
    put_printable(stdout, b->name);
    if (b->more_writers > 0) printf(" and %d more", b->more_writers);
    putchar('\n');
}

void memory_report_text(const session *s, const memory_map *map) {
    char kernels[MACHINE_TEXT];
    v5l_net_info net;
    v5l_net_get_info(s->net, &net);
    machine_kernels(s, kernels);
    put_printable(stdout, s->path);
    printf(", input %dx%d, kernels %s\n\n", net.width, net.height, kernels);
    text_flash(s);
    text_ram(map, &net);
    printf("\narena, by first op; -1: letterbox, %d: decode and NMS\n", s->info.op_count);
    printf("  %-5s%10s%10s  %-9s %-4s %-26s %s\n", "", "bytes", "at", "ops", "type", "height x width x channels",
           "written by");
    for (int i = 0; i < map->count; i++)
        text_block(&map->blocks[i]);
    printf("\nmap: offsets downwards, ops that compute something to the right; a cell shows what takes most of it\n");
    memory_map_draw(map);
}

static void json_code(void) {
    fputs("{", stdout);
    for (const code_part *p = code_parts; p->name != NULL; p++)
        printf("%s\"%s\": %ld", p == code_parts ? "" : ", ", p->name, p->bytes);
    fputs("}", stdout);
}

static void json_block(const map_block *b) {
    static const char *const kinds[] = {"tensor", "letterbox", "candidates"};
    printf("{\"kind\": \"%s\", ", kinds[b->at.kind]);
    if (b->at.kind == V5L_BLOCK_TENSOR)
        printf("\"tensor\": %d, \"shape\": [%d, %d, %d], \"window_rows\": %d, \"type\": \"%s\", ", b->index,
               b->at.height, b->at.width, b->at.channels, b->at.window_rows, type_name(b->at.type));
    fputs("\"name\": ", stdout);
    json_string(stdout, b->name);
    printf(
        ", \"more_writers\": %d, \"mark\": \"%c\", \"bytes\": %zu, \"offset\": %zu, \"first_op\": %d, \"last_op\": %d}",
        b->more_writers, b->mark, b->at.bytes, b->at.offset, b->at.first_op, b->at.last_op);
}

void memory_report_json(const session *s, const memory_map *map) {
    char kernels[MACHINE_TEXT];
    v5l_net_info net;
    v5l_net_get_info(s->net, &net);
    machine_kernels(s, kernels);
    fputs("{\"file\": ", stdout);
    json_string(stdout, s->path);
    printf(",\n\"input\": [%d, %d],\n\"threads\": %d,\n\"kernels\": ", net.width, net.height, net.threads);
    json_string(stdout, kernels);
    fputs(",\n\"flash\": {\"code\": ", stdout);
    if (code_bytes() > 0)
        json_code();
    else
        fputs("null", stdout);
    printf(", \"model\": %zu, \"weights\": %" PRIu64 "},\n\"memory\": ", s->info.file_bytes, s->info.weight_bytes);
    memory_line_json(&net);
    printf(",\n\"stack\": %d,\n\"candidates\": %zu,\n\"least_arena\": %zu,\n\"least_op\": %d,\n\"op_count\": "
           "%d,\n\"times\": [",
           V5L_STACK_BYTES, candidate_bytes(map), map->least_bytes, map->least_op, s->info.op_count);
    for (int i = 0; i < map->time_count; i++)
        printf("%s%d", i > 0 ? ", " : "", map->times[i]);
    fputs("],\n\"blocks\": [", stdout);
    for (int i = 0; i < map->count; i++) {
        fputs(i > 0 ? ",\n" : "\n", stdout);
        json_block(&map->blocks[i]);
    }
    puts("\n]}");
}
