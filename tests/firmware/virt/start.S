/* SPDX-License-Identifier: MIT */
/* AArch64 from reset to main, on one core: to EL1 from the level at which the CPU starts, an identity map with caches,
 * stack and variables.
 *
 * The map is not only for speed: without it all memory is Device memory, where an access that is not aligned to its
 * size faults, and vector loads of floats are not aligned. Maps only existing memory, flash read-only. */

#define VALID_BLOCK 0x401       /* accessed; 2 MiB */
#define NORMAL (1 << 2 | 3 << 8) /* attribute 1 of MAIR below, inner shareable */
#define READ_ONLY (1 << 7)
#define NO_EXECUTE (3 << 53)
#define TABLE 3
#define UART 0x09000000 /* PL011, for your own board_print */
#define RAM 0x40000000

    .section .start, "ax"
    .global start
start:
    mrs x0, mpidr_el1 /* other cores sleep */
    tst x0, #0xFF
    b.eq boot
0:  wfi
    b 0b

boot:
    mrs x0, CurrentEL
    cmp x0, #3 << 2
    b.eq from_el3
    cmp x0, #2 << 2
    b.eq from_el2
    b at_el1

from_el3:
    mov x0, #1 << 10 | 1 << 5 | 1 << 4 /* EL1 is AArch64, of the same security; RES1 */
    msr scr_el3, x0
    msr cptr_el3, xzr /* floating point is not trapped */
    adr x0, at_el1
    msr elr_el3, x0
    mov x0, #0x3C5 /* EL1 with its own stack pointer, interrupts masked */
    msr spsr_el3, x0
    eret

from_el2:
    mov x0, #1 << 31 /* EL1 is AArch64 */
    msr hcr_el2, x0
    mov x0, #0x33FF /* floating point is not trapped */
    msr cptr_el2, x0
    adr x0, at_el1
    msr elr_el2, x0
    mov x0, #0x3C5
    msr spsr_el2, x0
    eret

at_el1:
    ldr x0, =vectors
    msr vbar_el1, x0
    mov x0, #3 << 20 /* floating point and NEON */
    msr cpacr_el1, x0

    mov x0, #0xFF00 /* attribute 0: Device-nGnRnE, 1: Normal, write-back */
    msr mair_el1, x0
    ldr x0, =0x803520 /* addresses of 32 bits, 4 KiB granule, walks cached, inner shareable; no upper half */
    msr tcr_el1, x0
    ldr x0, =level1
    msr ttbr0_el1, x0
    tlbi vmalle1
    ic iallu
    dsb sy
    isb
    ldr x0, =0x30D0180D /* RES1 bits; map, caches of data and instructions, stack alignment check */
    msr sctlr_el1, x0
    isb

    ldr x0, =stack_begin
    ldr x1, =stack_end
    mov sp, x1
    ldr x2, =0xA5A5A5A5A5A5A5A5 /* shows later how much was used */
0:  str x2, [x0], #8
    cmp x0, x1
    b.lo 0b

    ldr x0, =data_load
    ldr x1, =data_begin
    ldr x2, =data_end
1:  cmp x1, x2
    b.hs 2f
    ldr x3, [x0], #8
    str x3, [x1], #8
    b 1b
2:  ldr x2, =bss_end
3:  cmp x1, x2
    b.hs 4f
    str xzr, [x1], #8
    b 3b
4:  bl main
    b board_exit

/* An exception of any kind is the end: syndrome, instruction, address. */
    .balign 2048
vectors:
    .rept 16
    b fault
    .balign 128
    .endr
fault:
    ldr x0, =stack_end
    mov sp, x0
    mrs x0, esr_el1
    mrs x1, elr_el1
    mrs x2, far_el1
    b virt_fault

    .ltorg

/* Level 1: 1 GiB an entry. Level 2: 2 MiB an entry. */
    .balign 4096
low: /* 0 .. 1 GiB */
    .set at, 0
    .rept 512
    .if at < 0x04000000
    .quad at + VALID_BLOCK + NORMAL + READ_ONLY
    .elseif at == UART
    .quad at + VALID_BLOCK + NO_EXECUTE
    .else
    .quad 0
    .endif
    .set at, at + 0x200000
    .endr
high: /* RAM, 16 MiB */
    .set at, RAM
    .rept 8
    .quad at + VALID_BLOCK + NORMAL + NO_EXECUTE
    .set at, at + 0x200000
    .endr
    .fill 504, 8, 0
level1:
    .quad low + TABLE, high + TABLE, 0, 0
    .section .note.GNU-stack, "", %progbits
