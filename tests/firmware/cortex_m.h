/* SPDX-License-Identifier: MIT */
/* Cortex-M from reset to main: floating point, stack, variables and vectors. Included once, by a board's start.c, which
 * then defines fault, the handler of all exceptions, and prepare, what the board needs before main. */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stdint.h>

#include "board.h"

#define CFSR (*(volatile uint32_t *)0xE000ED28)  /* the kind of fault */
#define MMFAR (*(volatile uint32_t *)0xE000ED34) /* address of a memory protection fault */
#define BFAR (*(volatile uint32_t *)0xE000ED38)  /* address of a bus fault */
#define CPACR (*(volatile uint32_t *)0xE000ED88) /* access to coprocessors; 10 and 11 are FPU and MVE */

enum { CORE_VECTORS = 16 };

/* Symbols of the linker script. */
extern const uint32_t data_load[];
extern uint32_t stack_begin[], stack_end[], data_begin[], data_end[], bss_end[];

int main(void);
_Noreturn void start(void);
void fault(void);
static void prepare(void);

void start(void) {
    CPACR |= 0xFu << 20;
    prepare();
    __asm__ volatile("dsb\n isb" ::: "memory");
    const uint32_t *here = __builtin_frame_address(0);
    for (volatile uint32_t *p = stack_begin; p + 16 < here; p++)
        *p = 0xA5A5A5A5; /* shows later how much was used */
    const uint32_t *from = data_load;
    uint32_t *to = data_begin;
    while (to < data_end)
        *to++ = *from++;
    while (to < bss_end)
        *to++ = 0;
    board_exit(main());
}

typedef union {
    const uint32_t *stack;
    void (*handler)(void);
} vector;

#define FAULT                                                                                                          \
    { .handler = fault }

/* Initial stack, reset, then faults and the core's other exceptions; no interrupt is used. */
__attribute__((section(".start"), used)) const vector vectors[CORE_VECTORS] = {{.stack = stack_end},
                                                                               {.handler = start},
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT,
                                                                               FAULT};

#endif
