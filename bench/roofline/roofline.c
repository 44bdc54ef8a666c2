/* SPDX-License-Identifier: MIT */
#include "roofline.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "loops.h"
#include "session.h"

/* Each figure is the best repetition of ROUNDS rounds. The rounds of all figures alternate, so that a disturbance by
 * another process does not hit all rounds of one figure. A repetition takes microseconds. */
enum { ROUNDS = 5, ROUND_MS = 8, ITERATIONS = 20000 };

static const roofline_level levels[ROOFLINE_LEVELS] = {{"L1", (size_t)16 << 10, 0},
                                                       {"L2", (size_t)256 << 10, 0},
                                                       {"L3", (size_t)4 << 20, 0},
                                                       {"DRAM", (size_t)64 << 20, 0}};

/* The sets of this build, ascending. */
static const roofline_loops *const all_loops[] = {
    &roofline_ref,
#if defined(__x86_64__)
    &roofline_avx2,
    &roofline_avx512,
#elif defined(ROOFLINE_NEON)
    &roofline_neon,
#endif
};

/* The size of a pointer is meant. NOLINTNEXTLINE(bugprone-sizeof-expression) */
enum { LOOPS_COUNT = sizeof all_loops / sizeof *all_loops };

static int usable(const roofline_loops *loops, uint32_t mask) {
    return (loops->features & ~(mask & v5l_cpu_features())) == 0;
}

static const roofline_loops *newest(uint32_t mask) {
    int i = LOOPS_COUNT - 1;
    while (i > 0 && !usable(all_loops[i], mask))
        i--;
    return all_loops[i];
}

/* Reads 8 MB of data in whole passes, or runs multiply-adds if data is NULL. Returns the number of bytes or
 * operations. */
static double repeat_once(const roofline_loops *loops, const float *data, size_t bytes) {
    const size_t enough = (size_t)8 << 20;
    size_t done = 0;
    if (data == NULL) return loops->multiply_add(ITERATIONS);
    for (; done < enough; done += bytes)
        loops->read(data, bytes);
    return (double)done;
}

/* Runs one round and keeps the best rate: 1e9 operations or bytes per second. */
static void improve(double *best, const roofline_loops *loops, const float *data, size_t bytes) {
    const double began = clock_ms();
    double now = began;
    do {
        const double start = now, rate = 1e-6 * repeat_once(loops, data, bytes);
        now = clock_ms();
        if (now > start && rate / (now - start) > *best) *best = rate / (now - start);
    } while (now - began < ROUND_MS);
}

double roofline_peak(uint32_t mask) {
    double best = 0;
    for (int round = 0; round < ROUNDS; round++)
        improve(&best, newest(mask), NULL, 0);
    return best;
}

static void one_round(roofline *r, uint32_t mask, const float *data) {
    int set = 0;
    for (int i = 0; i < LOOPS_COUNT; i++)
        if (usable(all_loops[i], mask)) improve(&r->sets[set++].gflops, all_loops[i], NULL, 0);
    for (int i = 0; i < ROOFLINE_LEVELS; i++)
        improve(&r->levels[i].gbytes, newest(mask), data, levels[i].bytes);
}

/* Tells hardware from an emulator. A core reaches more than 1 GFLOP/s, or at most five loads of a float per
 * multiply-add. Emulators compute floating point in software: qemu-user on a core of 224 GFLOP/s reaches 0.1 to 0.6
 * GFLOP/s, with 7 to 400 loads. */
static int is_hardware(const roofline *r) {
    const double gflops = roofline_newest(r)->gflops, loads = r->levels[0].gbytes / sizeof(float);
    return gflops > 1 || loads < 5 * gflops / 2;
}

int roofline_mask(const char *name, uint32_t *mask) {
    *mask = V5L_CPU_ALL;
    if (strcmp(name, "all") == 0) return 1;
    for (int i = 0; i < LOOPS_COUNT; i++)
        if (strcmp(name, all_loops[i]->name) == 0) {
            *mask = all_loops[i]->features;
            return usable(all_loops[i], V5L_CPU_ALL);
        }
    return 0;
}

int roofline_measure(roofline *r, uint32_t mask) {
    const size_t most = levels[ROOFLINE_LEVELS - 1].bytes;
    float *data = allocate64(most);
    if (data == NULL) return 0;
    memset(data, 1, most); /* unwritten pages may all map to one page of zeros */
    memset(r, 0, sizeof *r);
    memcpy(r->levels, levels, sizeof levels);
    for (int i = 0; i < LOOPS_COUNT; i++)
        if (usable(all_loops[i], mask)) r->sets[r->set_count++].name = all_loops[i]->name;
    for (int round = 0; round < ROUNDS; round++)
        one_round(r, mask, data);
    free(data);
    r->plausible = is_hardware(r);
    return 1;
}

const roofline_set *roofline_newest(const roofline *r) { return &r->sets[r->set_count - 1]; }
