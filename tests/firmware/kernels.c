/* SPDX-License-Identifier: MIT */
/* Runs the checks of tests/unit/check_s8*.c on a board: every kernel in S8 that its CPU can run, except the reference,
 * gives the reference's bits. */
#include "kernel_checks.h"

#include "board.h"
#include "print.h"

enum { MARGIN = 64 }; /* bytes before and after an output */

_Alignas(64) unsigned char regions[REGIONS][REGION];
float want[REGION / sizeof(float)];
int at_end;
builder rng = {11};
static const char *running;

float builder_random(builder *b) {
    b->seed = b->seed * 1664525u + 1013904223u;
    return (float)(b->seed >> 8) / 8388608.0f - 1.0f;
}

void *place(int region, size_t bytes) {
    if (bytes > REGION - 2 * MARGIN) {
        print_text("kernels: a case is too large for this memory\n");
        board_exit(STATUS_KERNEL);
    }
    return regions[region] + (at_end ? REGION - MARGIN - bytes : MARGIN);
}

void *poison(size_t bytes) {
    unsigned char *at = place(OUTPUT, bytes);
    memset(at - MARGIN, POISON, bytes + 2 * MARGIN);
    return at;
}

void expect_equal(const void *got, const void *expected, size_t bytes, int line) {
    const unsigned char *a = got, *b = expected;
    int same = 1;
    for (size_t i = 0; i < bytes; i++)
        same &= a[i] == b[i];
    for (size_t i = 0; i < MARGIN; i++)
        same &= a[-1 - (ptrdiff_t)i] == POISON && a[bytes + i] == POISON;
    if (same) return;
    print_text(running);
    print_text(": other bits than the reference: check_s8*.c:");
    print_number((size_t)line);
    print_text("\n");
    board_exit(STATUS_KERNEL);
}

#define CHECK_F32(kind, symbol, needs, max)
#define CHECK_W16(kind, symbol, needs, max)
#define CHECK_ANY(kind, symbol, needs, max)
#define CHECK_S8(kind, symbol, needs, max)                                                                             \
    if ((needs) != 0 && ((uint32_t)(needs) & ~v5l_cpu_features()) == 0) {                                              \
        running = #symbol;                                                                                             \
        check_##kind##_s8(symbol, max);                                                                                \
        print_text(#symbol);                                                                                           \
        print_text(": as the reference\n");                                                                            \
    }
#define V5L_KERNEL(kind, types, symbol, needs, max) CHECK_##types(kind, symbol, needs, max)

int main(void) {
#include "kernels/kernels.def"
    return STATUS_FOUND;
}
