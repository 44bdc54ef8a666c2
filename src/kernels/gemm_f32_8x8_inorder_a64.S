/* SPDX-License-Identifier: MIT */
/* The 8 x 8 block of gemm for AArch64 cores that execute in order (Cortex-A53, A55). Replaces block() in
 * gemm_8x8_neon.inc, with the same sums in the same order. C signature (gemm_neon.inc), and all memory that it reads
 * and writes:
 *
 *     typedef struct {
 *         const void *const *indirection;     // [k_segments][24], of which each block uses 8
 *         const uint32_t *lengths;            // [k_segments]
 *         const float *panel;                 // [sum of lengths][8]
 *         const float *bias;                  // 8 floats for each pixel, bias_stride bytes apart
 *         float *dst;                         // 8 floats for each pixel, stride bytes apart
 *         size_t k_segments, blocks, bias_stride, stride, relu;
 *     } v5l_gemm_asm_args;
 *     void v5l_gemm_block_8x8_inorder_a64(const v5l_gemm_asm_args *args);
 *
 * Why assembly: in such a core a load cannot complete before an earlier fmla, so a load between fmla instructions
 * stalls. Compilers mix loads and fmla. Here one group of loads reads the operands of four k, before their 64 fmla; it
 * fills all registers that the sums leave free. The next group is loaded before the branch back, because the branch
 * also waits for earlier fmla. Pointers advance by add, which issues in parallel with a load; post-indexed loads would
 * wait for each other. 162 instructions for 128 fmla.
 *
 * | register   | contents                                  | register   | contents                              |
 * |------------|-------------------------------------------|------------|---------------------------------------|
 * | x0         | rows of the block                         | x10        | panel, next row                       |
 * | x1         | lengths                                   | x11        | rows of the next segment              |
 * | x2         | panel                                     | x12        | length of the next segment            |
 * | x3, x4     | bias, dst: next pixel                     | x13        | segments left                         |
 * | x5, x6     | segments, blocks left                     | x14        | floats left in the segment            |
 * | x7, x8     | bias_stride, stride                       | x15        | panel, second half of the group       |
 * | x9         | relu                                      | x16 .. x24 | rows of pixels 0 .. 7 (without x18)   |
 * | v0 .. v7   | four k of pixels 0 .. 7                   | v16 .. v31 | sums, two for each pixel              |
 * | v8 .. v15  | four rows of the panel                    |            |                                       |
 *
 * Saves x19 .. x24 and d8 .. d15. No stack argument, no call. */
#if defined(__aarch64__)

#define ROWS_BYTES (24 * 8) /* MAX_PIXELS pointers */

#define row0 x16
#define row1 x17
#define row2 x19
#define row3 x20
#define row4 x21
#define row5 x22
#define row6 x23
#define row7 x24

/* Adds to both sums of each pixel: weights \w0 and \w1 times lane \lane of v0 .. v7. */
.macro multiply w0, w1, lane
    fmla v16.4s, v\w0\().4s, v0.s[\lane]
    fmla v18.4s, v\w0\().4s, v1.s[\lane]
    fmla v20.4s, v\w0\().4s, v2.s[\lane]
    fmla v22.4s, v\w0\().4s, v3.s[\lane]
    fmla v17.4s, v\w1\().4s, v0.s[\lane]
    fmla v19.4s, v\w1\().4s, v1.s[\lane]
    fmla v21.4s, v\w1\().4s, v2.s[\lane]
    fmla v23.4s, v\w1\().4s, v3.s[\lane]
    fmla v24.4s, v\w0\().4s, v4.s[\lane]
    fmla v26.4s, v\w0\().4s, v5.s[\lane]
    fmla v28.4s, v\w0\().4s, v6.s[\lane]
    fmla v30.4s, v\w0\().4s, v7.s[\lane]
    fmla v25.4s, v\w1\().4s, v4.s[\lane]
    fmla v27.4s, v\w1\().4s, v5.s[\lane]
    fmla v29.4s, v\w1\().4s, v6.s[\lane]
    fmla v31.4s, v\w1\().4s, v7.s[\lane]
.endm

/* Adds four k. The second half of the weights is loaded in parallel with the first fmla. */
.macro multiply_group
    ld1 {v12.4s, v13.4s, v14.4s, v15.4s}, [x15]
    multiply 8, 9, 0
    multiply 10, 11, 1
    multiply 12, 13, 2
    multiply 14, 15, 3
.endm

.macro load_weights /* the first half of a group */
    ld1 {v8.4s, v9.4s, v10.4s, v11.4s}, [x10]
.endm

/* Loads the first four k of eight. Pixels 4 .. 7 advance here, the others in the second group: one add per load. */
.macro load_first_group count
    load_weights
    ldr q0, [row0]
    add x15, x10, #64
    ldr q1, [row1]
    add x10, x10, #128
    ldr q2, [row2]
    .if \count
    subs x14, x14, #8
    .endif
    ldr q4, [row4]
    add row4, row4, #32
    ldr q5, [row5]
    add row5, row5, #32
    ldr q6, [row6]
    add row6, row6, #32
    ldr q7, [row7]
    add row7, row7, #32
    ldr q3, [row3]
