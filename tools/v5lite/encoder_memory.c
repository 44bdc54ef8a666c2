/* SPDX-License-Identifier: MIT */
#include "encoder_memory.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Precedes each allocation: its links in the list of all. */
typedef struct block block;
struct block {
    _Alignas(max_align_t) block *next;
    block *previous;
};

static block *first;

jmp_buf encoder_out_of_memory;

static void link_in(block *b) {
    *b = (block){.next = first};
    if (first != NULL) first->previous = b;
    first = b;
}

static void link_out(const block *b) {
    if (b->next != NULL) b->next->previous = b->previous;
    if (b->previous != NULL)
        b->previous->next = b->next;
    else
        first = b->next;
}

void *encoder_realloc(void *data, size_t size) {
    block *old = data != NULL ? (block *)data - 1 : NULL;
    if (old != NULL) link_out(old);
    block *b = size <= SIZE_MAX - sizeof *b ? realloc(old, sizeof *b + size) : NULL;
    if (b == NULL) {
        if (old != NULL) link_in(old); /* for encoder_free_all */
        longjmp(encoder_out_of_memory, 1);
    }
    link_in(b);
    return b + 1;
}

void *encoder_alloc(size_t size) { return encoder_realloc(NULL, size); }

void encoder_free(void *data) {
    if (data == NULL) return;
    link_out((block *)data - 1);
    free((block *)data - 1);
}

void encoder_free_all(void) {
    for (block *next; first != NULL; first = next) {
        next = first->next;
        free(first);
    }
}
