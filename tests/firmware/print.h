/* SPDX-License-Identifier: MIT */
/* Prints text and numbers, without a C library. */
#ifndef PRINT_H
#define PRINT_H

#include <stddef.h>

void print_text(const char *text);
void print_number(size_t value);
void print_address(const void *at);

/* Prints value >= 0 with up to 6 decimals; value * 10^decimals must be below 2^32. */
void print_fixed(float value, int decimals);

/* Prints the 32 bits of a float, in hexadecimal. */
void print_bits(float value);

#endif
