/* SPDX-License-Identifier: MIT */
/* State of a tracker. */
#ifndef V5L_TRACK_H
#define V5L_TRACK_H

#include "track_filter.h"
#include "track_match.h"
#include "v5lite_track.h"

/* State of a track. Numbers are bits of a mask. */
enum { V5L_TRACK_FREE = 0, V5L_TRACK_TENTATIVE = 1, V5L_TRACK_SEEN = 2, V5L_TRACK_LOST = 4 };

/* Role of a box in an update. */
enum { V5L_BOX_IGNORED = 0, V5L_BOX_HIGH = 1, V5L_BOX_LOW = 2, V5L_BOX_TAKEN = 3 };

typedef struct {
    v5l_box_filter filter;
    v5l_corners box; /* of the filter */
    int state;       /* of before this update, until it ends */
    int taken;       /* index of its box of this update, or -1 */
    int boxes;       /* so far, at most 255 */
    uint32_t id;
    int class_id;
    float class_votes; /* sum of scores of boxes of this class, minus those of others */
    float score;
    uint64_t first_us, last_us; /* its first and last box */
} v5l_tracked;

struct v5l_tracker {
    v5l_tracker_options options;
    int is_first; /* no update yet */
    uint32_t next_id;
    uint64_t time_us;
    v5l_tracked *tracks;        /* [max_tracks] */
    v5l_corners *column_box;    /* [max_boxes] */
    int32_t *row_slot, *column; /* [max_tracks], [max_boxes]: slot of a row and box of a column of the matching */
    uint8_t *use;               /* [max_boxes] */
    v5l_matching matching;
};

/* One round of association: which tracks get which boxes. */
typedef struct {
    int states; /* mask of V5L_TRACK_... */
    int use;    /* V5L_BOX_HIGH or V5L_BOX_LOW */
    float iou;  /* least, of the box, or times its score */
    int by_score;
} v5l_round;

/* Gives boxes to the tracks of some states that have none: sets their `taken`, and `use` of the boxes. */
void v5l_associate(v5l_tracker *t, const v5l_detection *boxes, int count, const v5l_round *round);

#endif
