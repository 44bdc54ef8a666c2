/* SPDX-License-Identifier: MIT */
/* The source of choices for a fuzzed net and its run: bytes, which a fuzzer can change one by one, then a generator of
 * pseudo-random numbers seeded by all of the bytes. Make one choice a statement: C does not define the order within one
 * expression, and a seed must be the same input everywhere. */
#ifndef CHOICES_H
#define CHOICES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *next, *end;
    uint64_t state;
} choices;

static inline choices choices_of_bytes(const uint8_t *bytes, size_t size) {
    choices c = {bytes, bytes + size, 0xCBF29CE484222325u};
    for (size_t i = 0; i < size; i++)
        c.state = (c.state ^ bytes[i]) * 0x100000001B3u; /* FNV-1a */
    if (c.state == 0) c.state = 1;
    return c;
}

static inline choices choices_of_seed(uint64_t seed) {
    choices c = {NULL, NULL, (seed + 1) * 0x9E3779B97F4A7C15u};
    if (c.state == 0) c.state = 1;
    return c;
}

/* Returns 32 pseudo-random bits, never from the bytes: for contents, such as weights. Vigna's xorshift64*. */
static inline uint32_t random_bits(choices *c) {
    c->state ^= c->state >> 12;
    c->state ^= c->state << 25;
    c->state ^= c->state >> 27;
    return (uint32_t)((c->state * 0x2545F4914F6CDD1Du) >> 32);
}

/* Returns a choice of 0 .. n-1. */
static inline uint32_t choose(choices *c, uint32_t n) {
    if (n <= 1) return 0;
    if (c->next == c->end) return random_bits(c) % n;
    uint32_t value = *c->next++;
    if (n > 256 && c->next != c->end) value |= (uint32_t)*c->next++ << 8;
    return value % n;
}

static inline int chance(choices *c, uint32_t percent) { return choose(c, 100) < percent; }

#endif
