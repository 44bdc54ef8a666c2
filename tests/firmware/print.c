/* SPDX-License-Identifier: MIT */
#include "print.h"

#include <stdint.h>
#include <string.h>

#include "board.h"

enum { DIGITS = 20 }; /* of 2^64 */

void print_text(const char *text) { board_print(text); }

/* Prints at least `least` digits, of base 10 or 16. */
static void print_digits(size_t value, unsigned base, int least) {
    char text[DIGITS + 1];
    int at = DIGITS;
    text[at] = 0;
    do {
        text[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0 || DIGITS - at < least);
    board_print(&text[at]);
}

void print_number(size_t value) { print_digits(value, 10, 1); }

void print_address(const void *at) {
    board_print("0x");
    print_digits((uintptr_t)at, 16, 1);
}

void print_fixed(float value, int decimals) {
    uint32_t unit = 1;
    for (int i = 0; i < decimals; i++)
        unit *= 10;
    const double exact = (double)value * unit; /* 24 + 14 bits fit a double */
    uint32_t scaled = (uint32_t)exact;
    const double rest = exact - scaled;
    if (rest > 0.5 || (rest == 0.5 && scaled % 2 != 0)) scaled++; /* ties to even, as printf */
    print_digits(scaled / unit, 10, 1);
    board_print(".");
    print_digits(scaled % unit, 10, decimals);
}

void print_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    print_digits(bits, 16, 8);
}
