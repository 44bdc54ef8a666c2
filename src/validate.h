/* SPDX-License-Identifier: MIT */
#ifndef V5L_VALIDATE_H
#define V5L_VALIDATE_H

#include "model.h"

/* Checks how the records of a weights file fit together: shapes along every op, payload sizes, the order of reads and
 * writes, heads and channel orders. Each record has passed its own checks already. Takes at most 2 * V5L_MAX_TENSORS *
 * (V5L_MAX_SPANS + V5L_MAX_CHANNELS) steps, and V5L_MAX_OPS * V5L_MAX_CHANNELS for orders. */
v5l_status v5l_validate_program(const v5l_model *m);

#endif
