/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_NET_H
#define FUZZ_NET_H

#include "builder.h"
#include "choices.h"
#include "oracle.h"

/* Makes the file of an input: generated, in floats or 8 bits, and for half of the inputs mutated. Free with
 * blob_free. */
blob fuzz_net_file(choices *c, int s8);

/* Runs one input: makes its file, opens it, and if that succeeds checks it. Aborts on an error. */
void fuzz_net(choices *c, int s8, fuzz_counts *counts);

/* Whether the net of a seed is in 8 bits. */
static inline int fuzz_net_is_s8(uint64_t seed) {
#if defined(V5L_NO_S8)
    return (void)seed, 0;
#else
    return seed % 2 == 1;
#endif
}

#endif
