/* SPDX-License-Identifier: MIT */
/* board.h by Arm's semihosting, which qemu and debuggers implement, for AArch64 and Cortex-M. On hardware without a
 * debugger these instructions fault: there, board_print writes to a UART, and board_exit resets or waits. */
#include "board.h"
#include "print.h"

#include <stdint.h>

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026, PAINT = 0xA5 };

/* Symbols of the linker script. Start-up code paints the stack with PAINT. */
extern const unsigned char flash_begin[], flash_end[];
extern unsigned char stack_begin[], stack_end[], data_begin[], bss_end[], memory_begin[], memory_end[];

static void semihost(size_t operation, const void *parameter) {
#if defined(__aarch64__)
    register size_t x0 __asm__("x0") = operation;
    register const void *x1 __asm__("x1") = parameter;
    __asm__ volatile("hlt #0xF000" : "+r"(x0) : "r"(x1) : "memory");
#else
    register size_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = parameter;
    __asm__ volatile("bkpt #0xAB" : "+r"(r0) : "r"(r1) : "memory");
#endif
}

void board_print(const char *text) { semihost(SYS_WRITE0, text); }

void board_exit(int status) {
    const size_t block[2] = {APPLICATION_EXIT, (size_t)status};
    semihost(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

void board_fault(const char *const *names, const size_t *values, int count) {
    board_print("fault:");
    for (int i = 0; i < count; i++) {
        board_print(" ");
        board_print(names[i]);
        board_print(" ");
        print_address((const void *)values[i]);
    }
    board_print("\n");
    board_exit(STATUS_FAULT);
}

board_memory board_memory_now(void) {
    const unsigned char *deepest = stack_begin;
    while (deepest < stack_end && *deepest == PAINT)
        deepest++;
    const board_memory m = {.flash = flash_begin,
                            .flash_end = flash_end,
                            .memory = memory_begin,
                            .memory_end = memory_end,
                            .data_bytes = (size_t)(bss_end - data_begin),
                            .stack_bytes = (size_t)(stack_end - stack_begin),
                            .stack_used = (size_t)(stack_end - deepest)};
    return m;
}
