/* SPDX-License-Identifier: MIT */
#include "watch_loop.h"

#include "message.h"
#include "stop.h"

/* Drops boxes that are smaller than --min-size. Returns how many are left. */
static int keep_large(const watch_options *o, v5l_detection *found, int count) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
        const v5l_detection *d = &found[i];
        if (d->x1 - d->x0 >= (float)o->min_size.width && d->y1 - d->y0 >= (float)o->min_size.height) found[kept++] = *d;
    }
    return kept;
}

static int detect(watch *w, const frame *f, frame_result *result) {
    const double *stage = w->session.times.stage;
    const int max = w->options.max_detections;
    const int count = f->letterboxed != NULL ? session_detect_letterboxed(&w->session, f->letterboxed, f->image.width,
                                                                          f->image.height, w->found, max)
                                             : session_detect_view(&w->session, &f->image, w->found, max);
    if (count < 0) return report_error("cannot detect", w->feed.source.name, "%s", v5l_status_text((v5l_status)count));
    result->found = w->found;
    result->count = keep_large(&w->options, w->found, count);
    result->times.letterbox = stage[V5L_STAGE_LETTERBOX] + (f->letterboxed != NULL ? f->letterbox_ms : 0);
    result->times.network = stage[V5L_STAGE_NETWORK];
    result->times.decode_boxes = stage[V5L_STAGE_DECODE];
    result->times.nms = stage[V5L_STAGE_NMS];
    return STATUS_OK;
}

static int track(watch *w, frame_result *result) {
    const double began = clock_ms();
    if (w->stats.tracking == NULL) return STATUS_OK;
    const int status = tracking_update(&w->tracking, w->found, result->count, result);
    result->times.track = clock_ms() - began;
    return status;
}

static int write_sinks(watch *w, const frame_result *result) {
    int status = STATUS_OK;
    for (int i = 0; i < w->sink_count && status == STATUS_OK; i++)
        status = w->sinks[i].calls->write(&w->sinks[i], result);
    return status;
}

static int process(watch *w, frame *f) {
    frame_result result = {.frame = f, .model = &w->session.model, .dropped = w->feed.dropped, .picture = &w->picture};
    const double began = clock_ms();
    const char *why = frame_decode(&w->decoder, f);
    if (why != NULL) {
        w->why_broken = why;
        feed_count_broken(&w->feed);
        return STATUS_OK;
    }
    result.times.decode = f->jpeg != NULL ? clock_ms() - began : 0;
    int status = detect(w, f, &result);
    if (status == STATUS_OK) status = track(w, &result);
    if (status != STATUS_OK) return status;
    const uint64_t now = clock_us();
    w->picture.is_current = 0;
    result.broken = w->feed.broken;
    result.times.latency = (double)(now - f->captured_us) / 1000;
    stats_add(&w->stats, &result, now);
    if (!w->options.quiet) stats_show(&w->stats);
    return write_sinks(w, &result);
}

/* Returns the exit status of a source that gives no more frames. */
static int ended(const watch *w, source_status last) {
    if (last == SOURCE_LOST) return STATUS_PARTIAL;
    if (last == SOURCE_FAILED) return w->stats.frames > 0 ? STATUS_PARTIAL : STATUS_BAD;
    if (w->stats.frames > 0 || stop_requested()) return STATUS_OK;
    if (w->feed.broken > 0 && w->feed.source.reports_broken) return STATUS_BAD;
    return report_error("no frame", w->feed.source.name, "%s%sexpected at least one that can be read",
                        w->why_broken != NULL ? w->why_broken : "", w->why_broken != NULL ? ", " : "");
}

int watch_frames(watch *w) {
    const uint64_t limit = w->options.frames > 0 ? (uint64_t)w->options.frames : UINT64_MAX;
    int status = STATUS_OK;
    while (status == STATUS_OK && w->stats.frames < limit) {
        frame f;
        const source_status next = feed_next(&w->feed, &f);
        if (next != SOURCE_FRAME) {
            status = ended(w, next);
            break;
        }
        status = process(w, &f);
        feed_release(&w->feed, &f);
    }
    w->stats.skipped = w->feed.skipped;
    w->stats.dropped = w->feed.dropped;
    w->stats.broken = w->feed.broken;
    w->stats.reconnected = w->feed.reconnected;
    return status;
}
