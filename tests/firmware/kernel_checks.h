/* SPDX-License-Identifier: MIT */
/* Replaces tests/unit/kernel_checks.h on boards: what check_s8*.c need, without cmocka, a C library or memory
 * protection. Instead of forbidden pages, the bytes around an output are checked. */
#ifndef KERNEL_CHECKS_H
#define KERNEL_CHECKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../unit/check_s8.h"
#include "kernels/kernels.h"
#include "model.h"

enum { INPUT, ROW_1, ROW_2, ROW_3, ROW_4, ROW_5, ROW_6, ROW_7, POINTERS, LENGTHS, WEIGHTS, BIAS, OUTPUT, REGIONS };
enum { REGION = 1 << 18, GAP = 3, POISON = 0xA5 };

typedef struct {
    uint32_t seed;
} builder;

extern unsigned char regions[REGIONS][REGION];
extern float want[REGION / sizeof(float)];
extern int at_end;
extern builder rng;

#define EACH_SIDE for (at_end = 0; at_end < 2; at_end++)
#define NAN __builtin_nanf("")
#define INFINITY __builtin_inff()

float builder_random(builder *b);
void *place(int region, size_t bytes);
void *poison(size_t bytes);
void expect_equal(const void *got, const void *expected, size_t bytes, int line);
#define assert_memory_equal(got, expected, bytes) expect_equal(got, expected, bytes, __LINE__)

/* x * 2^n for a normal result. */
static inline float board_ldexpf(float x, int n) {
    const uint32_t bits = (uint32_t)(n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return x * power;
}

/* The floor of the logarithm of x >= 1. */
static inline double board_log2(double x) {
    int n = 0;
    for (; x >= 2.0; x /= 2.0)
        n++;
    return n;
}

#define ldexpf board_ldexpf
#define log2 board_log2

#endif
