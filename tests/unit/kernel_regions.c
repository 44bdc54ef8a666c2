/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "kernel_checks.h"

#include <sys/mman.h>
#include <unistd.h>

unsigned char *regions[REGIONS];
int at_end;
builder rng;
uint32_t kernel_needs;
float want[REGION / sizeof(float)], magnitude[REGION / sizeof(float)];

int open_regions(void **state) {
    (void)state;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < REGIONS; i++) {
        unsigned char *all = mmap(NULL, REGION + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(all != MAP_FAILED && REGION % page == 0);
        regions[i] = all + page;
        assert_int_equal(mprotect(regions[i], REGION, PROT_READ | PROT_WRITE), 0);
    }
    rng.seed = 11;
    return 0;
}

void *place(int region, size_t bytes) {
    assert_true(bytes <= REGION);
    return regions[region] + (at_end ? REGION - bytes : 0);
}

float *place_runs(int region, size_t count, size_t length, size_t stride) {
    const size_t floats = (count - 1) * stride + length;
    float *at = place(region, floats * sizeof *at);
    for (size_t i = 0; i < floats; i++)
        at[i] = i % stride < length ? builder_random(&rng) : NAN;
    return at;
}

void make_absolute(float *at, size_t floats) {
    for (size_t i = 0; i < floats; i++)
        at[i] = fabsf(at[i]);
}

void *poison(size_t bytes) { return memset(place(OUTPUT, bytes), POISON, bytes); }

void check_equal_runs(const float *got, size_t count, size_t length, size_t stride) {
    const uint32_t pattern = 0xA5A5A5A5u;
    for (size_t i = 0; i < (count - 1) * stride + length; i++) {
        if (i % stride >= length)
            assert_memory_equal(&got[i], &pattern, sizeof pattern);
        else
            assert_true(isnan(want[i]) ? isnan(got[i]) : got[i] == want[i]);
    }
}

void check_runs(const float *got, size_t count, size_t length, size_t stride, double terms) {
    const uint32_t pattern = 0xA5A5A5A5u;
    if (EXACT) {
        check_equal_runs(got, count, length, stride);
        return;
    }
    for (size_t i = 0; i < (count - 1) * stride + length; i++) {
        if (i % stride >= length)
            assert_memory_equal(&got[i], &pattern, sizeof pattern);
        else if (isfinite(want[i]))
            assert_sum(got[i], (double)want[i], 2 * terms, (double)magnitude[i]);
        else
            assert_true(isnan(want[i]) ? isnan(got[i]) : got[i] == want[i]);
    }
}
