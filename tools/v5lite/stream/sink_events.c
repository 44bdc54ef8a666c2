/* SPDX-License-Identifier: MIT */
/* JSON lines: one a frame, and a summary at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame_json.h"
#include "message.h"
#include "progress.h"
#include "sink_output.h"
#include "watch_setup.h"

/* Of the stream of lines, which may be stdout and then outlives the sink. Lines that fit are written at once. */
static char buffer[1 << 16];

typedef struct events_sink {
    const watch_setup *setup;
    sink_output to;
    int over_status; /* the lines go to the terminal that shows the status line */
} events_sink;

static int write_line(events_sink *e, const frame_result *r) {
    sink_output *to = &e->to;
    if (!to->has_frames && to->file.stream != NULL && output_publish(&to->file) != STATUS_OK) return STATUS_BAD;
    to->has_frames = 1;
    if (e->setup->options->only_events && r->event_count == 0) return STATUS_OK;
    if (e->over_status) progress_clear();
    frame_json(to->out, r, e->setup->tracking);
    return sink_output_flush(to);
}

static int events_write(sink *s, const frame_result *r) {
    events_sink *e = s->state;
    const int status = write_line(e, r);
    e->to.failed = status != STATUS_OK;
    return status;
}

static int events_close(sink *s) {
    events_sink *e = s->state;
    if (sink_output_is_whole(&e->to)) {
        fputs("{\"summary\": ", e->to.out);
        stats_json(e->to.out, e->setup->stats);
        fputs("}\n", e->to.out);
    }
    const int status = sink_output_close(&e->to);
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
    const int status = sink_output_open(&e->to, o->events);
    if (status != STATUS_OK) {
        free(e);
        return status;
    }
    e->over_status = o->events == NULL && isatty(STDOUT_FILENO);
    setvbuf(e->to.out, buffer, _IOFBF, sizeof buffer);
    *s = (sink){&calls, e};
    return STATUS_OK;
}
