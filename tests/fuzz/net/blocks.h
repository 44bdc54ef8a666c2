/* SPDX-License-Identifier: MIT */
/* Checks what a created net says of its memory, ops and blocks. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "oracle.h"

/* need: what v5l_net_memory said. Aborts where reports contradict each other. counts may be NULL. */
void check_reports(const v5l_net *net, const v5l_model *model, const v5l_net_options *options, size_t need,
                   fuzz_counts *counts);

#endif
