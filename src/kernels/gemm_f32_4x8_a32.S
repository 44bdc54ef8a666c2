/* SPDX-License-Identifier: MIT */
/* The 4 x 8 block of gemm for ARMv7. Replaces block() in gemm_4x8_neon.inc, with the same sums in the same order.
 * C signature (gemm_neon.inc), and all memory that it reads and writes:
 *
 *     typedef struct {
 *         const void *const *indirection;     // [k_segments][16], of which each block uses 4
 *         const uint32_t *lengths;            // [k_segments]
 *         const float *panel;                 // [sum of lengths][8]
 *         const float *bias;                  // 8 floats for each pixel, bias_stride bytes apart
 *         float *dst;                         // 8 floats for each pixel, stride bytes apart
 *         size_t k_segments, blocks, bias_stride, stride, relu;
 *     } v5l_gemm_asm_args;
 *     void v5l_gemm_block_4x8_a32(const v5l_gemm_asm_args *args);
 *
 * Why assembly: gcc 12 has no intrinsic that loads two vectors with one instruction, computes the address of each
 * vector with an add, and moves sums between registers. It needs 59 instructions for 32 vmla. This code needs 42, which
 * is 26 % fewer instructions for a whole detection (bench/README.md).
 *
 * | register | contents                | register  | contents                                    |
 * |----------|-------------------------|-----------|---------------------------------------------|
 * | r0       | args                    | r9        | floats left in the segment; a stride        |
 * | r1       | panel, next row         | r10, r11  | bias, dst: next pixel                       |
 * | r2       | rows of the next segment| r12       | rows of the block                           |
 * | r3       | length of the next one  | lr        | blocks left                                 |
 * | r4       | segments left           | q0 .. q3  | four k of pixels 0 .. 3                     |
 * | r5 .. r8 | rows of pixels 0 .. 3   | q4 .. q7  | two rows of the panel                       |
 * |          |                         | q8 .. q15 | sums, two for each pixel                    |
 *
 * Saves r4 .. r11, lr and d8 .. d15. No stack argument, no call. ARM state. Has no float argument, so code of any float
 * ABI may call it. */
#if defined(__arm__)

    .syntax unified
    .arch armv7-a
    .fpu neon-vfpv4
    .eabi_attribute 28, 3 /* Tag_ABI_VFP_args: compatible with both */
    .arm

#define ROWS_BYTES (16 * 4) /* MAX_PIXELS pointers */
#define ARGS_BIAS_STRIDE 28
#define ARGS_STRIDE 32
#define ARGS_RELU 36

/* Adds one k of all pixels: weights q\w0 and q\w1 times one lane of each pixel. */
.macro multiply w0, w1, x0, x1, x2, x3
    vmla.f32 q8, q\w0, \x0
    vmla.f32 q10, q\w0, \x1
    vmla.f32 q12, q\w0, \x2
    vmla.f32 q14, q\w0, \x3
    vmla.f32 q9, q\w1, \x0
    vmla.f32 q11, q\w1, \x1
    vmla.f32 q13, q\w1, \x2
    vmla.f32 q15, q\w1, \x3
.endm
.macro load_even
    vld1.32 {d8-d11}, [r1]!
.endm
.macro load_odd
    vld1.32 {d12-d15}, [r1]!
.endm
.macro relu sum
    vcgt.f32 q0, q\sum, #0
    vand q\sum, q\sum, q0
.endm

    .text
    .p2align 4
    .globl v5l_gemm_block_4x8_a32
    .hidden v5l_gemm_block_4x8_a32
    .type v5l_gemm_block_4x8_a32, %function
v5l_gemm_block_4x8_a32:
    push {r4-r11, lr}
    vpush {d8-d15}
    ldr r12, [r0]
    ldr r10, [r0, #12]
    ldr r11, [r0, #16]
    ldr lr, [r0, #24]

.Lblock:
    ldr r9, [r0, #ARGS_BIAS_STRIDE]
    vld1.32 {d16-d19}, [r10], r9
    vld1.32 {d20-d23}, [r10], r9
    vld1.32 {d24-d27}, [r10], r9
    vld1.32 {d28-d31}, [r10], r9
    mov r2, r12
    add r12, r12, #16
    ldr r3, [r0, #4]
    ldr r1, [r0, #8]
    ldr r4, [r0, #20]

.Lsegment:
    ldr r6, [r2, #4]
    ldr r7, [r2, #8]
    ldr r8, [r2, #12]
    ldr r5, [r2], #ROWS_BYTES
    ldr r9, [r3], #4
    subs r9, r9, #4
    blt .Ltails
.Lfour:
    load_even
    vld1.32 {d0-d1}, [r5]!
    vld1.32 {d2-d3}, [r6]!
    vld1.32 {d4-d5}, [r7]!
    vld1.32 {d6-d7}, [r8]!
    load_odd
    subs r9, r9, #4
    multiply 4, 5, d0[0], d2[0], d4[0], d6[0]
    load_even
    multiply 6, 7, d0[1], d2[1], d4[1], d6[1]
    load_odd
    multiply 4, 5, d1[0], d3[0], d5[0], d7[0]
    multiply 6, 7, d1[1], d3[1], d5[1], d7[1]
    bge .Lfour

.Ltails: /* r9 is 0 .. 3 more than a multiple of 4 */
    tst r9, #2
    beq .Lodd
    load_even
    vld1.32 {d0}, [r5]!
    vld1.32 {d2}, [r6]!
    vld1.32 {d4}, [r7]!
    vld1.32 {d6}, [r8]!
    load_odd
    multiply 4, 5, d0[0], d2[0], d4[0], d6[0]
    multiply 6, 7, d0[1], d2[1], d4[1], d6[1]
.Lodd:
    tst r9, #1
    beq .Lsummed
    load_even
    vld1.32 {d0[0]}, [r5]
    vld1.32 {d2[0]}, [r6]
    vld1.32 {d4[0]}, [r7]
    vld1.32 {d6[0]}, [r8]
    multiply 4, 5, d0[0], d2[0], d4[0], d6[0]
.Lsummed:
    subs r4, r4, #1
    bne .Lsegment

    ldr r9, [r0, #ARGS_RELU]
    cmp r9, #0
    beq .Lstore
    relu 8
    relu 9
    relu 10
    relu 11
    relu 12
    relu 13
    relu 14
    relu 15
.Lstore:
    ldr r9, [r0, #ARGS_STRIDE]
    vst1.32 {d16-d19}, [r11], r9
    vst1.32 {d20-d23}, [r11], r9
    vst1.32 {d24-d27}, [r11], r9
    vst1.32 {d28-d31}, [r11], r9
    subs lr, lr, #1
    bne .Lblock

    vpop {d8-d15}
    pop {r4-r11, pc}
    .size v5l_gemm_block_4x8_a32, . - v5l_gemm_block_4x8_a32
#endif

#if defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
