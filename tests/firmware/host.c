/* SPDX-License-Identifier: MIT */
/* board.h on a system with a C library: prints what the boards must print. */
#include "board.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern const unsigned char digits[];
extern const uint32_t digits_size;

static _Alignas(64) unsigned char memory[4 << 20];

board_memory board_memory_now(void) {
    const board_memory m = {
        .flash = digits, .flash_end = digits + digits_size, .memory = memory, .memory_end = memory + sizeof memory};
    return m;
}

void board_print(const char *text) { fputs(text, stdout); }

void board_exit(int status) { exit(status); }

void board_fault(const char *const *names, const size_t *values, int count) {
    (void)names, (void)values, (void)count;
    abort();
}
