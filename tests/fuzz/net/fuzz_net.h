/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_NET_H
#define FUZZ_NET_H

#include "builder.h"
#include "choices.h"
#include "oracle.h"

/* The file of an input: generated, and for half of the inputs changed. Free with blob_free. */
blob fuzz_net_file(choices *c);

/* One input: makes its file, opens it, and if that succeeds checks it. Aborts where something is wrong. */
void fuzz_net(choices *c, fuzz_counts *counts);

#endif
