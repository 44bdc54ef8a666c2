/* SPDX-License-Identifier: MIT */
/* v5lite_track: identities of detected objects over the frames of a video, and what they do: cross lines, enter and
 * leave zones. Optional: v5lite.h does not need it. Works with boxes of any detector.
 *
 *     v5l_tracker_options options;
 *     v5l_tracker_options_default(&options);                // 128 tracks, 300 boxes, ByteTrack's thresholds
 *     size_t need = v5l_tracker_memory(&options);
 *     v5l_tracker *tracker;
 *     v5l_tracker_create(&tracker, &options, memory, need);
 *
 *     v5l_detection found[300];                             // of each frame, in order of time
 *     int count = 0;                                        // from v5l_net_detect
 *     v5l_track tracks[128];
 *     int n = v5l_tracker_update(tracker, found, count, time_us, tracks, 128);
 *
 * Give the detector a confidence as low as `low_score`: boxes of low score continue tracks, and start none.
 *
 * The rules of v5lite.h hold: memory is the caller's, no allocation, no writable globals, no calls but memcpy and
 * memset, NULL is safe, structs that can grow end in `reserved`. Results depend on nothing but the options and the
 * updates since v5l_tracker_create or v5l_tracker_reset. Arithmetic is 32-bit floating point in the default mode, and
 * integers. Needs no other part of the library. Stack: less than 1024 bytes a call.
 *
 * Sources: Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, 2022 (arXiv 2110.06864);
 * Bewley et al., Simple Online and Realtime Tracking, 2016 (arXiv 1602.00763); Kalman, A New Approach to Linear
 * Filtering and Prediction Problems, 1960; Jonker and Volgenant, A Shortest Augmenting Path Algorithm for Dense and
 * Sparse Linear Assignment Problems, 1987. */
#ifndef V5LITE_TRACK_H
#define V5LITE_TRACK_H

#include "v5lite.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Tracker --------------------------------------------------------------------------------------------------- */

#define V5L_MAX_TRACKS 4096

/* Largest magnitude of a corner of a box. */
#define V5L_MAX_COORDINATE 1048576

typedef struct v5l_tracker v5l_tracker;

/* Times are in microseconds, so that nothing depends on the frame rate. */
typedef struct v5l_tracker_options {
    int max_tracks; /* at any time, those that are tentative or lost included: 1 .. V5L_MAX_TRACKS */
    int max_boxes;  /* of one update: 1 .. V5L_MAX_TRACKS */
    /* Scores, 0 .. 1. Boxes of at least high_score may match any track. Those of at least low_score may match tracks
     * that were seen in the update before. Others are ignored. An unmatched box of at least start_score starts a
     * track. */
    float high_score, low_score, start_score;
    /* Least IoU of a track's predicted box and the box that continues it, 0 .. 1: boxes of high score (IoU times score,
     * as in ByteTrack), boxes of low score, and boxes that continue a tentative track (IoU times score). */
    float high_iou, low_iou, tentative_iou;
    /* A track is tentative until it has this many boxes in consecutive updates, 1 .. 255, and is not reported until
     * then. Tracks that start in the first update are never tentative. */
    int confirm_boxes;
    /* A track that had no box for longer than this ends: 0 .. 600000000 (10 minutes). */
    uint32_t max_lost_us;
    /* 0: a track matches boxes of its own class only. Nonzero: of any class; its class is then the one that most of its
     * boxes had, weighted by score. */
    int agnostic;
    uint64_t reserved[8];
} v5l_tracker_options;

typedef struct v5l_track {
    uint32_t id; /* 1, 2, 3 ... in the order of the tracks' starts; those that stay tentative leave gaps */
    int slot;    /* 0 .. max_tracks-1: no other track has it while this one lives */
    int class_id;
    int box;                      /* index of the box of this update, -1: none, the track is lost */
    float x0, y0, x1, y1;         /* corners in pixels as the filter estimates them; of a lost track: predicted */
    float score;                  /* of its last box */
    float velocity_x, velocity_y; /* of the middle, pixels a second */
    int boxes;                    /* how many it had so far; 255: that many or more */
    uint64_t age_us, unseen_us;   /* since its first and since its last box; unseen_us is 0 if it has a box now */
    uint64_t reserved[2];
} v5l_track;

