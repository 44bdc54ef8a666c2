/* SPDX-License-Identifier: MIT */
/* Buffers that one thread fills and others read without copying: pinned ones are not overwritten. No locks: the caller
 * holds the lock of the board (board.h), except while it fills or reads a buffer. */
#ifndef V5LITE_SLOTS_H
#define V5LITE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "v5lite.h"

enum { SLOTS_MAX = 20 };

typedef struct slot {
    uint8_t *bytes;
    size_t capacity, size;
    uint64_t number; /* rises; 0: has nothing to read */
    int pins;        /* readers, and the writer */
    uint64_t frame;  /* frame.number of what is in it */
    v5l_image image; /* pixels, at `bytes`; width 0: a JPEG or text */
} slot;

typedef struct slots {
    slot slot[SLOTS_MAX];
    int count;
    uint64_t newest; /* number; 0: none yet */
} slots;

/* Returns 0 if out of memory. capacity: bytes of each slot; 0: none yet. */
int slots_open(slots *s, int count, size_t capacity);
void slots_close(slots *s);

/* Takes a slot for writing: the oldest that nobody reads, but not the newest. NULL: there is none. */
slot *slots_begin(slots *s);

/* Makes room in a slot that was begun. Returns 0 if out of memory. */
int slot_reserve(slot *begun, size_t size);

/* Ends writing: readers see the slot as the newest. slots_cancel: they do not see it. */
void slots_publish(slots *s, slot *begun);
void slots_cancel(slot *begun);

/* Pins the newest slot, or the next one, if its number is larger than `after`; otherwise return NULL. */
slot *slots_pin_newest(slots *s, uint64_t after);
slot *slots_pin_next(slots *s, uint64_t after);
void slots_unpin(slot *pinned);

#endif
