/* SPDX-License-Identifier: MIT */
/* Which options are possible for a model, and what follows from them without a plan. */
#ifndef V5L_OPTIONS_H
#define V5L_OPTIONS_H

#include "model.h"

/* Sets *option to the field at fault ("parallel.threads"), to NULL if all are within their ranges.
 * Errors: V5L_E_INPUT_SIZE, V5L_E_ARGUMENT, V5L_E_DIRECT. */
v5l_status v5l_options_check(const v5l_model *model, const v5l_net_options *options, const char **option);

/* Most boxes that decode may hand to NMS; at least 1. Options are checked. */
uint32_t v5l_options_candidates(const v5l_model *model, const v5l_net_options *options);

#endif
