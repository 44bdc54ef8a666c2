/* SPDX-License-Identifier: MIT */
/* Half floats as "Half floats" of weights/FORMAT.md has them. Uses no arithmetic of src. */
#include <math.h>

#include "builder.h"
#include "operands.h"

double operand_weight(const op_input *in, size_t index) {
    const void *weights = v5l_weights(interpreter_model(in->p), in->op->weights);
    return in->is_f16 ? builder_half(((const uint16_t *)weights)[index]) : (double)((const float *)weights)[index];
}

/* Most products that a kernel adds in 16 bits before it starts the next sum, and the fewest of a sum that is not the
 * last of its segment. */
enum { MOST_CHAIN = 40, LEAST_CHAIN = 32 };

double interpret_half_roundings(const op_input *in, double products) {
    const v5l_file_op *op = in->op;
    if (op->kind != V5L_OP_CONV && op->kind != V5L_OP_DETECT) return products + 1.0;
    const double segments = (double)op->kernel_h * op->kernel_w * op->a_count;
    return fmin(products, MOST_CHAIN) + products / LEAST_CHAIN + segments + 3.0;
}
