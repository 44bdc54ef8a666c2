/* SPDX-License-Identifier: MIT */
/* Checks options against a model, and computes what depends on the options but needs no plan. */
#ifndef V5L_OPTIONS_H
#define V5L_OPTIONS_H

#include "model.h"

/* Checks every option. Sets *option to the name of the first bad field ("parallel.threads"), or to NULL.
 * Errors: V5L_E_INPUT_SIZE, V5L_E_ARGUMENT, V5L_E_DIRECT. */
v5l_status v5l_options_check(const v5l_model *model, const v5l_net_options *options, const char **option);

/* Returns how many candidates decode may keep, at least 1. The options are checked already. */
uint32_t v5l_options_candidates(const v5l_model *model, const v5l_net_options *options);

#endif
