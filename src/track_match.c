/* SPDX-License-Identifier: MIT */
/* Jonker and Volgenant 1987: rows bid for columns, then the rest take shortest augmenting paths. Each row has, besides
 * the columns, a private column that costs `limit`: to be without a pair. */
#include "track_match.h"

#include <stddef.h>

enum { NONE = -1, FAR = 0x7FFFFFFF };

/* End of the shortest path from a row: a free column, or a row that loses its pair. */
typedef struct {
    int32_t length;
    int row, column; /* one of them is NONE */
} path_end;

/* Gives each row its cheapest column where that is free. Returns through column_of: NONE where no column costs less
 * than limit, and `columns` where the cheapest one was taken. Prices make every pair cost at least 0, and those that
 * were made cost 0. */
static void reduce_rows(const v5l_matching *m, int rows, int columns, int limit) {
    for (int i = 0; i < rows; i++) {
        const uint16_t *cost = m->cost + (size_t)i * (size_t)columns;
        int32_t least = limit;
        int best = NONE;
        for (int j = 0; j < columns; j++) {
            if (cost[j] >= least) continue;
            least = cost[j];
            best = j;
        }
        m->row_price[i] = least;
        m->column_of[i] = best;
        if (best == NONE) continue;
        if (m->row_of[best] == NONE)
            m->row_of[best] = i;
        else
            m->column_of[i] = columns;
    }
}

/* Lets a row without a pair bid for its cheapest column: the price falls until its second choice costs the row as much.
 * Returns the row that loses this column, or NONE. */
static int bid(const v5l_matching *m, int i, int columns, int limit) {
    const uint16_t *cost = m->cost + (size_t)i * (size_t)columns;
    int32_t least = limit, second = limit;
    int best = NONE, other = NONE;
    for (int j = 0; j < columns; j++) {
        const int32_t left = cost[j] - m->price[j];
        if (left >= second || cost[j] >= limit) continue;
        if (left < least) {
            second = least;
            other = best;
            least = left;
            best = j;
        } else {
            second = left;
            other = j;
        }
    }
    m->row_price[i] = second;
    if (best == NONE) {
        m->column_of[i] = NONE;
        return NONE;
    }
    if (least == second && m->row_of[best] != NONE) {
        if (m->row_of[other] != NONE) return NONE;
        best = other;
    }
    const int loser = m->row_of[best];
    m->price[best] -= second - least;
    m->row_of[best] = i;
    m->column_of[i] = best;
    if (loser != NONE) m->column_of[loser] = columns;
    return loser;
}

/* Lets rows bid, at most so often that it takes O(n^2). Most find a pair. */
static void bid_in_turns(const v5l_matching *m, int rows, int columns, int limit) {
    int turns = 2 * rows;
    for (int i = 0; i < rows; i++)
        for (int row = i; row != NONE && m->column_of[row] == columns && turns > 0; turns--)
            row = bid(m, row, columns, limit);
}

/* Updates the distances of the columns that are one step from row i, which is `so_far` away. Returns the nearest column
 * that is not done, or NONE. */
static int step_from(const v5l_matching *m, int i, int32_t so_far, int columns, int limit) {
    const uint16_t *cost = m->cost + (size_t)i * (size_t)columns;
    const int32_t base = so_far - m->row_price[i];
    int32_t least = FAR;
    int nearest = NONE;
    for (int j = 0; j < columns; j++) {
        if (m->done[j]) continue;
        const int32_t length = base + cost[j] - m->price[j];
        if (cost[j] < limit && length < m->distance[j]) {
            m->distance[j] = length;
            m->reached[j] = i;
        }
        if (m->distance[j] < least) {
            least = m->distance[j];
            nearest = j;
        }
    }
    return nearest;
}

static path_end shortest_path(const v5l_matching *m, int from, int columns, int limit) {
    path_end end = {limit - m->row_price[from], from, NONE};
    int32_t so_far = 0;
    int i = from;
    for (int j = 0; j < columns; j++) {
        m->distance[j] = FAR;
        m->done[j] = 0;
    }
    for (;;) {
        const int j = step_from(m, i, so_far, columns, limit);
        if (j == NONE || m->distance[j] >= end.length) return end;
        so_far = m->distance[j];
        i = m->row_of[j];
        if (i == NONE) {
            const path_end free_column = {so_far, NONE, j};
            return free_column;
        }
        m->done[j] = 1;
        const path_end without = {so_far + limit - m->row_price[i], i, NONE};
        if (without.length < end.length) end = without;
    }
}

static void change_prices(const v5l_matching *m, int from, int columns, int32_t length) {
    m->row_price[from] += length;
    for (int j = 0; j < columns; j++) {
        const int32_t change = length - m->distance[j];
        if (!m->done[j] || change <= 0) continue;
        m->price[j] -= change;
        m->row_price[m->row_of[j]] += change;
    }
}

/* Moves each row on the path to the column after it. */
static void move_along(const v5l_matching *m, int from, path_end end) {
    int j = end.column;
    if (j == NONE) {
        j = end.row == from ? NONE : m->column_of[end.row];
        m->column_of[end.row] = NONE;
    }
    while (j != NONE) {
        const int i = m->reached[j];
        const int next = i == from ? NONE : m->column_of[i];
        m->column_of[i] = j;
        m->row_of[j] = i;
        j = next;
    }
}

void v5l_match(const v5l_matching *m, int rows, int columns, int limit) {
    for (int j = 0; j < columns; j++) {
        m->row_of[j] = NONE;
        m->price[j] = 0;
    }
    reduce_rows(m, rows, columns, limit);
    bid_in_turns(m, rows, columns, limit);
    for (int i = 0; i < rows; i++) {
        if (m->column_of[i] < columns) continue;
        const path_end end = shortest_path(m, i, columns, limit);
        change_prices(m, i, columns, end.length);
        move_along(m, i, end);
    }
}
