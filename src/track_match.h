/* SPDX-License-Identifier: MIT */
/* Optimal assignment of rows to columns. */
#ifndef V5L_TRACK_MATCH_H
#define V5L_TRACK_MATCH_H

#include <stdint.h>

/* Working memory for up to `rows` rows and `columns` columns; the caller sets the pointers. */
typedef struct {
    uint16_t *cost;                               /* [rows * columns], row by row without gaps: set by the caller */
    int32_t *column_of;                           /* [rows]: the result, -1 = none */
    int32_t *row_price;                           /* [rows] */
    int32_t *row_of, *price, *distance, *reached; /* [columns] */
    uint8_t *done;                                /* [columns] */
} v5l_matching;

/* Sets column_of so that the sum of the costs of the pairs, plus `limit` for each row without a pair, is least. Pairs
 * that cost `limit` or more are never made. Costs are integers, so the result is exact and the same everywhere; among
 * equal sums it depends on the order of rows and columns only. rows, columns: 0 .. 4096; limit: 0 .. 65535. */
void v5l_match(const v5l_matching *m, int rows, int columns, int limit);

#endif
