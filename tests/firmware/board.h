/* SPDX-License-Identifier: MIT */
/* What main.c asks of a board. A port is one folder: a linker script, a start-up file, and this, where semihost.c does not do. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>

/* What a program ends with. */
enum {
    STATUS_FOUND = 0,   /* a detection ran to its end, whatever it found */
    STATUS_MODEL = 1,   /* the weights file was refused */
    STATUS_PLACE = 2,   /* the weights are not read in place */
    STATUS_NET = 3,     /* the net was refused: too little memory, for instance */
    STATUS_PICTURE = 4, /* the picture was refused */
    STATUS_FAULT = 5    /* the CPU took an exception */
};

/* Addresses that the linker script decides. */
typedef struct {
    const unsigned char *flash, *flash_end; /* the image: code, constants, weights, picture */
    unsigned char *memory, *memory_end;     /* RAM that nothing else uses; begins at a multiple of 64 */
    size_t data_bytes;                      /* RAM of variables */
    size_t stack_bytes, stack_used;         /* used: the most so far */
} board_memory;

board_memory board_memory_now(void);

/* Prints a text as it is, without a newline of its own. */
void board_print(const char *text);

/* Ends: under an emulator or debugger with this status, elsewhere a loop. */
_Noreturn void board_exit(int status);

/* For start-up code: prints a CPU's registers of a fault, names[i] = values[i], and ends. */
_Noreturn void board_fault(const char *const *names, const size_t *values, int count);

#endif
