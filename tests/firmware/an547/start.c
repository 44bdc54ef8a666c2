/* SPDX-License-Identifier: MIT */
/* Cortex-M55 from reset to main: floating point with MVE. */
#include "../cortex_m.h"

static void prepare(void) {}

void fault(void) {
    static const char *const names[] = {"CFSR", "MMFAR", "BFAR"};
    const size_t values[] = {CFSR, MMFAR, BFAR};
    board_fault(names, values, 3);
}