/* Sets ByteTrack's defaults: scores 0.6, 0.1 and 0.7; IoU 0.2, 0.5 and 0.3; 2 boxes; 1 second; and 128 tracks, 300
 * boxes, classes apart. */
void v5l_tracker_options_default(v5l_tracker_options *options);

/* Returns V5L_OK if v5l_tracker_create can make this tracker. *bytes: how much memory it needs, set if V5L_OK. *option:
 * name of the field at fault, static storage, or NULL. Either pointer may be NULL. v5l_tracker_memory returns the
 * bytes, 0 on failure.
 * Errors: V5L_E_ARGUMENT. */
v5l_status v5l_tracker_check(const v5l_tracker_options *options, size_t *bytes, const char **option);
size_t v5l_tracker_memory(const v5l_tracker_options *options);

/* Makes a tracker without tracks inside memory, aligned to 64 and of at least v5l_tracker_memory bytes. Sets *tracker
 * to point into it. There is no destroy function: reuse or free the memory. options are copied.
 * Errors: those of v5l_tracker_check, V5L_E_ALIGNMENT, V5L_E_MEMORY. */
v5l_status v5l_tracker_create(v5l_tracker **tracker, const v5l_tracker_options *options, void *memory, size_t size);

/* Forgets all tracks and the time: as after v5l_tracker_create. NULL: does nothing. */
void v5l_tracker_reset(v5l_tracker *tracker);

/* Takes the boxes of one frame and writes the tracks that are not tentative, seen or lost, in the order of their slots.
 * Returns their number, or a negative status, after which the tracker is as before. Call it for each frame, also for
 * those without boxes.
 *
 * boxes: 0 .. max_boxes; v5l_detection with corners x0 <= x1, y0 <= y1 of at most V5L_MAX_COORDINATE in magnitude, a
 * score of 0 .. 1 and any class; NULL if count is 0. Boxes without area are ignored. time_us: of the frame, by any
 * clock that does not run backwards, in microseconds; frames may be missing. capacity: of tracks, at least max_tracks.
 * If all slots are taken, a new track takes the slot of the one that has been lost for longest; if no track is lost, it
 * does not start.
 * Time: at most about O(n^3) for n tracks and boxes, typically O(n^2).
 * Errors: V5L_E_ARGUMENT (also a time before the last one), V5L_E_BOX. */
int v5l_tracker_update(v5l_tracker *tracker, const v5l_detection *boxes, int count, uint64_t time_us, v5l_track *tracks,
                       int capacity);

/* ---- Events: lines and zones ----------------------------------------------------------------------------------- */

/* Needs tracks, of v5l_tracker or of another tracker that gives each a slot. */
typedef struct v5l_events v5l_events;

#define V5L_MAX_LINES 64 /* also the most zones, and the most points of a zone */

/* From (x0, y0) to (x1, y1), pixels of the picture. Right and left are as seen when walking along it: right
 * of a line from left to right is the lower part of the picture. */
typedef struct v5l_line {
    float x0, y0, x1, y1;
} v5l_line;

/* A polygon, closed from the last point to the first. Where edges cross, the even-odd rule says what is inside. */
typedef struct v5l_zone {
    const float *points; /* `count` pairs x, y, pixels of the picture */
    int count;           /* 3 .. V5L_MAX_LINES */
} v5l_zone;

/* The observed box of a track. */
typedef enum v5l_anchor { V5L_ANCHOR_FOOT = 0, V5L_ANCHOR_MIDDLE = 1 } v5l_anchor; /* foot: middle of the lower edge */

