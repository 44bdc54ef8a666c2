/* SPDX-License-Identifier: MIT */
#include "places.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

/* Parses a number of pixels, or percent. Returns 0 for other texts. */
static int parse_number(const char *text, size_t length, float *out, char *in_parts) {
    char word[32];
    if (length == 0 || length >= sizeof word) return 0;
    memcpy(word, text, length);
    word[length] = 0;
    *in_parts = word[length - 1] == '%';
    if (*in_parts) word[length - 1] = 0;
    const float high = *in_parts ? 100 : V5L_MAX_COORDINATE;
    return args_real(word, *in_parts ? 0 : -high, high, out);
}

/* Returns whether a line has no length, or a zone no area: its points are on one line. */
static int is_flat(const float *points, int count) {
    double far_x = 0, far_y = 0; /* of the point that is farthest from the first one */
    for (int i = 2; i < count; i += 2) {
        const double x = (double)points[i] - (double)points[0], y = (double)points[i + 1] - (double)points[1];
        if (hypot(x, y) > hypot(far_x, far_y)) far_x = x, far_y = y;
    }
    if (count == 4 || (far_x == 0 && far_y == 0)) return far_x == 0 && far_y == 0;
    for (int i = 2; i < count; i += 2) {
        const double x = (double)points[i] - (double)points[0], y = (double)points[i + 1] - (double)points[1];
        if (x * far_y != y * far_x) return 0;
    }
    return 1;
}

/* Returns whether a place is flat in frames of any size. */
static int is_always_flat(const place *p) {
    for (int i = 2; i < p->count; i++)
        if (p->in_parts[i] != p->in_parts[i % 2]) return 0;
    return is_flat(p->numbers, p->count);
}

const char *place_parse(place *out, const char *text, int low, int high) {
    const char *colon = strrchr(text, ':'); /* names may have colons, numbers have none */
    memset(out, 0, sizeof *out);
    if (colon == NULL || colon == text) return "expected a name and a colon before the points";
    if (colon - text >= PLACE_NAME_SIZE) return "expected a name of at most 63 bytes";
    memcpy(out->name, text, (size_t)(colon - text));
    for (const char *p = colon + 1;;) {
        const size_t length = strcspn(p, ",");
        if (out->count == 2 * high) return high == 2 ? "expected two points" : "expected at most 64 points";
        if (!parse_number(p, length, &out->numbers[out->count], &out->in_parts[out->count]))
            return "expected numbers of pixels, or 0% to 100%, separated by commas";
        out->count++;
        if (p[length] == 0) break;
        p += length + 1;
    }
    if (out->count % 2 != 0) return "expected x and y of each point";
    if (out->count < 2 * low) return low == 2 ? "expected two points" : "expected at least three points";
    if (!is_always_flat(out)) return NULL;
    return low == 2 ? "expected two points that differ" : "expected points that are not on one line";
}

static int is_known(const place *all, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(all[i].name, name) == 0) return 1;
    return 0;
}

static int open_list(place **out, int *count, const args_list *list, const char *option, int low, int high) {
    if (list->count == 0) return STATUS_OK;
    *out = malloc((size_t)list->count * sizeof **out);
    if (*out == NULL) return report_error("out of memory", option, "expected fewer of them");
    for (int i = 0; i < list->count; i++) {
        char where[256];
        snprintf(where, sizeof where, "%s %s", option, list->texts[i]);
        const char *why = place_parse(&(*out)[i], list->texts[i], low, high);
        if (why == NULL && is_known(*out, i, (*out)[i].name)) why = "expected another name: it is taken";
        if (why != NULL) return report_error("bad value", where, "%s", why);
        *count = i + 1;
    }
    return STATUS_OK;
}

int places_open(places *p, const args_list *lines, const args_list *zones) {
    *p = (places){.lines = NULL};
    const int status = open_list(&p->lines, &p->line_count, lines, "--count-line", 2, 2);
    return status == STATUS_OK ? open_list(&p->zones, &p->zone_count, zones, "--zone", 3, V5L_MAX_LINES) : status;
}

static const place *resolve(place *all, int count, int width, int height) {
    const place *flat = NULL;
    for (int i = 0; i < count; i++) {
        place *p = &all[i];
        for (int n = 0; n < p->count; n++) {
            const float side = (float)(n % 2 == 0 ? width : height);
            p->pixels[n] = p->in_parts[n] ? p->numbers[n] / 100 * side : p->numbers[n];
        }
        if (flat == NULL && is_flat(p->pixels, p->count)) flat = p;
    }
    return flat;
}

const place *places_resolve(places *p, int width, int height) {
    const place *line = resolve(p->lines, p->line_count, width, height);
    const place *zone = resolve(p->zones, p->zone_count, width, height);
    return line != NULL ? line : zone;
}

void places_free(places *p) {
    free(p->lines);
    free(p->zones);
}
