/* SPDX-License-Identifier: MIT */
/* A few inputs of the net fuzzer (tests/fuzz/net): generated nets, each run in many ways whose results must be the same
 * bits and close to an interpreter of FORMAT.md in double precision. If one fails, build/fuzz_net --seed N runs it
 * alone. */
#include "check.h"

#include "../fuzz/net/fuzz_net.h"

/* From a seed on that reaches each of the ways below; more inputs would take an emulator too long. */
enum { FIRST = 201, INPUTS = 24 };

static void test_generated_nets_give_the_same_bits_however_they_run(void **state) {
    (void)state;
    fuzz_counts counts = {0};
    for (uint64_t seed = FIRST; seed < FIRST + INPUTS; seed++) {
        choices c = choices_of_seed(seed);
        fuzz_net(&c, &counts);
    }
    assert_int_equal(counts.inputs, INPUTS);
    assert_true(counts.ran > INPUTS / 3);
    assert_true(counts.deferred_heads > 0 && counts.windows > 0 && counts.streamed > 0);
    assert_true(counts.winograd > 0 && counts.lowres > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated_nets_give_the_same_bits_however_they_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
