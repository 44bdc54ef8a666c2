/* SPDX-License-Identifier: MIT */
#ifndef V5L_VALIDATE_H
#define V5L_VALIDATE_H

#include "model.h"

/* Checks how the records of a weights file fit together: shapes along every op, payload sizes, the order of reads and
 * writes, heads and channel orders. Each record has passed its own checks already. Takes at most 2 * V5L_MAX_TENSORS *
 * (V5L_MAX_SPANS + V5L_MAX_CHANNELS) steps, and V5L_MAX_OPS * V5L_MAX_CHANNELS for orders. */
v5l_status v5l_validate_program(const v5l_model *m);

/* Return whether n bytes are all 0, and whether n floats are all finite. */
int v5l_all_zero(const uint8_t *p, size_t n);
int v5l_all_finite(const void *floats, uint64_t n);

/* ---- files with S8 or F16 tensors (validate_narrow.c) ---- */

#if defined(V5L_NO_S8) && defined(V5L_NO_F16)
static inline v5l_status v5l_validate_types(const v5l_model *m, const v5l_file_op *op) {
    return (void)m, (void)op, V5L_OK;
}
static inline v5l_status v5l_validate_payload(const v5l_model *m) { return (void)m, V5L_OK; }
#else
/* Checks the types of an op whose shape is valid, and what narrow ops may not have: flags, activations, depths. */
v5l_status v5l_validate_types(const v5l_model *m, const v5l_file_op *op);

/* Checks all payload arrays of a file with a narrow tensor, whose counts match the ops: where they are, their values
 * and the zeros between them. Reads each byte once. */
v5l_status v5l_validate_payload(const v5l_model *m);
#endif

/* ---- quantised ops (validate_s8.c) ---- */

#if defined(V5L_NO_S8)
static inline v5l_status v5l_validate_integers(const v5l_model *m, const v5l_file_op *op) {
    return (void)m, (void)op, V5L_OK;
}
static inline v5l_status v5l_validate_quant(const v5l_model *m, const v5l_file_op *op) {
    return (void)m, (void)op, V5L_OK;
}
#else
/* Check the values of weights and bias, and of the block of quant.h. */
v5l_status v5l_validate_integers(const v5l_model *m, const v5l_file_op *op);
v5l_status v5l_validate_quant(const v5l_model *m, const v5l_file_op *op);
#endif

#endif
