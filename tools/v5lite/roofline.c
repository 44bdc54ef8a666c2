/* SPDX-License-Identifier: MIT */
#include "roofline.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "message.h"
#include "roofline_loops.h"
#include "session.h"

/* Each figure is the best repetition of several rounds of so many milliseconds, between which the other figures have their
 * rounds: whatever else runs on the machine comes and goes more slowly than that. A repetition takes microseconds. */
enum { ROUNDS = 5, ROUND_MS = 8, TURNS = 20000 };

static const roofline_level levels[ROOFLINE_LEVELS] = {{"L1", (size_t)16 << 10, 0},
                                                       {"L2", (size_t)256 << 10, 0},
                                                       {"L3", (size_t)4 << 20, 0},
                                                       {"DRAM", (size_t)64 << 20, 0}};

/* Those of this build, ascending. */
static const roofline_loops *const all_loops[] = {
    &roofline_ref,
#if defined(__x86_64__)
    &roofline_avx2,
    &roofline_avx512,
#elif defined(ROOFLINE_NEON)
    &roofline_neon,
#endif
};

/* Of pointers, meant so. NOLINTNEXTLINE(bugprone-sizeof-expression) */
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

/* Reads data until that is some MB, or multiplies and adds if it is NULL; returns how many bytes or operations that were. */
static double repeat_once(const roofline_loops *loops, const float *data, size_t bytes) {
    const size_t enough = (size_t)8 << 20;
    size_t done = 0;
    if (data == NULL) return loops->multiply_add(TURNS);
    for (; done < enough; done += bytes)
        loops->read(data, bytes);
    return (double)done;
}

/* One round; *best: 1e9 operations or bytes a second. */
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

/* A core does over a GFLOP/s, or if it is a slow one, it does not load over five floats in the time of a multiply-add. An
 * emulator computes floating point in software: qemu-user on a core of 224 GFLOP/s does 0.1 to 0.6, at 7 to 400 loads. */
static int is_of_hardware(const roofline *r) {
    const double gflops = roofline_in_force(r)->gflops, loads = r->levels[0].gbytes / sizeof(float);
    return gflops > 1 || loads < 5 * gflops / 2;
}

int roofline_measure(roofline *r, uint32_t mask) {
    const size_t most = levels[ROOFLINE_LEVELS - 1].bytes;
    float *data = allocate64(most);
    if (data == NULL) return report_error("out of memory", "roofline", "expected room for %zu bytes", most);
    memset(data, 1, most); /* pages that were never written may all be one page of zeros */
    memset(r, 0, sizeof *r);
    memcpy(r->levels, levels, sizeof levels);
    for (int i = 0; i < LOOPS_COUNT; i++)
        if (usable(all_loops[i], mask)) r->sets[r->set_count++].name = all_loops[i]->name;
    for (int round = 0; round < ROUNDS; round++)
        one_round(r, mask, data);
    free(data);
    r->plausible = is_of_hardware(r);
    return STATUS_OK;
}

const roofline_set *roofline_in_force(const roofline *r) { return &r->sets[r->set_count - 1]; }

roofline_limit roofline_limit_of(const roofline *r, int cores, double flops, double bytes) {
    int i = 0;
    while (i < ROOFLINE_LEVELS - 1 && bytes > (double)r->levels[i].bytes)
        i++;
    const double computing = 1e-6 * flops / (roofline_in_force(r)->gflops * cores);
    const double moving = 1e-6 * bytes / (r->levels[i].gbytes * cores);
    return computing > moving ? (roofline_limit){computing, "FMA"} : (roofline_limit){moving, r->levels[i].name};
}
