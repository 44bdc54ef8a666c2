/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_NET_H
#define FUZZ_NET_H

#include "builder.h"
#include "choices.h"
#include "oracle.h"

/* Makes the file of an input: generated, and for half of the inputs mutated. Free with blob_free. */
blob fuzz_net_file(choices *c);

/* Runs one input: makes its file, opens it, and if that succeeds checks it. Aborts on an error. */
void fuzz_net(choices *c, fuzz_counts *counts);

#endif
