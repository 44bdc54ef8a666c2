/* SPDX-License-Identifier: MIT */
/* The functions of a C library that the library and the compiler need. */
#include <string.h>

#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    unsigned char *d = to;
    const unsigned char *s = from;
    if (((uintptr_t)d | (uintptr_t)s) % sizeof(uint32_t) == 0)
        for (; n >= sizeof(uint32_t); n -= sizeof(uint32_t), d += sizeof(uint32_t), s += sizeof(uint32_t))
            *(uint32_t *)(void *)d = *(const uint32_t *)(const void *)s;
    for (; n > 0; n--)
        *d++ = *s++;
    return to;
}

void *memmove(void *to, const void *from, size_t n) {
    unsigned char *d = to;
    const unsigned char *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= n) return memcpy(to, from, n); /* to is not inside from .. from + n - 1 */
    while (n-- > 0)
        d[n] = s[n];
    return to;
}

void *memset(void *to, int value, size_t n) {
    unsigned char *d = to;
    const uint32_t four = (uint32_t)(unsigned char)value * 0x01010101u;
    if ((uintptr_t)d % sizeof four == 0)
        for (; n >= sizeof four; n -= sizeof four, d += sizeof four)
            *(uint32_t *)(void *)d = four;
    for (; n > 0; n--)
        *d++ = (unsigned char)value;
    return to;
}
