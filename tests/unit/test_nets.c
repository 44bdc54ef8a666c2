/* SPDX-License-Identifier: MIT */
/* A few inputs of the net fuzzer (tests/fuzz/net): generated nets, each run in many ways whose results must be the same
 * bits and those of an interpreter of FORMAT.md, within the roundings of floats. If one fails, build/fuzz_net --seed N
 * runs it alone. */
#include "check.h"

#include "../fuzz/net/fuzz_net.h"

/* From a seed on that reaches each of the ways below; with V5L_QUICK, every second one. */
enum { FIRST = 549, INPUTS = 44 };

static void check_counts(v5l_type type, const fuzz_counts *seen) {
    if (seen->inputs == 0) return; /* a library without this type */
    assert_true(seen->ran > seen->inputs / 3);
    assert_true(seen->deferred_heads > 0 && seen->windows > 0 && seen->streamed > 0 && seen->lowres > 0);
    assert_true(type == V5L_TYPE_S8    ? seen->quantised > 0
                : type == V5L_TYPE_F16 ? seen->halves > 0
                                       : seen->winograd > 0);
}

static void test_generated_nets_give_the_same_bits_however_they_run(void **state) {
    (void)state;
    fuzz_counts counts[V5L_TYPE_S8 + 1] = {{0}}; /* of each type */
    const int step = check_step(2);
    for (uint64_t seed = FIRST; seed < FIRST + INPUTS; seed += (uint64_t)step) {
        choices c = choices_of_seed(seed);
        const v5l_type type = fuzz_net_type(seed);
        fuzz_net(&c, type, &counts[type]);
    }
    uint64_t inputs = 0;
    for (int type = 0; type <= V5L_TYPE_S8; type++) {
        if (step == 1) check_counts((v5l_type)type, &counts[type]);
        inputs += counts[type].inputs;
    }
    assert_int_equal(inputs, INPUTS / step);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated_nets_give_the_same_bits_however_they_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
