/* SPDX-License-Identifier: MIT */
/* A program without any C library: detects in the scene with a built-in model, and prints the detections. It uses two
 * system calls of Linux, write and exit. */
#include "scene.h"

extern const unsigned char digits[];
extern const uint32_t digits_size;

/* The three functions that an environment without a C library must provide for compilers, and so for the library. */
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
void _start(void);

/* volatile, because the compiler would recognise the loops and call these functions. */
void *memcpy(void *restrict to, const void *restrict from, size_t n) { return memmove(to, from, n); }

void *memmove(void *to, const void *from, size_t n) {
    volatile unsigned char *t = to;
    const volatile unsigned char *f = from;
    if ((uintptr_t)to <= (uintptr_t)from)
        for (size_t i = 0; i < n; i++)
            t[i] = f[i];
    else
        for (size_t i = n; i > 0; i--)
            t[i - 1] = f[i - 1];
    return to;
}

void *memset(void *to, int value, size_t n) {
    volatile unsigned char *t = to;
    for (size_t i = 0; i < n; i++)
        t[i] = (unsigned char)value;
    return to;
}

#if defined(__x86_64__)
enum { WRITE = 1, EXIT = 60 };
static long system_call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
enum { WRITE = 64, EXIT = 93 };
static long system_call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
#elif defined(__arm__)
enum { WRITE = 4, EXIT = 1 };
static long system_call(long number, long a, long b, long c) { /* r7 may be the frame pointer, so it cannot be named */
    register long r0 __asm__("r0") = a, r1 __asm__("r1") = b, r2 __asm__("r2") = c;
    __asm__ volatile("push {r7}\n\tmov r7, %[n]\n\tsvc 0\n\tpop {r7}"
                     : "+r"(r0)
                     : [n] "r"(number), "r"(r1), "r"(r2)
                     : "memory");
    return r0;
}

/* Called by libgcc's division, where the CPU has none, for a divisor of 0 on Linux. */
int raise(int signal);
int raise(int signal) {
    system_call(EXIT, signal, 0, 0);
    return 0;
}
#else
#error "x86-64, AArch64 and ARM"
#endif

#if defined(__x86_64__)
__attribute__((force_align_arg_pointer)) /* no caller has aligned the stack */
#endif
void _start(void) {
    static _Alignas(64) unsigned char memory[1 << 22];
    static unsigned char rgb[SCENE_HEIGHT * SCENE_WIDTH * SCENE_CHANNELS];
    static char text[SCENE_TEXT];
    const char *end = scene_run(text, digits, digits_size, rgb, memory, sizeof memory, NULL);
    const long written = system_call(WRITE, 1, (long)text, end - text);
    system_call(EXIT, written == end - text ? 0 : 1, 0, 0);
}
