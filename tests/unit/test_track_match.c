/* SPDX-License-Identifier: MIT */
/* The assignment of a tracker: against every assignment where there are few, and by its prices where there are many. */
#include "check.h"

#include "track_match.h"

enum { MOST = 96 };

static uint16_t cost[MOST * MOST];
static int32_t column_of[MOST], row_price[MOST], row_of[MOST], price[MOST], distance[MOST], reached[MOST];
static uint8_t done[MOST];
static const v5l_matching matching = {cost, column_of, row_price, row_of, price, distance, reached, done};

static int random_int(builder *random, int count) {
    return (int)((builder_random(random) + 1) * 0.4999f * (float)count) % count;
}

/* Returns the cost of the result, after checking that no column has two rows. */
static int cost_of_result(int rows, int columns, int limit) {
    int sum = 0;
    uint8_t taken[MOST] = {0};
    for (int i = 0; i < rows; i++) {
        const int j = column_of[i];
        assert_in_range(j + 1, 0, columns);
        if (j < 0) {
            sum += limit;
            continue;
        }
        assert_int_equal(taken[j], 0);
        assert_true(cost[i * columns + j] < limit);
        taken[j] = 1;
        sum += cost[i * columns + j];
    }
    return sum;
}

/* Returns the least cost of rows from `row` on, with the columns that are not in `taken`. */
static int least_cost(int row, int rows, int columns, int limit, unsigned taken) {
    if (row == rows) return 0;
    int least = limit + least_cost(row + 1, rows, columns, limit, taken);
    for (int j = 0; j < columns; j++) {
        if ((taken >> j & 1u) != 0 || cost[row * columns + j] >= limit) continue;
        const int sum = cost[row * columns + j] + least_cost(row + 1, rows, columns, limit, taken | 1u << j);
        if (sum < least) least = sum;
    }
    return least;
}

/* Checks that the prices prove the result: no pair and no row without a pair costs less than its price, and those of
 * the result cost as much. */
static void check_prices(int rows, int columns, int limit) {
    uint8_t taken[MOST] = {0};
    for (int i = 0; i < rows; i++) {
        assert_true(row_price[i] <= limit);
        if (column_of[i] < 0) assert_int_equal(row_price[i], limit);
        for (int j = 0; j < columns; j++) {
            const int left = cost[i * columns + j] - row_price[i] - price[j];
            if (cost[i * columns + j] < limit) assert_true(left >= 0);
            if (column_of[i] != j) continue;
            assert_int_equal(left, 0);
            taken[j] = 1;
        }
    }
    for (int j = 0; j < columns; j++) {
        assert_true(price[j] <= 0);
        if (!taken[j]) assert_int_equal(price[j], 0);
    }
}

static void test_small_ones_are_the_best_of_all(void **state) {
    (void)state;
    builder random;
    builder_init(&random, 3);
    for (int round = 0; round < 3000; round++) {
        const int rows = random_int(&random, 6), columns = random_int(&random, 7), levels = 2 + random_int(&random, 30);
        for (int i = 0; i < rows * columns; i++)
            cost[i] = (uint16_t)random_int(&random, levels);
        const int limit = random_int(&random, levels + 2);
        v5l_match(&matching, rows, columns, limit);
        assert_int_equal(cost_of_result(rows, columns, limit), least_cost(0, rows, columns, limit, 0));
        check_prices(rows, columns, limit);
    }
}

static void test_prices_prove_large_ones(void **state) {
    (void)state;
    builder random;
    builder_init(&random, 4);
    for (int round = 0; round < 60; round++) {
        const int rows = 1 + random_int(&random, MOST), columns = 1 + random_int(&random, MOST);
        const int levels = round % 3 == 0 ? 4 : 65536;
        for (int i = 0; i < rows * columns; i++)
            cost[i] = (uint16_t)random_int(&random, levels);
        const int limit = round % 2 == 0 ? 65535 : levels / 20 + 1;
        v5l_match(&matching, rows, columns, limit);
        (void)cost_of_result(rows, columns, limit);
        check_prices(rows, columns, limit);
    }
}

/* Each row likes the first column best, and each next one a little less: all rows must move. */
static void test_a_chain_of_rivals(void **state) {
    (void)state;
    for (int i = 0; i < MOST; i++)
        for (int j = 0; j < MOST; j++)
            cost[i * MOST + j] = (uint16_t)((i + 1) * (j + 1));
    v5l_match(&matching, MOST, MOST, 65535);
    for (int i = 0; i < MOST; i++)
        assert_int_equal(column_of[i], MOST - 1 - i);
    check_prices(MOST, MOST, 65535);
}

static void test_equal_costs_go_by_the_order(void **state) {
    (void)state;
    for (int i = 0; i < 16; i++)
        cost[i] = 7;
    v5l_match(&matching, 4, 4, 8);
    for (int i = 0; i < 4; i++)
        assert_int_equal(column_of[i], i);
    v5l_match(&matching, 4, 4, 7); /* a pair must cost less than the limit */
    for (int i = 0; i < 4; i++)
        assert_int_equal(column_of[i], -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_ones_are_the_best_of_all), cmocka_unit_test(test_prices_prove_large_ones),
        cmocka_unit_test(test_a_chain_of_rivals), cmocka_unit_test(test_equal_costs_go_by_the_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
