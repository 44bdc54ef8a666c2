/* SPDX-License-Identifier: MIT */
/* CPU lists of --affinity: numbers and ranges, such as "0,2" or "0-3,8". */
#ifndef V5LITE_AFFINITY_H
#define V5LITE_AFFINITY_H

enum { MAX_CPUS = 1024 }; /* bound of list length and of CPU numbers: the size of Linux's cpu_set_t */

/* Sets cpus[MAX_CPUS] in the order of the list. Returns their number, or 0 for text that is no such list. */
int affinity_parse(const char *text, int *cpus);

#endif
