/* SPDX-License-Identifier: MIT */
/* The rate of multiply-adds that the core can do at all: independent FMAs on registers. */
#ifndef PEAK_H
#define PEAK_H

#include <stdint.h>

/* Runs for a few milliseconds at most, with the widest registers of the CPU features in `mask`, and returns how many
 * floating-point operations that were. */
double fma_loop(uint32_t mask);

#endif