typedef struct v5l_events_options {
    int max_tracks;        /* the tracker's: slots are 0 .. max_tracks-1; 1 .. V5L_MAX_TRACKS */
    int class_count;       /* counts are kept for classes 0 .. class_count-1, and for all together; 0 .. 4096 */
    const v5l_line *lines; /* line_count, zone_count: 0 .. V5L_MAX_LINES. Lines, zones and points are copied */
    int line_count;
    const v5l_zone *zones;
    int zone_count;
    v5l_anchor anchor;
    /* 0 .. 1, part of the box's height: the anchor has crossed a line, or the edge of a zone, only when it is this far
     * from it on the other side, so that a box that trembles on a line is not counted again and again. */
    float margin;
    uint64_t reserved[4];
} v5l_events_options;

typedef enum v5l_event_kind {
    V5L_EVENT_TO_RIGHT = 0, /* crossed a line from its left to its right */
    V5L_EVENT_TO_LEFT = 1,
    V5L_EVENT_ENTER = 2, /* came into a zone, or was in it when the track began */
    V5L_EVENT_LEAVE = 3  /* left a zone, or its track ended in it */
} v5l_event_kind;

typedef struct v5l_event {
    v5l_event_kind kind;
    int index;         /* of the line or zone */
    uint32_t track_id; /* v5l_track.id */
    int class_id;      /* of LEAVE: the one that ENTER had */
    float x, y;        /* the anchor, when the track was last seen */
    uint64_t dwell_us; /* LEAVE: time in the zone; others: 0 */
    uint64_t reserved[2];
} v5l_event;

typedef struct v5l_zone_info {
    uint32_t inside, entered, left; /* now; since v5l_events_create or v5l_events_reset */
    uint64_t dwell_us;              /* sum over all that left */
    uint64_t reserved[2];
} v5l_zone_info;

/* Sets 128 tracks, 1 class, no lines and zones, the foot, and a margin of 0.05. */
void v5l_events_options_default(v5l_events_options *options);

/* As v5l_tracker_check, v5l_tracker_memory, v5l_tracker_create and v5l_tracker_reset. The two points of a line differ.
 * Errors: V5L_E_ARGUMENT; v5l_events_create also V5L_E_ALIGNMENT, V5L_E_MEMORY. */
v5l_status v5l_events_check(const v5l_events_options *options, size_t *bytes, const char **option);
size_t v5l_events_memory(const v5l_events_options *options);
v5l_status v5l_events_create(v5l_events **events, const v5l_events_options *options, void *memory, size_t size);
void v5l_events_reset(v5l_events *events);

/* Takes all tracks that v5l_tracker_update wrote, and the same time. Counts what happened, and writes at most
 * `capacity` events: those of ended tracks first, then track by track, lines before zones. Returns the number written,
 * or a negative status, after which the counts are as before. A track whose slot is missing, or has another id, has
 * ended. A lost track neither crosses nor enters; when it is seen again, it has moved on a straight line. At most
 * max_tracks * (line_count + 2 * zone_count) events happen at once. out: NULL if capacity is 0.
 * Errors: V5L_E_ARGUMENT (also a slot out of range or twice, an id of 0, a time before the last one). */
int v5l_events_update(v5l_events *events, const v5l_track *tracks, int count, uint64_t time_us, v5l_event *out,
                      int capacity);

/* v5l_events_crossings returns how often a line was crossed in a direction, V5L_EVENT_TO_RIGHT or V5L_EVENT_TO_LEFT;
 * 0 for what does not exist. class_id: -1 = all classes, those outside 0 .. class_count-1 included.
 * Errors: V5L_E_ARGUMENT. */
uint32_t v5l_events_crossings(const v5l_events *events, int line, int class_id, v5l_event_kind direction);
v5l_status v5l_events_get_zone(const v5l_events *events, int zone, int class_id, v5l_zone_info *info);

#ifdef __cplusplus
}
#endif

#endif
