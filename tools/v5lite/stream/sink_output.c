/* SPDX-License-Identifier: MIT */
#include "sink_output.h"

#include "message.h"

int sink_output_open(sink_output *s, const char *path) {
    *s = (sink_output){.out = stdout};
    if (path == NULL) return STATUS_OK;
    const int status = output_open(&s->file, path);
    s->out = s->file.stream;
    return status;
}

int sink_output_flush(const sink_output *s) {
    if (s->file.stream == NULL) return stdout_broken();
    const int reason = stream_flush(s->out);
    return reason == 0 ? STATUS_OK : report_unwritten(s->file.path, reason);
}

int sink_output_is_whole(const sink_output *s) { return s->has_frames && !s->failed; }

int sink_output_close(sink_output *s) {
    const int is_whole = sink_output_is_whole(s);
    if (s->file.stream == NULL) return is_whole ? stdout_broken() : STATUS_OK;
    if (is_whole) return output_commit(&s->file);
    output_discard(&s->file);
    return STATUS_OK;
}
