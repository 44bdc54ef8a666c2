/* SPDX-License-Identifier: MIT */
/* Tracks the boxes of a file, for test_track.py:  track_file RATE [agnostic] < BOXES > TRACKS
 *
 * BOXES: lines of MOTChallenge, in the order of frames: frame, id (ignored), left, top, width, height, score[, class].
 * TRACKS: the same for the tracks that have a box, with their ids. RATE: frames a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "v5lite_track.h"

enum { MOST = 1000, LINE = 256 };

static _Alignas(64) unsigned char memory[1 << 22];
static v5l_detection boxes[MOST];
static v5l_track tracks[MOST];

static int fail(const char *what, const char *line) {
    fprintf(stderr, "track_file: %s: %s\n", what, line);
    return 2;
}

/* Updates with the boxes of a frame and prints its tracks. Returns 0 if that failed. */
static int end_frame(v5l_tracker *tracker, long frame, int count, double rate) {
    const int n = v5l_tracker_update(tracker, boxes, count, (uint64_t)((double)frame * 1e6 / rate), tracks, MOST);
    for (int i = 0; i < n; i++) {
        const v5l_track *t = &tracks[i];
        if (t->box < 0) continue;
        printf("%ld,%u,%.3f,%.3f,%.3f,%.3f,%.3f,%d\n", frame, (unsigned)t->id, (double)t->x0, (double)t->y0,
               (double)(t->x1 - t->x0), (double)(t->y1 - t->y0), (double)t->score, t->class_id);
    }
    return n >= 0;
}

int main(int argc, char **argv) {
    char line[LINE];
    v5l_tracker_options options;
    v5l_tracker *tracker;
    long frame = 1;
    int count = 0;
    const double rate = argc > 1 ? strtod(argv[1], NULL) : 0;
    if (!(rate > 0)) return fail("expected frames a second", argc > 1 ? argv[1] : "");
    v5l_tracker_options_default(&options);
    options.max_tracks = options.max_boxes = MOST;
    options.agnostic = argc > 2 && strcmp(argv[2], "agnostic") == 0;
    if (v5l_tracker_create(&tracker, &options, memory, sizeof memory) != V5L_OK) return fail("no tracker", "");
    while (fgets(line, sizeof line, stdin) != NULL) {
        float x, y, w, h, score;
        long of = 0;
        int class_id = 0;
        if (sscanf(line, "%ld,%*d,%f,%f,%f,%f,%f,%d", &of, &x, &y, &w, &h, &score, &class_id) < 6 || of < frame)
            return fail("expected a box of this frame or a later one", line);
        for (; frame < of; frame++, count = 0)
            if (!end_frame(tracker, frame, count, rate)) return fail("the boxes before it are refused", line);
        if (count == MOST) return fail("too many boxes", line);
        boxes[count++] = (v5l_detection){x, y, x + w, y + h, score, class_id < 0 ? 0 : class_id};
    }
    return end_frame(tracker, frame, count, rate) ? 0 : fail("the last boxes are refused", "");
}
