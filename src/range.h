/* SPDX-License-Identifier: MIT */
/* Checks integers of options. */
#ifndef V5L_RANGE_H
#define V5L_RANGE_H

static inline int v5l_in_range(int x, int low, int high) { return x >= low && x <= high; }

#endif
