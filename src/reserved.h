/* SPDX-License-Identifier: MIT */
/* Checks the words at the end of public structs that are reserved for later fields: zero until then. */
#ifndef V5L_RESERVED_H
#define V5L_RESERVED_H

#include <stddef.h>
#include <stdint.h>

/* Returns whether all words of a struct's field `reserved` are zero. */
#define V5L_RESERVED_IS_ZERO(object) v5l_words_are_zero((object)->reserved, sizeof(object)->reserved / sizeof(uint64_t))

static inline int v5l_words_are_zero(const uint64_t *words, size_t count) {
    uint64_t any = 0;
    for (size_t i = 0; i < count; i++)
        any |= words[i];
    return any == 0;
}

#endif
