/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getcpu, CPU_SET */
#include "placement.h"

#if defined(__linux__)

#include <sched.h>
#include <stddef.h>

int placement_cpu(void) { return sched_getcpu(); }

void placement_avoid(int cpu, int *avoided) {
    cpu_set_t usable;
    if (cpu == *avoided || cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof usable, &usable) != 0) return;
    if (*avoided >= 0) CPU_SET((size_t)*avoided, &usable);
    if (!CPU_ISSET((size_t)cpu, &usable)) return;
    CPU_CLR((size_t)cpu, &usable);
    if (CPU_COUNT(&usable) > 0) (void)sched_setaffinity(0, sizeof usable, &usable);
    *avoided = cpu;
}

#else

int placement_cpu(void) { return -1; }

void placement_avoid(int cpu, int *avoided) { (void)cpu, (void)avoided; }

#endif
