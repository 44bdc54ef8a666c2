/* SPDX-License-Identifier: MIT */
/* The options of v5lite watch. */
#ifndef V5LITE_WATCH_OPTIONS_H
#define V5LITE_WATCH_OPTIONS_H

#include "draw_options.h"

/* In the order of the enum. */
#define DRAW_FORMAT_NAMES "y4m|mjpeg"
enum { DRAW_Y4M, DRAW_MJPEG };

typedef struct watch_options {
    const char *model, *classes, *affinity;
    args_size size;
    float confidence, iou;
    int max_detections, agnostic, threads, cpu;

    const char *pixel_format;
    args_size video_size; /* 0 x 0: not given; so are 0 and NULL below */
    float fps;
    int recursive, realtime, reconnect;
    double max_fps, duration;
    int every, frames;

    args_size min_size;
    int track;
    float track_confidence;
    args_list lines, zones;

    int only_events, quiet;
    const char *events, *stats;
    const char *draw; /* "-" or a file */
    int draw_format;
    draw_options drawing;
    const char *snapshot;
    int snapshot_limit;
    const char *preview, *preview_token;
} watch_options;

/* Parses the command line and checks which options go together. Moves the operands to argv[0 .. *operands-1]. */
args_result watch_options_parse(watch_options *o, int argc, char **argv, int *operands);

#endif
