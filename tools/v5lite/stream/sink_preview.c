/* SPDX-License-Identifier: MIT */
#include "sink_preview.h"

#include <stdio.h>

#include "message.h"
#include "watch_setup.h"

#if defined(V5LITE_MICROHTTPD)

#include <microhttpd.h>

#include "preview/preview.h"

const char *preview_library(void) {
    static char name[40];
    snprintf(name, sizeof name, "libmicrohttpd %s", MHD_get_version());
    return name;
}

int sink_preview_open(sink *s, const watch_setup *setup) {
    return setup->options->preview != NULL ? preview_open(s, setup) : STATUS_OK;
}

#else

const char *preview_library(void) { return "none"; }

int sink_preview_open(sink *s, const watch_setup *setup) {
    (void)s;
    if (setup->options->preview == NULL) return STATUS_OK;
    return report_error("cannot serve", "--preview",
                        "this program was built without libmicrohttpd: expected one built with it");
}

#endif
