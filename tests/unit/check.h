/* SPDX-License-Identifier: MIT */
/* cmocka with the headers that it needs before it, and what all tests share. */
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder.h"
#include "v5lite.h"

/* Returns the CPU features that a test may use: those of a row of sets.def that V5L_CPU_LEVEL in the environment names,
 * or all. `make check-c` runs the tests that call this once for each level of the target. */
static inline uint32_t check_cpu_mask(void) {
    static const struct {
        const char *name;
        uint32_t features;
    } levels[] = {
#define V5L_SET(set, target, cpu, flags) {#set, cpu},
#define V5L_HINT(set, target, cpu) {#set, cpu},
#include "kernels/sets.def"
        {"all", V5L_CPU_ALL}};
    const char *wanted = getenv("V5L_CPU_LEVEL");
    if (wanted == NULL) return V5L_CPU_ALL;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (strcmp(levels[i].name, wanted) == 0) return levels[i].features;
    fprintf(stderr, "V5L_CPU_LEVEL=%s: expected a name of src/kernels/sets.def or all\n", wanted);
    exit(2);
}
#undef V5L_SET
#undef V5L_HINT

/* Says why a program has no tests to run here. Returns the status that `make check` counts as skipped. */
static inline int check_skip_all(const char *reason) {
    printf("skip: %s\n", reason);
    return 77;
}

/* Ends a program whose level (V5L_CPU_LEVEL) needs a feature that this CPU lacks: its tests would repeat those of a
 * lower level. */
static inline void check_cpu_level(void) {
    const uint32_t mask = check_cpu_mask();
    if (mask != V5L_CPU_ALL && (mask & ~v5l_cpu_features()) != 0) exit(check_skip_all("this CPU is not of that level"));
}

/* Returns the step of a loop over all bytes or values: `step` with V5L_QUICK in the environment (emulators, valgrind,
 * QUICK=1), else 1. */
static inline int check_step(int step) { return getenv("V5L_QUICK") != NULL ? step : 1; }

/* Skips the test that is running; `make check` prints the reason. */
static inline void check_skip(const char *reason) {
    print_message("skip: %s\n", reason);
    skip();
}

/* Memory with 64 guard bytes of 0xA5 before and after; aligned to 64. */
typedef struct {
    unsigned char *at;
    size_t size;
    void *allocation;
} guarded;

static inline guarded guarded_new(size_t size) {
    guarded g = {.size = size, .allocation = malloc(size + 3 * 64)};
    assert_non_null(g.allocation);
    memset(g.allocation, 0xA5, size + 3 * 64);
    g.at = (unsigned char *)g.allocation + 64;
    g.at += (64 - (uintptr_t)g.at % 64) % 64;
    return g;
}

static inline void guarded_check(const guarded *g) {
    for (size_t i = 1; i <= 64; i++)
        assert_int_equal(g->at[-(ptrdiff_t)i], 0xA5);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(g->at[g->size + i], 0xA5);
}

static inline void guarded_free(guarded *g) {
    guarded_check(g);
    free(g->allocation);
}

/* Checks |got - want| <= factor * eps * magnitude, for a sum of `terms` products whose absolute values sum to
 * `magnitude`. */
static inline void assert_sum(float got, double want, double terms, double magnitude) {
    const double bound = (terms + 4) * 6e-8 * (magnitude + fabs(want)) + 1e-30;
    if (!(fabs((double)got - want) <= bound)) fail_msg("got %.9g, want %.9g, bound %.3g", (double)got, want, bound);
}

#endif
