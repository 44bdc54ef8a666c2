/* SPDX-License-Identifier: MIT */
/* A few inputs of the net fuzzer (tests/fuzz/net): generated nets, each run in many ways whose results must be the same
 * bits and those of an interpreter of FORMAT.md, within the roundings of floats. If one fails, build/fuzz_net --seed N
 * runs it alone. */
#include "check.h"

#include "../fuzz/net/fuzz_net.h"

/* From a seed on that reaches each of the ways below; more inputs would take an emulator too long. */
enum { FIRST = 196, INPUTS = 32 };

static void test_generated_nets_give_the_same_bits_however_they_run(void **state) {
    (void)state;
    fuzz_counts counts[2] = {{0}, {0}}; /* of floats, of 8 bits */
    for (uint64_t seed = FIRST; seed < FIRST + INPUTS; seed++) {
        choices c = choices_of_seed(seed);
        const int s8 = fuzz_net_is_s8(seed);
        fuzz_net(&c, s8, &counts[s8]);
    }
    assert_int_equal(counts[0].inputs + counts[1].inputs, INPUTS);
    for (int s8 = 0; s8 <= fuzz_net_is_s8(1); s8++) {
        const fuzz_counts *seen = &counts[s8];
        assert_true(seen->ran > seen->inputs / 3);
        assert_true(seen->deferred_heads > 0 && seen->windows > 0 && seen->streamed > 0 && seen->lowres > 0);
        assert_true(s8 ? seen->quantised > 0 : seen->winograd > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated_nets_give_the_same_bits_however_they_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
