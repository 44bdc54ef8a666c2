/* SPDX-License-Identifier: MIT */
/* Results in floating-point modes of every kind. */
#include "net_case.h"

#include <fenv.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "kernels/float_mode.h"

#if !defined(V5L_FLOAT_MODE_IS_THE_CALLERS) && defined(FE_UPWARD)
#define HAS_MODES 1

typedef struct {
    v5l_letterbox box;
    int count;
    v5l_detection found[300];
} outcome;

/* Creates a net in the current mode, and runs it. */
static void run_all(outcome *o, int threads) {
    static unsigned char other[1 << 14] __attribute__((aligned(64)));
    v5l_pool *workers = NULL;
    v5l_net *n = NULL;
    v5l_net_options with = options;
    memset(o, 0, sizeof *o);
    assert_int_equal(v5l_pool_create(&workers, threads, other, sizeof other), V5L_OK);
    with.parallel = v5l_pool_hook(workers);
    guarded room = guarded_new(v5l_net_memory(&model, &with));
    assert_int_equal(v5l_letterbox_fit(&o->box, 641, 427, 320, 320, 32), V5L_OK);
    assert_int_equal(v5l_net_create(&n, &model, &with, room.at, room.size), V5L_OK);
    o->count = v5l_net_detect(n, &image, o->found, 300);
    v5l_pool_destroy(workers);
    guarded_free(&room);
}

static void compare_rounding(int rounding, uint32_t cpu_mask) {
    static outcome expected, got;
    options.cpu_mask = cpu_mask;
    if (v5l_net_check(&model, &options, NULL, NULL) == V5L_E_CPU) return; /* a library for another set */
    for (int threads = 1; threads <= 2; threads++) {
        run_all(&expected, 1);
        assert_true(expected.count > 0);
        assert_int_equal(fesetround(rounding), 0);
        run_all(&got, threads);
        const int after = fegetround();
        assert_int_equal(fesetround(FE_TONEAREST), 0);
        assert_int_equal(after, rounding);
        assert_memory_equal(&got, &expected, sizeof got);
    }
}
#endif

static void test_results_do_not_depend_on_the_rounding_mode(void **state) {
    (void)state;
#if !defined(HAS_MODES)
    check_skip("this target or emulator has no rounding modes: run on hardware");
#else
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (int winograd = 0; winograd < 2; winograd++) {
        if (winograd) {
            builder_winograd_net(&b, 16, 0, 0);
            reopen();
        }
        for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
            compare_rounding(modes[i], V5L_CPU_ALL);
            compare_rounding(modes[i], 0);
        }
    }
#endif
}

#if defined(__SSE__)

/* Flush to zero and denormals are zero, as crtfastmath.o sets them; traps for all exceptions; and weights that cause
 * them. */
static void test_results_do_not_depend_on_traps_and_flushing(void **state) {
    (void)state;
    static outcome expected, got;
    builder rng = {.seed = 3};
    for (int extreme = 0; extreme < 3; extreme++) { /* logits of thousands; infinities and NaN */
        for (uint32_t i = 0; extreme && i < b.floats; i++)
            b.weights[i] = builder_random(&rng) * (extreme == 1 ? 10.0f : 3e38f);
        for (uint32_t i = 0; extreme && i < 4; i++)
            b.weights[b.heads[0].anchors / sizeof(float) + i] = 1e-45f;
        reopen();
        options.confidence = 0.0f;
        options.multi_label = 1;
        const unsigned modes[] = {0x9F80, 0x1FC0, 0x9FC0, 0x1000, 0x3F80}; /* FTZ, DAZ, both; all traps; round down */
        run_all(&expected, 1);
        assert_true(expected.count > 0 || extreme == 2);
        for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
            const unsigned before = _mm_getcsr();
            _mm_setcsr(modes[i]);
            if (_mm_getcsr() != modes[i]) continue; /* valgrind has rounding modes only */
            run_all(&got, 2);
            const unsigned after = _mm_getcsr();
            _mm_setcsr(before);
            assert_int_equal(after, modes[i]); /* no flags either */
            assert_memory_equal(&got, &expected, sizeof got);
        }
    }
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_results_do_not_depend_on_the_rounding_mode, open_net, close_net),
#if defined(__SSE__)
        cmocka_unit_test_setup_teardown(test_results_do_not_depend_on_traps_and_flushing, open_net, close_net),
#endif
    };
    return cmocka_run_group_tests_name("float_mode", tests, NULL, NULL);
}
