/* SPDX-License-Identifier: MIT */
#include "places.h"

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

static int same_point(const place *p, int a, int b) {
    return p->numbers[a] == p->numbers[b] && p->numbers[a + 1] == p->numbers[b + 1] &&
           p->in_parts[a] == p->in_parts[b] && p->in_parts[a + 1] == p->in_parts[b + 1];
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
    if (low == 2 && same_point(out, 0, 2)) return "expected two points that differ";
    return NULL;
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

static void resolve(place *all, int count, int width, int height) {
    for (int i = 0; i < count; i++)
        for (int n = 0; n < all[i].count; n++) {
            const float side = (float)(n % 2 == 0 ? width : height);
            all[i].pixels[n] = all[i].in_parts[n] ? all[i].numbers[n] / 100 * side : all[i].numbers[n];
        }
}

void places_resolve(places *p, int width, int height) {
    resolve(p->lines, p->line_count, width, height);
    resolve(p->zones, p->zone_count, width, height);
}

void places_free(places *p) {
    free(p->lines);
    free(p->zones);
}
