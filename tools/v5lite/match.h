/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_MATCH_H
#define V5LITE_MATCH_H

#include "session.h"

/* The op whose output an array of this name holds, or WITH_PICTURE for "input", or WITH_NOTHING (compare.h). Names are those of
 * ops; those of files that audit --dump writes; head_sS or sS for the head of stride S; and those of modules that are no op
 * themselves, layerNN being model.NN: their output is that of the last op in them. */
int match_name(const v5l_model *model, int op_count, const char *name);

#endif
