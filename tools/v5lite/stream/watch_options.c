/* SPDX-License-Identifier: MIT */
#include "watch_options.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "session.h"
#include "source.h"
#include "tracking.h"

enum { MAX_SNAPSHOTS = 1000000, DEFAULT_SNAPSHOTS = 1000 };

static const double MIN_FPS = 0.001, MAX_DURATION = 1e7;
static const float DEFAULT_TRACK_CONFIDENCE = 0.6f;

static const char notes[] =
    "SOURCE is a camera (/dev/video0), a stream in a file or pipe, - for a stream on standard input, a folder, or a\n"
    "list of pictures. A stream is y4m, motion JPEG, or binary PNM pictures (PPM, PGM, PBM, PAM), recognised by its\n"
    "first bytes; or raw frames of --pixel-format and --video-size. A frame takes at most 256 MiB, as JPEG 16 MiB.\n"
    "\n"
    "A camera gives its newest frame; older ones are dropped. Other sources give every frame, unless --realtime is\n"
    "set.\n"
    "\n"
    "Standard output gets one line of JSON per frame, then a summary: tools/README.md describes the fields.\n"
    "--events writes them to FILE instead. With --draw - standard output is the video, and there are no JSON lines\n"
    "without --events. Other outputs replace those of earlier runs, but never an input.\n"
    "\n"
    "--draw writes y4m (4:2:0, BT.601, limited range) or JPEGs one after the other (quality 85), at the frame rate\n"
    "of the source divided by --every, or of --max-fps if that is less; 25 if it is unknown. Dropped frames are\n"
    "not in the video. All frames must have the same size.\n"
    "\n"
    "--snapshot writes DIR/FRAME_ID_CLASS.jpg: the frame in which a track is reported first, with its box drawn.\n"
    "FRAME is the number of the frame, with 8 digits; '_' replaces each character of CLASS that files cannot have.\n"
    "Files of the same name are replaced, so each run should have its own DIR.\n"
    "\n" DRAW_NOTES "\n"
    "NAME:x0,y0,x1,y1 and NAME:x,y,... are points in pixels of the frame. A number that ends in % is a part of the\n"
    "frame's width or height. The position of a detection is the middle of its lower edge. Right and left of a line\n"
    "are as seen when walking along it from its first point to the second.\n"
    "\n"
    "SIGINT and SIGTERM end the program as the end of the stream does.\n"
    "\n"
    "Exit status: 0 success; 1 the camera was lost, or reading the stream failed; 2 no frame, or bad arguments,\n"
    "model or output; 141 the reader of the results closed the pipe.\n";

