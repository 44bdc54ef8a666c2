/* SPDX-License-Identifier: MIT */
#include "ahead.h"

#include <stdlib.h>

#include "message.h"
#include "session.h"

enum { ALIGNMENT = 64 };

int ahead_open(ahead *a, const v5l_net *net) {
    const size_t bytes = v5l_net_letterbox_bytes(net);
    *a = (ahead){.net = net};
    for (int i = 0; i < SOURCE_SLOTS; i++)
        if (posix_memalign(&a->memory[i], ALIGNMENT, bytes) != 0) {
            a->memory[i] = NULL;
            return report_error("out of memory", "--size", "expected a smaller input");
        }
    return STATUS_OK;
}

void ahead_letterbox(ahead *a, frame *f) {
    if (f->image.data == NULL) return;
    const double began = clock_ms();
    uint8_t *picture = a->memory[a->next];
    if (v5l_net_letterbox(a->net, &f->image, picture) != V5L_OK) return; /* detection says why */
    a->next = (a->next + 1) % SOURCE_SLOTS;
    f->letterboxed = picture;
    f->letterbox_ms = clock_ms() - began;
}

void ahead_close(ahead *a) {
    for (int i = 0; i < SOURCE_SLOTS; i++)
        free(a->memory[i]);
    *a = (ahead){.net = NULL};
}
