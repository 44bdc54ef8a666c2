/* SPDX-License-Identifier: MIT */
/* JSON lines: one a frame, and a summary at the end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame_json.h"
#include "message.h"
#include "output.h"
#include "progress.h"
#include "watch_setup.h"

/* Of the stream of lines, which may be stdout and then outlives the sink. Lines that fit are written at once. */
static char buffer[1 << 16];

typedef struct events_sink {
    const watch_setup *setup;
    output file; /* stream is NULL: standard output */
    FILE *out;
    int has_frames, failed;
    int over_status; /* the lines go to the terminal that shows the status line */
} events_sink;

/* Passes on what was written. */
static int flush(const events_sink *e) {
    if (e->file.stream == NULL) return stdout_broken();
    errno = 0;
    if (fflush(e->out) == 0 && !ferror(e->out)) return STATUS_OK;
    if (errno == EPIPE) return STATUS_CLOSED;
    return report_error("cannot write", e->file.path, "%s", errno != 0 ? strerror(errno) : "earlier write failed");
}

static int write_line(events_sink *e, const frame_result *r) {
    if (!e->has_frames && e->file.stream != NULL && output_publish(&e->file) != STATUS_OK) return STATUS_BAD;
    e->has_frames = 1;
    if (e->setup->options->only_events && r->event_count == 0) return STATUS_OK;
    if (e->over_status) progress_clear();
    frame_json(e->out, r, e->setup->tracking);
    return flush(e);
}

static int events_write(sink *s, const frame_result *r) {
    events_sink *e = s->state;
    const int status = write_line(e, r);
    e->failed = status != STATUS_OK;
    return status;
}

static int events_close(sink *s) {
    events_sink *e = s->state;
    const int completes = e->has_frames && !e->failed;
    int status = STATUS_OK;
    if (completes) {
        fputs("{\"summary\": ", e->out);
        stats_json(e->out, e->setup->stats);
        fputs("}\n", e->out);
    }
    if (e->file.stream == NULL)
        status = completes ? stdout_broken() : STATUS_OK;
    else if (completes)
        status = output_commit(&e->file);
    else
        output_discard(&e->file);
    free(e);
    return status;
}

static const sink_calls calls = {.write = events_write, .close = events_close};

int sink_events_open(sink *s, const watch_setup *setup) {
    const watch_options *o = setup->options;
    if (o->events == NULL && o->draw != NULL && strcmp(o->draw, "-") == 0) return STATUS_OK;
    events_sink *e = calloc(1, sizeof *e);
    if (e == NULL) return report_error("out of memory", "--events", "expected more memory");
    e->setup = setup;
    if (o->events != NULL && output_open(&e->file, o->events) != STATUS_OK) {
        free(e);
        return STATUS_BAD;
    }
    e->out = o->events != NULL ? e->file.stream : stdout;
    e->over_status = o->events == NULL && isatty(STDOUT_FILENO);
    setvbuf(e->out, buffer, _IOFBF, sizeof buffer);
    *s = (sink){&calls, e};
    return STATUS_OK;
}
