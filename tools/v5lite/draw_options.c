/* SPDX-License-Identifier: MIT */
#include "draw_options.h"

int draw_options_check(const draw_options *o, int draws, const char *needed) {
    const struct {
        const char *name;
        int is_given;
    } all[] = {{"--line-width", o->line_width},
               {"--font-scale", o->font_scale},
               {"--no-labels", o->no_labels},
               {"--hide-scores", o->hide_scores}};
    for (unsigned i = 0; i < sizeof all / sizeof *all && !draws; i++)
        if (all[i].is_given) return report_error("bad option", all[i].name, "expected %s with it", needed);
    return STATUS_OK;
}
