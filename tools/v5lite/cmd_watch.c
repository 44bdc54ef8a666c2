/* SPDX-License-Identifier: MIT */
/* Connects a source, detection, tracking and sinks. */
#include <stdlib.h>
#include <string.h>

#include "classes.h"
#include "commands.h"
#include "guard.h"
#include "message.h"
#include "output.h"
#include "progress.h"
#include "stream/stop.h"
#include "stream/watch_loop.h"
#include "stream/watch_setup.h"

/* In the order in which they get each result: those that draw into the picture come last. */
static sink_open *const sinks[] = {sink_preview_open, sink_events_open, sink_snapshot_open, sink_video_open};

static tracking_options tracking_options_of(const watch *w) {
    return (tracking_options){
        .confidence = w->options.confidence,
        .start = w->options.track_confidence,
        .max_boxes = w->options.max_detections,
        .agnostic = w->options.agnostic,
        .class_count = w->session.info.class_count,
    };
}

static int prepare_session(watch *w) {
    const watch_options *o = &w->options;
    const tracking_options tracked = tracking_options_of(w);
    session *s = &w->session;
    int status = session_open(s, o->model, o->threads, o->cpu);
    if (status == STATUS_OK && o->affinity != NULL) status = session_check_affinity(o->affinity);
    if (status == STATUS_OK) status = session_check_size(s, &w->options.size);
    if (status == STATUS_OK && o->classes != NULL) status = classes_parse(o->classes, &s->model, &w->classes);
    if (status != STATUS_OK) return status;
    s->options.confidence = o->track ? tracking_confidence(&tracked) : o->confidence;
    s->options.iou = o->iou;
    s->options.max_detections = o->max_detections;
    s->options.agnostic = o->agnostic;
    s->options.classes = w->classes;
    session_time_stages(s);
    w->found = malloc((size_t)o->max_detections * sizeof *w->found);
    if (w->found == NULL) return report_error("out of memory", "--max-det", "expected fewer detections");
    return session_shape(s, o->size, o->size);
}

static int prepare_tracking(watch *w) {
    places parsed;
    const tracking_options options = tracking_options_of(w);
    int status = places_open(&parsed, &w->options.lines, &w->options.zones);
    if (status == STATUS_OK && w->options.track) {
        w->stats.tracking = &w->tracking;
        status = tracking_open(&w->tracking, &options, &parsed);
    }
    places_free(&parsed);
    return status;
}

static int prepare_feed(watch *w, char *const *operands, int count) {
    const watch_options *o = &w->options;
    const feed_options options = {.realtime = o->realtime,
                                  .reconnect = o->reconnect,
                                  .every = o->every,
                                  .max_fps = o->max_fps,
                                  .duration = o->duration,
                                  .net = w->session.net};
    const source_options from = {.operands = operands,
                                 .count = count,
                                 .pixel_format = o->pixel_format,
                                 .size = o->video_size,
                                 .fps = o->fps,
                                 .network = o->size,
                                 .recursive = o->recursive};
    const int status = feed_open(&w->feed, &options, &from);
    const source *s = &w->feed.source;
    if (status == STATUS_OK && s->mode[0] != '\0' && !o->quiet) (void)report_error("camera", s->name, "%s", s->mode);
    return status;
}

/* Registers output files; creates the directory of snapshots, where they may go, too; checks that they can be
 * written. */
static int prepare_files(const watch_options *o) {
    enum { FILES = 3 };
    const char *const draw = o->draw != NULL && strcmp(o->draw, "-") != 0 ? o->draw : NULL;
    const char *const files[FILES] = {o->stats, o->events, draw};
    int status = STATUS_OK;
    for (int i = 0; i < FILES && status == STATUS_OK; i++)
        if (files[i] != NULL) status = guard_output(files[i]);
    if (status == STATUS_OK && o->snapshot != NULL) status = output_directory(o->snapshot);
    for (int i = 0; i < FILES && status == STATUS_OK; i++)
        if (files[i] != NULL) status = output_check(files[i]);
    return status;
}

/* A stop while an output waits for its reader is the end of the stream, before its first frame. */
static int open_sinks(watch *w, const watch_setup *setup) {
    int status = STATUS_OK;
    output_open_pipes_by(stop_open_pipe);
    for (size_t i = 0; i < sizeof sinks / sizeof *sinks && status == STATUS_OK; i++) {
        sink *s = &w->sinks[w->sink_count];
        status = sinks[i](s, setup);
        if (status == STATUS_OK && s->calls != NULL) w->sink_count++;
    }
    return status == STATUS_CLOSED && stop_requested() ? STATUS_OK : status;
}

/* Completes the outputs. Returns the first bad status. */
static int close_sinks(watch *w, int status) {
    for (int i = 0; i < w->sink_count; i++) {
        const int closed = w->sinks[i].calls->close(&w->sinks[i]);
        if (status == STATUS_OK || status == STATUS_PARTIAL) status = closed != STATUS_OK ? closed : status;
    }
    return status;
}

static int finish(watch *w, int status) {
    const char *stats = w->options.stats;
    progress_clear();
    status = close_sinks(w, status);
    if (w->stats.frames == 0) return status;
    if (stats != NULL && stats_save(&w->stats, stats) != STATUS_OK) status = STATUS_BAD;
    if (!w->options.quiet && status != STATUS_CLOSED) stats_summary(&w->stats);
    return status;
}

static int run(watch *w, char *const *operands, int count) {
    watch_setup setup = {.options = &w->options,
                         .model = &w->session.model,
                         .source = &w->feed.source,
                         .tracking = w->options.track ? &w->tracking : NULL,
                         .stats = &w->stats,
                         .picture = &w->picture};
    w->stats.source = &w->feed.source;
    w->stats.model = &w->session.model;
    int status = stop_on_signals();
    if (status == STATUS_OK) status = prepare_session(w);
    if (status == STATUS_OK) status = prepare_tracking(w);
    if (status == STATUS_OK) status = prepare_feed(w, operands, count);
    if (status == STATUS_OK) status = prepare_files(&w->options);
    if (status != STATUS_OK || stop_requested()) return status;
    setup.fps = feed_fps(&w->feed);
    status = open_sinks(w, &setup);
    /* Last: threads that read, encode and serve would inherit the CPUs of detection. */
    if (status == STATUS_OK) status = session_bind(&w->session, w->options.affinity);
    if (status == STATUS_OK) status = watch_frames(w);
    return finish(w, status);
}

int cmd_watch(int argc, char **argv) {
    int operands;
    watch *w = calloc(1, sizeof *w);
    if (w == NULL) return report_error("out of memory", "watch", "expected more memory");
    const args_result parsed = watch_options_parse(&w->options, argc, argv, &operands);
    int status = (int)parsed;
    if (parsed == ARGS_RUN) {
        status = run(w, argv, operands);
        feed_close(&w->feed);
        session_close(&w->session);
        tracking_close(&w->tracking);
        frame_decoder_close(&w->decoder);
        frame_picture_free(&w->picture);
        free(w->classes);
        free(w->found);
    }
    free(w);
    return status;
}
