/* SPDX-License-Identifier: MIT */
/* A program with an error that boards must report: it writes into the image or, with OVERFLOW, overflows the stack. */
#include <stdint.h>

int main(void);

#if defined(OVERFLOW)
static int deeper(int depth) {
    volatile char frame[256];
    frame[0] = (char)depth;
    return depth == 0 ? 0 : deeper(depth - 1) + frame[0];
}
int main(void) { return deeper(1000); }
#else
extern uint32_t flash_begin[]; /* symbol of the linker script */
int main(void) {
    *(volatile uint32_t *)flash_begin = 0;
    return 0;
}
#endif
