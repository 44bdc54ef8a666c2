/* SPDX-License-Identifier: MIT */
/* The functions that main.c needs of a board. A port is one folder: a linker script, a start-up file, and an
 * implementation of this where semihost.c does not fit. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>

/* Exit statuses of the program. */
enum {
    STATUS_FOUND = 0,   /* a detection ran to its end, with any result */
    STATUS_MODEL = 1,   /* the weights file was refused */
    STATUS_PLACE = 2,   /* the weights are not read in place */
    STATUS_NET = 3,     /* the net was refused: too little memory, for instance */
    STATUS_PICTURE = 4, /* the picture was refused */
    STATUS_FAULT = 5,   /* the CPU took an exception */
    STATUS_KERNEL = 6   /* kernels.c: a kernel differs from the reference */
};

/* Addresses that the linker script sets. */
typedef struct {
    const unsigned char *flash, *flash_end; /* the image: code, constants, weights, picture */
    unsigned char *memory, *memory_end;     /* unused RAM; begins at a multiple of 64 */
    size_t data_bytes;                      /* RAM of variables */
    size_t stack_bytes, stack_used;         /* used: the most so far */
} board_memory;

board_memory board_memory_now(void);

/* Prints a text unchanged, without adding a newline. */
void board_print(const char *text);

/* Ends the program: under an emulator or debugger with this status, elsewhere in a loop. */
_Noreturn void board_exit(int status);

/* For start-up code: prints the CPU's registers at a fault, names[i] = values[i], and ends. */
_Noreturn void board_fault(const char *const *names, const size_t *values, int count);

#endif
