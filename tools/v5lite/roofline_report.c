/* SPDX-License-Identifier: MIT */
#include "roofline_report.h"

#include <stdio.h>

void roofline_report_text(const roofline *r, int cores) {
    printf("what one core does at most, in the best of several runs\n%-16s %8s\n", "multiply-adds", "GFLOP/s");
    for (int i = 0; i < r->set_count; i++)
        printf("  %-14s %8.1f\n", r->sets[i].name, r->sets[i].gflops);
    printf("%-16s %8s\n", "reads", "GB/s");
    for (int i = 0; i < ROOFLINE_LEVELS; i++)
        printf("  %5zu KB  %-5s %8.1f\n", r->levels[i].bytes >> 10, r->levels[i].name, r->levels[i].gbytes);
    if (!r->plausible)
        puts("not taken as limits: so few multiply-adds beside so many loads are an emulator's");
    else if (cores > 1)
        printf("limits of the ops: %d times that\n", cores);
}

void roofline_report_json(const roofline *r) {
    printf("{\"isa\": \"%s\", \"peak_gflops\": {", roofline_in_force(r)->name);
    for (int i = 0; i < r->set_count; i++)
        printf("%s\"%s\": %.3f", i > 0 ? ", " : "", r->sets[i].name, r->sets[i].gflops);
    fputs("}, \"reads\": [", stdout);
    for (int i = 0; i < ROOFLINE_LEVELS; i++)
        printf("%s{\"level\": \"%s\", \"bytes\": %zu, \"gbytes\": %.3f}", i > 0 ? ", " : "", r->levels[i].name,
               r->levels[i].bytes, r->levels[i].gbytes);
    printf("], \"plausible\": %s}", r->plausible ? "true" : "false");
}
