/* SPDX-License-Identifier: MIT */
/* Where a thread runs. Linux wakes a thread on the CPU of the thread that wakes it, unless it knows an idle one. On
 * machines with few CPUs it hardly looks for one, so that a thread which reads ahead interrupts detection. Does nothing
 * on systems other than Linux. */
#ifndef V5LITE_PLACEMENT_H
#define V5LITE_PLACEMENT_H

/* Returns the CPU of the calling thread, -1: unknown. */
int placement_cpu(void);

/* Keeps the calling thread off this CPU, if it may use another one, and no longer off *avoided, which is set to it.
 * *avoided is -1 before the first call. */
void placement_avoid(int cpu, int *avoided);

#endif