static args_result parse(watch_options *o, int argc, char **argv, int *operands) {
    const args_option options[] = {
        {"--model", "FILE", ARGS_TEXT, &o->model, 0, 0, MODEL_HELP},
        {"--size", "N|WxH", ARGS_SIZE, &o->size, MIN_SIZE, MAX_SIZE, SIZE_HELP},
        {"--conf", "C", ARGS_REAL, &o->confidence, 0, 1, CONF_HELP},
        {"--iou", "I", ARGS_REAL, &o->iou, 0, 1, IOU_HELP},
        {"--max-det", "N", ARGS_INTEGER, &o->max_detections, 1, MAX_DETECTIONS,
         "most detections per frame, 1 to 30000 (300)"},
        {"--agnostic", NULL, ARGS_FLAG, &o->agnostic, 0, 0, AGNOSTIC_HELP},
        {"--classes", "A,B,...", ARGS_TEXT, &o->classes, 0, 0, CLASSES_HELP},
        {"--min-size", "N|WxH", ARGS_SIZE, &o->min_size, 1, IMAGE_MAX_SIDE,
         "report only boxes of at least this width and height in pixels"},
        {"--threads", "N", ARGS_INTEGER, &o->threads, 1, MAX_THREADS, THREADS_HELP},
        {"--affinity", AFFINITY_LIST, ARGS_TEXT, &o->affinity, 0, 0, AFFINITY_HELP},
        {"--cpu", session_cpu_choices, ARGS_CHOICE, &o->cpu, 0, 0, CPU_HELP},
        {"--pixel-format", "NAME", ARGS_TEXT, &o->pixel_format, 0, 0,
         "format of raw frames, or of a camera's mode: yuv420p, nv12, yuyv422, rgb24, ... as ffmpeg names them"},
        {"--video-size", "WxH", ARGS_SIZE, &o->video_size, 1, IMAGE_MAX_SIDE,
         "size of raw frames, or of a camera's mode"},
        {"--fps", "F", ARGS_REAL, &o->fps, MIN_FPS, SOURCE_MAX_FPS,
         "frames a second of a stream that does not state them, or of a camera's mode"},
        {"--recursive", NULL, ARGS_FLAG, &o->recursive, 0, 0, RECURSIVE_HELP},
        {"--realtime", NULL, ARGS_FLAG, &o->realtime, 0, 0,
         "read a file or pipe at its frame rate, and drop frames as for a camera"},
        {"--reconnect", NULL, ARGS_FLAG, &o->reconnect, 0, 0, "open a lost camera again, as often as needed"},
        {"--every", "N", ARGS_INTEGER, &o->every, 1, INT_MAX, "process only each N-th frame (1)"},
        {"--max-fps", "F", ARGS_DOUBLE, &o->max_fps, MIN_FPS, SOURCE_MAX_FPS, "process at most F frames a second"},
        {"--frames", "N", ARGS_INTEGER, &o->frames, 1, INT_MAX, "end after N processed frames"},
        {"--duration", "S", ARGS_DOUBLE, &o->duration, 0.001, MAX_DURATION,
         "end after S seconds by the timestamps of the frames; for a camera also by the clock"},
        {"--track", NULL, ARGS_FLAG, &o->track, 0, 0, "follow objects over the frames, and give them ids"},
        {"--track-conf", "C", ARGS_REAL, &o->track_confidence, 0, 1,
         "smallest score that starts a track, 0 to 1 (0.6)"},
        {"--count-line", "NAME:x0,y0,x1,y1", ARGS_LIST, &o->lines, 0, 0,
         "count tracks that cross this line, by class and direction; repeatable"},
        {"--zone", "NAME:x,y,...", ARGS_LIST, &o->zones, 0, 0,
         "report tracks that enter and leave this polygon, and how long they stay; repeatable"},
        {"--only-events", NULL, ARGS_FLAG, &o->only_events, 0, 0,
         "print only frames in which a track enters, leaves or crosses; without lines and zones: starts or ends"},
        {"--events", "FILE", ARGS_TEXT, &o->events, 0, 0, "write the JSON lines to FILE, not to standard output"},
        {"--stats", "FILE", ARGS_TEXT, &o->stats, 0, 0, "write the summary to FILE as JSON"},
        {"--draw", "-|FILE", ARGS_TEXT, &o->draw, 0, 0, "write a video with the boxes drawn; -: to standard output"},
        {"--draw-format", DRAW_FORMAT_NAMES, ARGS_CHOICE, &o->draw_format, 0, 0, "format of --draw (y4m)"},
        {"--snapshot", "DIR", ARGS_TEXT, &o->snapshot, 0, 0,
         "save a JPEG of each new track into DIR, created if missing"},
        {"--snapshot-limit", "N", ARGS_INTEGER, &o->snapshot_limit, 1, MAX_SNAPSHOTS,
         "largest number of files of --snapshot, 1 to 1000000 (1000)"},
        DRAW_OPTIONS(&o->drawing),
        {"--preview", "[ADDRESS:]PORT", ARGS_TEXT, &o->preview, 0, 0, "serve a live view by HTTP (at 127.0.0.1)"},
        {"--preview-token", "TEXT", ARGS_TEXT, &o->preview_token, 0, 0, "password of the live view"},
        {"--quiet", NULL, ARGS_FLAG, &o->quiet, 0, 0, QUIET_HELP},
    };
    const args_command command = {
        .name = "watch",
        .operands = "SOURCE...",
        .min_operands = 1,
        .max_operands = INT_MAX,
        .summary = "Finds objects in a stream of frames, and follows them.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .notes = notes,
    };
    return args_parse(&command, argc, argv, operands);
}

