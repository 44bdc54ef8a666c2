/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "stop.h"
#include "stream.h"

/* ---- opening ---- */

/* Frames that may be dropped or skipped are letterboxed only when their turn has come. */
static int opens_ahead(const feed_options *o, latest_mode mode) {
    return o->net != NULL && mode == LATEST_ALL && o->every <= 1 && o->max_fps <= 0;
}

static int start_thread(feed *f) {
    const latest_mode mode = f->source.live ? LATEST_LIVE : f->options.realtime ? LATEST_PACED : LATEST_ALL;
    if (opens_ahead(&f->options, mode)) {
        const int status = ahead_open(&f->ahead, f->options.net);
        if (status != STATUS_OK) return status;
    }
    f->latest = latest_start(&f->source, mode, f->ahead.net != NULL ? &f->ahead : NULL);
    return f->latest != NULL ? STATUS_OK : report_error("cannot read", f->source.name, "no thread, or out of memory");
}

static void on_alarm(int number) {
    (void)number;
    stop_request();
}

/* A camera that gives no frames ends at last by the clock. */
static void limit_wait(const feed *f) {
    const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    if (!f->source.live || f->options.duration <= 0) return;
    sigaction(SIGALRM, &action, NULL);
    alarm((unsigned)f->options.duration + 2);
}

int feed_open(feed *f, const feed_options *options, const source_options *from) {
    memset(f, 0, sizeof *f);
    f->options = *options;
    int status = source_open(&f->source, from);
    if (status == STATUS_OK && options->reconnect && f->source.calls->reopen == NULL)
        status = report_error("bad option", "--reconnect", "expected a camera");
    if (status == STATUS_OK) status = start_thread(f);
    if (status == STATUS_OK) limit_wait(f);
    return status;
}

static void stop_thread(feed *f) {
    if (f->latest == NULL) return;
    const latest_counts counts = latest_get_counts(f->latest);
    f->before_dropped += counts.dropped;
    f->before_broken += counts.broken;
    latest_stop(f->latest);
    f->latest = NULL;
}

void feed_close(feed *f) {
    stop_thread(f);
    ahead_close(&f->ahead);
    source_close(&f->source);
}

/* ---- frames ---- */

/* Tries until the camera is open again, or a stop is requested. */
static int reconnect(feed *f) {
    enum { WAIT_MS = 1000 };
    struct pollfd stop = {.fd = stop_descriptor(), .events = POLLIN};
    stop_thread(f);
    while (!stop_requested()) {
        if (source_reopen(&f->source)) {
            f->reconnected++;
            report_error("camera", f->source.name, "open again");
            return start_thread(f) == STATUS_OK;
        }
        poll(&stop, 1, WAIT_MS);
    }
    return 0;
}

static source_status take(feed *f, frame *out) {
    const source_status status = latest_next(f->latest, out);
    const latest_counts counts = latest_get_counts(f->latest);
    f->dropped = f->before_dropped + counts.dropped;
    f->broken = f->before_broken + counts.broken;
    return status;
}

/* Returns whether options skip a frame at this time. */
static int is_skipped(feed *f, uint64_t time_us) {
    if (f->options.every > 1 && f->taken++ % (uint64_t)f->options.every != 0) return 1;
    if (f->options.max_fps <= 0) return 0;
    const uint64_t period = (uint64_t)(1e6 / f->options.max_fps);
    if (time_us < f->due_us) return 1;
    f->due_us += period;
    if (f->due_us <= time_us) f->due_us = time_us + period; /* the source is slower */
    return 0;
}

source_status feed_next(feed *f, frame *out) {
    for (;;) {
        const source_status status = stop_requested() ? SOURCE_END : take(f, out);
        if (status == SOURCE_BROKEN) continue;
        if (status == SOURCE_LOST && f->options.reconnect) {
            if (reconnect(f)) continue;
            return stop_requested() ? SOURCE_END : SOURCE_FAILED;
        }
        if (status != SOURCE_FRAME) return status;
        if (out->time_us + f->shift_us < f->last_us) f->shift_us = f->last_us - out->time_us;
        out->time_us += f->shift_us;
        f->last_us = out->time_us;
        const int is_over = f->options.duration > 0 && out->time_us >= (uint64_t)llround(f->options.duration * 1e6);
        if (!is_over && !is_skipped(f, out->time_us)) return SOURCE_FRAME;
        feed_release(f, out);
        if (is_over) return SOURCE_END;
        f->skipped++;
    }
}

double feed_fps(const feed *f) {
    const double all = f->source.fps > 0 ? f->source.fps : STREAM_USUAL_FPS, fps = all / f->options.every;
    return f->options.max_fps > 0 && f->options.max_fps < fps ? f->options.max_fps : fps;
}

void feed_release(feed *f, const frame *taken) { latest_release(f->latest, taken); }

void feed_count_broken(feed *f) {
    f->before_broken++;
    f->broken++;
}
