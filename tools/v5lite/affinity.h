/* SPDX-License-Identifier: MIT */
/* Lists of CPUs, as --affinity takes them: numbers and ranges, "0,2" or "0-3,8". */
#ifndef V5LITE_AFFINITY_H
#define V5LITE_AFFINITY_H

enum { MAX_CPUS = 1024 }; /* in a list, and numbers are below it: what Linux's cpu_set_t holds */

/* Sets cpus[MAX_CPUS] in the order of the list and returns how many; 0 if it is no such list. */
int affinity_parse(const char *text, int *cpus);

#endif