/* An option that needs another one. */
typedef struct dependency {
    const char *option, *needed;
    int is_given, has_needed;
} dependency;

static args_result check_together(const watch_options *o) {
    const int to_stdout = o->draw != NULL && strcmp(o->draw, "-") == 0;
    if (to_stdout && o->events != NULL && file_descriptor_of(o->events) == STDOUT_FILENO)
        return (args_result)report_error("bad value", "--events", "expected a file: --draw takes standard output");
    const dependency needs[] = {
        {"--count-line", "--track", o->lines.count > 0, o->track},
        {"--zone", "--track", o->zones.count > 0, o->track},
        {"--track-conf", "--track", o->track_confidence >= 0, o->track},
        {"--only-events", "--track", o->only_events, o->track},
        {"--only-events", "--events FILE (--draw - takes standard output)", o->only_events,
         !to_stdout || o->events != NULL},
        {"--draw-format", "--draw", o->draw_format >= 0, o->draw != NULL},
        {"--snapshot", "--track", o->snapshot != NULL, o->track},
        {"--snapshot-limit", "--snapshot", o->snapshot_limit != 0, o->snapshot != NULL},
        {"--preview-token", "--preview", o->preview_token != NULL, o->preview != NULL},
    };
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (needs[i].is_given && !needs[i].has_needed)
            return (args_result)report_error("bad option", needs[i].option, "expected %s with it", needs[i].needed);
    if (o->track && o->max_detections > TRACKING_MAX_BOXES)
        return (args_result)report_error("bad option", "--max-det", "expected at most %d with --track",
                                         TRACKING_MAX_BOXES);
    return ARGS_RUN;
}

/* "-" would be a file of this name. */
static args_result check_files(const watch_options *o) {
    const char *const files[][2] = {{"--events -", o->events}, {"--stats -", o->stats}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i][1] != NULL && strcmp(files[i][1], "-") == 0)
            return (args_result)report_error("bad value", files[i][0], "expected a file");
    return ARGS_RUN;
}

args_result watch_options_parse(watch_options *o, int argc, char **argv, int *operands) {
    v5l_net_options defaults;
    v5l_net_options_default(&defaults);
    *o = (watch_options){
        .confidence = defaults.confidence,
        .iou = defaults.iou,
        .max_detections = defaults.max_detections,
        .threads = 1,
        .every = 1,
        .track_confidence = -1,
        .draw_format = -1,
    };
    args_result parsed = parse(o, argc, argv, operands);
    if (parsed != ARGS_RUN) return parsed;
    if (o->draw != NULL && file_descriptor_of(o->draw) == STDOUT_FILENO) o->draw = "-"; /* no lines between frames */
    if (o->model == NULL) return (args_result)report_error("missing option", "--model", "expected a .v5l file");
    parsed = check_together(o);
    const int draws = o->draw != NULL || o->snapshot != NULL;
    if (parsed == ARGS_RUN && draw_options_check(&o->drawing, draws, "--draw or --snapshot") != STATUS_OK)
        parsed = ARGS_BAD;
    if (parsed == ARGS_RUN) parsed = check_files(o);
    if (o->track_confidence < 0) o->track_confidence = DEFAULT_TRACK_CONFIDENCE;
    if (o->draw_format < 0) o->draw_format = DRAW_Y4M;
    if (o->snapshot_limit == 0) o->snapshot_limit = DEFAULT_SNAPSHOTS;
    return parsed;
}
