/* SPDX-License-Identifier: MIT */
/* Letterboxes frames on the reading thread, while the network computes on the frame before. */
#ifndef V5LITE_AHEAD_H
#define V5LITE_AHEAD_H

#include "source.h"

typedef struct ahead {
    const v5l_net *net;
    void *memory[SOURCE_SLOTS]; /* of the unreleased frames, in turn */
    unsigned next;
} ahead;

/* Allocates the memory. Reports an error and returns STATUS_BAD if that fails. Call ahead_close in any case. */
int ahead_open(ahead *a, const v5l_net *net);

/* Sets f->letterboxed and f->letterbox_ms, unless the frame has no pixels yet. Frames must be released in the order of
 * these calls. */
void ahead_letterbox(ahead *a, frame *f);

void ahead_close(ahead *a);

#endif
