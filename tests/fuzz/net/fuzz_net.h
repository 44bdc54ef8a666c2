/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_NET_H
#define FUZZ_NET_H

#include "builder.h"
#include "choices.h"
#include "oracle.h"

/* Makes the file of an input: generated, with maps of type F32, S8 or F16, and for half of the inputs mutated. Free
 * with blob_free. */
blob fuzz_net_file(choices *c, v5l_type type);

/* Runs one input: makes its file, opens it, and if that succeeds checks it. Aborts on an error. */
void fuzz_net(choices *c, v5l_type type, fuzz_counts *counts);

/* Returns the type of maps of a seed's net: S8 for odd seeds, F16 for every other even one. */
static inline v5l_type fuzz_net_type(uint64_t seed) {
#if !defined(V5L_NO_S8)
    if (seed % 2 == 1) return V5L_TYPE_S8;
#endif
#if !defined(V5L_NO_F16)
    if (seed % 4 == 2) return V5L_TYPE_F16;
#endif
    return (void)seed, V5L_TYPE_F32;
}

#endif
