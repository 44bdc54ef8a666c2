/* SPDX-License-Identifier: MIT */
/* cpu_set_t as Android's, which has sched_getaffinity. */
#ifndef SCHED_H
#define SCHED_H

#if defined(__ANDROID__)
#include <stddef.h>

typedef struct {
    unsigned long bits[16];
} cpu_set_t;

int sched_getaffinity(int process, size_t size, cpu_set_t *set);
int count_cpus(const cpu_set_t *set);
#define CPU_COUNT(set) count_cpus(set)
#endif

#endif
