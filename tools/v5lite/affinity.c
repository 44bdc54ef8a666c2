/* SPDX-License-Identifier: MIT */
#include "affinity.h"

#include <string.h>

#include "args.h"

/* Parses the first `length` characters of text as a CPU number. */
static int parse_cpu(const char *text, size_t length, int *cpu) {
    char digits[8];
    if (length >= sizeof digits) return 0;
    memcpy(digits, text, length);
    digits[length] = 0;
    return args_integer(digits, 0, MAX_CPUS - 1, cpu);
}

int affinity_parse(const char *text, int *cpus) {
    int count = 0;
    for (;; text++) {
        int first, last;
        size_t n = strcspn(text, ",-");
        if (!parse_cpu(text, n, &first)) return 0;
        last = first;
        text += n;
        if (*text == '-') {
            n = strcspn(++text, ",");
            if (!parse_cpu(text, n, &last)) return 0;
            text += n;
        }
        if (last < first || last - first >= MAX_CPUS - count) return 0;
        while (first <= last)
            cpus[count++] = first++;
        if (*text == 0) return count;
    }
}
