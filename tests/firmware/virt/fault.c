/* SPDX-License-Identifier: MIT */
#include "board.h"

/* Called by start.S with registers of the exception. */
_Noreturn void virt_fault(size_t esr, size_t elr, size_t far);

void virt_fault(size_t esr, size_t elr, size_t far) {
    static const char *const names[] = {"ESR", "ELR", "FAR"};
    const size_t values[] = {esr, elr, far};
    board_fault(names, values, 3);
}