.endm

.macro load_second_group
    load_weights
    ldr q4, [row4, #-16]
    add x15, x10, #64
    ldr q5, [row5, #-16]
    add x10, x10, #128
    ldr q0, [row0, #16]
    add row0, row0, #32
    ldr q1, [row1, #16]
    add row1, row1, #32
    ldr q2, [row2, #16]
    add row2, row2, #32
    ldr q3, [row3, #16]
    add row3, row3, #32
    ldr q6, [row6, #-16]
    ldr q7, [row7, #-16]
.endm

/* Loads the next floats of each pixel, into registers of one letter: d 2 floats, s 1 float. */
.macro load_tail type, bytes
    ldr \type\()0, [row0], #\bytes
    ldr \type\()1, [row1], #\bytes
    ldr \type\()2, [row2], #\bytes
    ldr \type\()3, [row3], #\bytes
    ldr \type\()4, [row4], #\bytes
    ldr \type\()5, [row5], #\bytes
    ldr \type\()6, [row6], #\bytes
    ldr \type\()7, [row7], #\bytes
.endm

.macro each_pixel action
    \action 16, 17
    \action 18, 19
    \action 20, 21
    \action 22, 23
    \action 24, 25
    \action 26, 27
    \action 28, 29
    \action 30, 31
.endm
.macro load_bias low, high
    ld1 {v\low\().4s, v\high\().4s}, [x3], x7
.endm
.macro relu low, high
    fmaxnm v\low\().4s, v\low\().4s, v0.4s
    fmaxnm v\high\().4s, v\high\().4s, v0.4s
.endm
.macro store low, high
    st1 {v\low\().4s, v\high\().4s}, [x4], x8
.endm

    .text
    .p2align 4
    .globl v5l_gemm_block_8x8_inorder_a64
    .hidden v5l_gemm_block_8x8_inorder_a64
    .type v5l_gemm_block_8x8_inorder_a64, %function
v5l_gemm_block_8x8_inorder_a64:
    hint #34 /* bti c */
    stp x19, x20, [sp, #-112]!
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp d8, d9, [sp, #48]
    stp d10, d11, [sp, #64]
    stp d12, d13, [sp, #80]
    stp d14, d15, [sp, #96]
    ldp x8, x9, [x0, #64]
    ldp x6, x7, [x0, #48]
    ldp x4, x5, [x0, #32]
    ldp x2, x3, [x0, #16]
    ldp x0, x1, [x0]

.Lblock:
    mov x11, x0
    add x0, x0, #64
    mov x10, x2
    mov x12, x1
    mov x13, x5
    each_pixel load_bias

.Lsegment:
    ldp row0, row1, [x11]
    ldp row2, row3, [x11, #16]
    ldp row4, row5, [x11, #32]
    ldp row6, row7, [x11, #48]
    add x11, x11, #ROWS_BYTES
    ldr w14, [x12], #4
    subs x14, x14, #4
    b.lt .Ltails
    load_first_group 1
    b.lt .Llast
.Leight: /* four k are loaded, eight or more follow */
    multiply_group
    load_second_group
    multiply_group
    load_first_group 1
    b.ge .Leight
.Llast: /* four k are loaded, 0 .. 7 follow */
    adds x14, x14, #4
    b.lt .Lfour
    multiply_group
    load_second_group
    multiply_group
    b .Ltails
.Lfour:
    multiply_group
    add row0, row0, #16
    add row1, row1, #16
    add row2, row2, #16
    add row3, row3, #16
    sub row4, row4, #16
    sub row5, row5, #16
    sub row6, row6, #16
    sub row7, row7, #16

.Ltails: /* x14 is 0 .. 3 more than a multiple of 4 */
    tbz x14, #1, .Lodd
    load_tail d, 8
    ldp q8, q9, [x10], #32
    ldp q10, q11, [x10], #32
    multiply 8, 9, 0
    multiply 10, 11, 1
.Lodd:
    tbz x14, #0, .Lsummed
    load_tail s, 4
    ldp q8, q9, [x10], #32
    multiply 8, 9, 0
.Lsummed:
    subs x13, x13, #1
    b.ne .Lsegment

    cbz x9, .Lstore
    movi v0.4s, #0
    each_pixel relu
.Lstore:
    each_pixel store
    subs x6, x6, #1
    b.ne .Lblock

    ldp d14, d15, [sp, #96]
    ldp d12, d13, [sp, #80]
    ldp d10, d11, [sp, #64]
    ldp d8, d9, [sp, #48]
    ldp x23, x24, [sp, #32]
    ldp x21, x22, [sp, #16]
    ldp x19, x20, [sp], #112
    ret
    .size v5l_gemm_block_8x8_inorder_a64, . - v5l_gemm_block_8x8_inorder_a64

/* This object supports BTI: GNU_PROPERTY_AARCH64_FEATURE_1_BTI. */
    .section .note.gnu.property, "a"
    .p2align 3
    .word 4, 16, 5
    .asciz "GNU"
    .word 0xc0000000, 4, 1, 0
#endif

#if defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
