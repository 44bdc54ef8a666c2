/* SPDX-License-Identifier: MIT */
/* A chain runs consecutive ops row by row. The output of each step is a rolling window of the few rows that the next
 * step still needs, so large intermediate maps never exist. The same kernel computes every row from the same values as
 * without the chain, so results are bit-identical. */
#include "ops.h"

/* Runs rows row0 .. row1-1 of a step in pieces that do not wrap around the end of a window. Reason: a step treats its
 * output rows as contiguous, and a 1x1 convolution also treats its input rows as contiguous. */
static void run_rows(const v5l_step *step, const v5l_worker *worker, int row0, int row1) {
    const int out_window = (int)step->out->window_rows;
    const int in_window = step->op->kernel_h == 1 && step->op->stride == 1 ? (int)step->a->window_rows : 0;
    while (row0 < row1) {
        int end = row1;
        if (out_window > 0) end = v5l_min(end, row0 - row0 % out_window + out_window);
        if (in_window > 0) end = v5l_min(end, row0 - row0 % in_window + in_window);
        step->run(step, worker, row0, end);
        row0 = end;
    }
}

void v5l_chain_run(const v5l_step *first, const v5l_worker *worker, int row0, int row1) {
    const v5l_step *steps[V5L_MAX_CHAIN];
    int done[V5L_MAX_CHAIN], need[V5L_MAX_CHAIN]; /* rows computed so far; rows that the next batch needs */
    int last = 0;
    steps[0] = first;
    for (const v5l_step *s = first->next; s != NULL; s = s->next)
        steps[++last] = s;
    done[last] = row0;
    for (int i = last; i > 0; i--)
        done[i - 1] = v5l_max(0, done[i] * steps[i]->op->stride - steps[i]->op->pad);

    while (done[last] < row1) {
        need[last] = v5l_min(done[last] + steps[last]->batch, row1);
        for (int i = last; i > 0; i--) {
            const v5l_file_op *op = steps[i]->op;
            need[i - 1] = v5l_min(steps[i]->in_height, (need[i] - 1) * op->stride - op->pad + op->kernel_h);
        }
        for (int i = 0; i <= last; i++) {
            run_rows(steps[i], worker, done[i], need[i]);
            done[i] = v5l_max(done[i], need[i]);
        }
    }
}
