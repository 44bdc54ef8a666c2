/* SPDX-License-Identifier: MIT */
/* A program that goes wrong, to see that boards report it: it writes into the image, or, with OVERFLOW, uses more stack than there
 * is. */
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
extern uint32_t flash_begin[]; /* by the linker script */
int main(void) {
    *(volatile uint32_t *)flash_begin = 0;
    return 0;
}
#endif
