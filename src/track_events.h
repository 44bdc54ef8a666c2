/* SPDX-License-Identifier: MIT */
/* State of the events of tracks. */
#ifndef V5L_TRACK_EVENTS_H
#define V5L_TRACK_EVENTS_H

#include "v5lite_track.h"

typedef struct {
    float x, y;
} v5l_point;

typedef struct {
    const v5l_point *points;
    int count;
} v5l_polygon;

/* The track of a slot, when it was last seen. */
typedef struct {
    uint32_t id; /* 0: the slot is free */
    int is_new;  /* never seen before */
    int class_id;
    v5l_point at;
    uint64_t seen_us;
} v5l_observed;

/* The side of a line where a track was last, and where: 1 right, -1 left, 0 not known yet. */
typedef struct {
    int side;
    v5l_point at;
} v5l_side;

/* Whether a track is in a zone, since when, and of which class it was then. */
typedef struct {
    int inside, class_id;
    uint64_t since_us;
} v5l_stay;

struct v5l_events {
    int max_tracks, class_count, line_count, zone_count;
    v5l_anchor anchor;
    float margin;
    uint64_t time_us;
    v5l_line *lines;           /* [line_count] */
    v5l_polygon *zones;        /* [zone_count] */
    v5l_point *points;         /* of all zones */
    v5l_observed *observed;    /* [max_tracks] */
    uint32_t *present;         /* [max_tracks]: ids of the tracks of an update */
    v5l_side *sides;           /* [max_tracks][line_count] */
    v5l_stay *stays;           /* [max_tracks][zone_count] */
    uint32_t *crossings;       /* [line_count][2][class_count + 1] */
    v5l_zone_info *zone_infos; /* [zone_count][class_count + 1] */
};

#endif
