/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <stdlib.h>

int slots_open(slots *s, int count, size_t capacity) {
    *s = (slots){.count = count};
    for (int i = 0; i < count; i++)
        if (capacity > 0 && !slot_reserve(&s->slot[i], capacity)) return 0;
    return 1;
}

void slots_close(slots *s) {
    for (int i = 0; i < s->count; i++)
        free(s->slot[i].bytes);
    *s = (slots){0};
}

slot *slots_begin(slots *s) {
    slot *oldest = NULL;
    for (int i = 0; i < s->count; i++) {
        slot *one = &s->slot[i];
        if (one->pins > 0 || (one->number == s->newest && s->newest != 0)) continue;
        if (oldest == NULL || one->number < oldest->number) oldest = one;
    }
    if (oldest == NULL) return NULL;
    oldest->number = 0;
    oldest->pins = 1;
    return oldest;
}

int slot_reserve(slot *begun, size_t size) {
    if (begun->capacity >= size) return 1;
    uint8_t *bytes = malloc(size); /* the old contents are not needed */
    if (bytes == NULL) return 0;
    free(begun->bytes);
    begun->bytes = bytes;
    begun->capacity = size;
    return 1;
}

void slots_publish(slots *s, slot *begun) {
    begun->number = ++s->newest;
    begun->pins = 0;
}

void slots_cancel(slot *begun) { begun->pins = 0; }

slot *slots_pin_newest(slots *s, uint64_t after) { return s->newest > after ? slots_pin_next(s, s->newest - 1) : NULL; }

slot *slots_pin_next(slots *s, uint64_t after) {
    slot *next = NULL;
    for (int i = 0; i < s->count; i++) {
        slot *one = &s->slot[i];
        if (one->number > after && (next == NULL || one->number < next->number)) next = one;
    }
    if (next != NULL) next->pins++;
    return next;
}

void slots_unpin(slot *pinned) { pinned->pins--; }
