/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "message.h"
#include "stream/sink_preview.h"

int cmd_watch(int argc, char **argv) {
    (void)argc;
    return report_error("not on Windows", argv[0], "expected another command: detect reads pictures");
}

const char *preview_library(void) { return "none"; }
