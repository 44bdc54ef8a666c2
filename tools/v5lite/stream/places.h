/* SPDX-License-Identifier: MIT */
/* Lines and zones of a command line, "NAME:x0,y0,x1,y1". */
#ifndef V5LITE_PLACES_H
#define V5LITE_PLACES_H

#include "args.h"
#include "v5lite_track.h"

enum { PLACE_NAME_SIZE = 64, PLACE_MAX_NUMBERS = 2 * V5L_MAX_LINES };

typedef struct place {
    char name[PLACE_NAME_SIZE];
    int count;                        /* numbers: x, y of each point in turn */
    float numbers[PLACE_MAX_NUMBERS]; /* as given */
    char in_parts[PLACE_MAX_NUMBERS]; /* nonzero: percent of the frame's width or height, not pixels */
    float pixels[PLACE_MAX_NUMBERS];  /* set by places_resolve */
} place;

typedef struct places {
    place *lines, *zones;
    int line_count, zone_count;
} places;

/* Parses one place of low .. high points. Returns NULL, or what was expected. */
const char *place_parse(place *out, const char *text, int low, int high);

/* Parses all. Reports an error and returns STATUS_BAD if that fails. Call places_free in any case. */
int places_open(places *p, const args_list *lines, const args_list *zones);

/* Sets the pixels of all points for frames of this size. Returns the first place without length or area in such
 * frames; NULL: none. */
const place *places_resolve(places *p, int width, int height);

void places_free(places *p);

#endif
