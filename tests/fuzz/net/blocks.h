/* SPDX-License-Identifier: MIT */
/* Checks a created net's reports of its memory, ops and blocks. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "oracle.h"

/* need: the result of v5l_net_memory. Aborts where reports contradict each other. counts may be NULL. */
void check_reports(const v5l_net *net, const v5l_model *model, const v5l_net_options *options, size_t need,
                   fuzz_counts *counts);

#endif
