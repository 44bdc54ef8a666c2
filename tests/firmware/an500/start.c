/* SPDX-License-Identifier: MIT */
/* Cortex-M7 from reset to main: vectors, floating point, memory protection, stack and variables. Caches stay off, as
 * after reset; CMSIS has SCB_EnableICache and SCB_EnableDCache. */
#include "../cortex_m.h"

#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9C)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0)

/* Fields of MPU_RASR: 2^(n + 1) bytes, accesses, memory type. */
#define REGION(n) ((uint32_t)(n) << 1 | 1u)
#define READ_ONLY (6u << 24 | 1u << 17) /* cached */
#define NO_ACCESS (1u << 28)

enum { FRAME_WORDS = 8, FAULT_STACK = 512 };

_Noreturn void an500_fault(const uint32_t *frame);

/* The CPU has pushed r0-r3, r12, lr, pc, xPSR on the stack in use, unless that stack was too small. */
void an500_fault(const uint32_t *frame) {
    static const char *const names[] = {"CFSR", "PC", "MMFAR", "BFAR"};
    const int on_stack = frame >= stack_begin && frame + FRAME_WORDS <= stack_end;
    const size_t values[] = {CFSR, on_stack ? frame[6] : 0, MMFAR, BFAR};
    board_fault(names, values, 4);
}

/* Continues on the same stack, or from its beginning if none is left. */
__attribute__((naked)) void fault(void) {
    __asm__ volatile("mov r0, sp\n"
                     "ldr r1, =stack_begin\n"
                     "add r1, %0\n"
                     "cmp r0, r1\n"
                     "bhs 1f\n"
                     "ldr r1, =stack_end\n"
                     "mov sp, r1\n"
                     "1: b an500_fault\n" ::"i"(FAULT_STACK));
}

/* Makes the image read-only, although this board could write it. Below RAM, where the stack ends, nothing can be
 * accessed. */
static void prepare(void) {
    MPU_RBAR = 0x00000000 | 1u << 4 | 0; /* region 0: 4 MiB */
    MPU_RASR = REGION(21) | READ_ONLY;
    MPU_RBAR = 0x10000000 | 1u << 4 | 1; /* region 1: 256 MiB */
    MPU_RASR = REGION(27) | NO_ACCESS;
    MPU_CTRL = 5; /* on; elsewhere the default map; start has the barrier */
}
