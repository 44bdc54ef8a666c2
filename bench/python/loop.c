/* SPDX-License-Identifier: MIT */
/* Calls the detection of the Python package from C, for overhead.py. */
#include <time.h>

typedef int detect_function(void *net, const void *data, int width, int height, int row_bytes, int format, void *out,
                            int capacity);

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Sets us[i] to the microseconds of call i. Returns the result of the last one. */
int time_calls(detect_function *detect, void *net, const void *data, int width, int height, int row_bytes, int format,
               void *out, int capacity, double *us, int count);
int time_calls(detect_function *detect, void *net, const void *data, int width, int height, int row_bytes, int format,
               void *out, int capacity, double *us, int count) {
    int found = 0;
    for (int i = 0; i < count; i++) {
        const double start = now_us();
        found = detect(net, data, width, height, row_bytes, format, out, capacity);
        us[i] = now_us() - start;
    }
    return found;
}
