/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_MATCH_H
#define V5LITE_MATCH_H

#include "session.h"

/* Returns the op whose output an array of this name holds, WITH_PICTURE for "input", or WITH_NOTHING (compare.h).
 * Accepts names of ops; of files that audit --dump writes; head_sS or sS, the head of stride S; and of modules that
 * are not ops, with layerNN for model.NN: the output of a module is that of its last op. */
int match_name(const v5l_model *model, int op_count, const char *name);

#endif
