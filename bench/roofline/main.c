/* SPDX-License-Identifier: MIT */
/* Measures what one core of this machine can do at most.
 *
 *     make bench-roofline
 *     build/bench_roofline [--cpu SET] [--json]     with the instruction sets up to SET; JSON for bench/roofline.py */
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "roofline.h"

static int fail(const char *context, const char *where, const char *expected) {
    fprintf(stderr, "bench_roofline: %s: %s: %s\n", context, where, expected);
    return 2;
}

static void report_text(const roofline *r) {
    machine_report_text(roofline_newest(r)->name);
    printf("limits of one core\n%-16s %8s\n", "multiply-adds", "GFLOP/s");
    for (int i = 0; i < r->set_count; i++)
        printf("  %-14s %8.1f\n", r->sets[i].name, r->sets[i].gflops);
    printf("%-16s %8s\n", "reads", "GB/s");
    for (int i = 0; i < ROOFLINE_LEVELS; i++)
        printf("  %5zu KB  %-5s %8.1f\n", r->levels[i].bytes >> 10, r->levels[i].name, r->levels[i].gbytes);
    if (!r->plausible) puts("no limits: so few multiply-adds per load show that this is an emulator");
}

static void report_json(const roofline *r) {
    putchar('{');
    machine_report_json(roofline_newest(r)->name);
    printf("\"roofline\": {\"isa\": \"%s\", \"peak_gflops\": {", roofline_newest(r)->name);
    for (int i = 0; i < r->set_count; i++)
        printf("%s\"%s\": %.3f", i > 0 ? ", " : "", r->sets[i].name, r->sets[i].gflops);
    fputs("}, \"reads\": [", stdout);
    for (int i = 0; i < ROOFLINE_LEVELS; i++)
        printf("%s{\"level\": \"%s\", \"bytes\": %zu, \"gbytes\": %.3f}", i > 0 ? ", " : "", r->levels[i].name,
               r->levels[i].bytes, r->levels[i].gbytes);
    printf("], \"plausible\": %s}}\n", r->plausible ? "true" : "false");
}

int main(int argc, char **argv) {
    roofline r;
    uint32_t mask = V5L_CPU_ALL;
    int json = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = 1;
        else if (strcmp(argv[i], "--cpu") != 0 || i + 1 == argc)
            return fail("bad argument", argv[i], "expected --cpu SET or --json");
        else if (!roofline_mask(argv[++i], &mask))
            return fail("bad value", argv[i], "expected all, ref or an instruction set of this CPU for --cpu");
    }
    if (!roofline_measure(&r, mask)) return fail("out of memory", "roofline", "expected room for 64 MB");
    (json ? report_json : report_text)(&r);
    return 0;
}
