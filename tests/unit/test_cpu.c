/* SPDX-License-Identifier: MIT */
/* Which instruction sets a CPU is trusted with, by its own report. */
#include "check.h"

#include "cpu.h"

static void test_this_cpu_has_instruction_sets_of_its_own_target_only(void **state) {
    (void)state;
#if defined(V5L_X86)
    assert_int_equal(v5l_cpu_features() & V5L_CPU_NEON, 0);
#else
    assert_int_equal(
        v5l_cpu_features() & ~(V5L_CPU_NEON | V5L_CPU_IN_ORDER | V5L_CPU_DOT | V5L_CPU_I8MM | V5L_CPU_FP16), 0);
#endif
    assert_int_equal(v5l_cpu_features(), v5l_cpu_features());
}

#if defined(V5L_X86)

/* EAX, EBX, ECX, EDX; XCR0 */
static const v5l_x86_id ice_lake = {{27, 0x756E6547, 0x6C65746E, 0x49656E69}, /* GenuineIntel */
                                    {0x000606A6, 0, 0x7FFEFBFF, 0},
                                    {0, 0xF1BF27EB, 0, 0},
                                    {0},
                                    0xE7};
static const v5l_x86_id zen4 = {{16, 0x68747541, 0x444D4163, 0x69746E65}, /* AuthenticAMD */
                                {0x00A10F11, 0, 0x7EFAB20B, 0},
                                {0, 0xF1BF97A9, 0, 0},
                                {0},
                                0xE7};

static void test_avx512_is_wide_but_on_amd_family_19h(void **state) {
    (void)state;
    assert_int_equal(v5l_x86_features(&ice_lake), V5L_CPU_AVX2 | V5L_CPU_AVX512 | V5L_CPU_AVX512_FULL_RATE);
    assert_int_equal(v5l_x86_features(&zen4), V5L_CPU_AVX2 | V5L_CPU_AVX512);
    v5l_x86_id zen5 = zen4;
    zen5.leaf1[0] = 0x00B40F40; /* family 1Ah */
    assert_int_equal(v5l_x86_features(&zen5), V5L_CPU_AVX2 | V5L_CPU_AVX512 | V5L_CPU_AVX512_FULL_RATE);
    for (int word = 1; word < 4; word++) { /* another maker's family 19h */
        v5l_x86_id other = zen4;
        other.leaf0[word] = ice_lake.leaf0[word];
        assert_int_equal(v5l_x86_features(&other), V5L_CPU_AVX2 | V5L_CPU_AVX512 | V5L_CPU_AVX512_FULL_RATE);
    }
}

static void test_registers_that_the_system_does_not_save_are_not_used(void **state) {
    (void)state;
    v5l_x86_id id = ice_lake;
    id.saved = 0x07; /* xmm and ymm */
    assert_int_equal(v5l_x86_features(&id), V5L_CPU_AVX2);
    id.saved = 0xE3; /* all but ymm */
    assert_int_equal(v5l_x86_features(&id), 0);
    id.saved = 0;
    assert_int_equal(v5l_x86_features(&id), 0);
}

static void test_every_bit_of_an_instruction_set_is_needed(void **state) {
    (void)state;
    static const int all[] = {27, 28, 12, 29}, four[] = {16, 17, 30, 31}; /* OSXSAVE, AVX, FMA, F16C; F, DQ, BW, VL */
    for (int i = 0; i < 4; i++) {
        v5l_x86_id id = ice_lake;
        id.leaf1[2] &= ~(1u << all[i]);
        assert_int_equal(v5l_x86_features(&id), 0);
    }
    for (int i = 0; i < 4; i++) {
        v5l_x86_id id = ice_lake;
        id.leaf7[1] &= ~(1u << four[i]);
        assert_int_equal(v5l_x86_features(&id), V5L_CPU_AVX2);
    }
    v5l_x86_id id = ice_lake;
    id.leaf7[1] &= ~(1u << 5);
    id.saved = 0x07;
    assert_int_equal(v5l_x86_features(&id), 0);
    assert_int_equal(v5l_x86_features(&(v5l_x86_id){{0}, {0}, {0}, {0}, 0}), 0); /* no leaf at all */
}

static void test_dot_products_of_bytes_need_their_bit_and_the_registers(void **state) {
    (void)state;
    const uint32_t avx512 = V5L_CPU_AVX2 | V5L_CPU_AVX512;
    v5l_x86_id id = zen4;
    id.leaf7[2] = 1u << 11; /* AVX512_VNNI */
    assert_int_equal(v5l_x86_features(&id), avx512 | V5L_CPU_AVX512VNNI);
    id.leaf7_1[0] = 1u << 4;                                              /* AVX-VNNI */
    assert_int_equal(v5l_x86_features(&id), avx512 | V5L_CPU_AVX512VNNI); /* there is no subleaf 1 */
    id.leaf7[0] = 1;
    assert_int_equal(v5l_x86_features(&id), avx512 | V5L_CPU_AVX512VNNI | V5L_CPU_AVXVNNI);
    id.saved = 0x07; /* xmm and ymm */
    assert_int_equal(v5l_x86_features(&id), V5L_CPU_AVX2 | V5L_CPU_AVXVNNI);
    id.saved = 0;
    assert_int_equal(v5l_x86_features(&id), 0);
}

#endif

#if defined(V5L_A64)

static void test_arm_cores_that_take_instructions_in_order_are_known_by_number(void **state) {
    (void)state;
    static const uint64_t in_order[] = {0x410FD034, 0x411FD040, 0x412FD050, 0x411FD461}; /* A53, A35, A55, A510 */
    static const uint64_t others[] = {0x410FD083, 0x414FD0B1, 0x510FD034, 0}; /* A72, A76, another maker's, unread */
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(v5l_a64_features(&(v5l_a64_id){in_order[i], 0, 0, 0}), V5L_CPU_NEON | V5L_CPU_IN_ORDER);
        assert_int_equal(v5l_a64_features(&(v5l_a64_id){others[i], 0, 0, 0}), V5L_CPU_NEON);
    }
}

static void test_products_of_bytes_are_reported_by_their_fields(void **state) {
    (void)state;
    const uint64_t dp = UINT64_C(1) << 44, i8mm = UINT64_C(1) << 52;
    assert_int_equal(v5l_a64_features(&(v5l_a64_id){0, dp, 0, 0}), V5L_CPU_NEON | V5L_CPU_DOT);
    assert_int_equal(v5l_a64_features(&(v5l_a64_id){0, dp, i8mm, 0}), V5L_CPU_NEON | V5L_CPU_DOT | V5L_CPU_I8MM);
    assert_int_equal(v5l_a64_features(&(v5l_a64_id){0, ~(dp * 15), ~(i8mm * 15), 0}), V5L_CPU_NEON);
    assert_int_equal(v5l_a64_features(&(v5l_a64_id){0, 0, i8mm, 0}), V5L_CPU_NEON); /* kernels of i8mm use both */
}

static void test_half_precision_arithmetic_is_reported_by_its_field(void **state) {
    (void)state;
    const uint64_t simd = UINT64_C(1) << 20; /* 0: without this arithmetic; 15: no AdvSIMD */
    assert_int_equal(v5l_a64_features(&(v5l_a64_id){0, 0, 0, simd}), V5L_CPU_NEON | V5L_CPU_FP16);
    assert_int_equal(v5l_a64_features(&(v5l_a64_id){0, 0, 0, 15 * simd}), V5L_CPU_NEON);
}

#endif

int main(void) {
    printf("features of this CPU: %#x\n", (unsigned)v5l_cpu_features()); /* tests/assurance/coverage.py reads it */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this_cpu_has_instruction_sets_of_its_own_target_only),
#if defined(V5L_A64)
        cmocka_unit_test(test_arm_cores_that_take_instructions_in_order_are_known_by_number),
        cmocka_unit_test(test_products_of_bytes_are_reported_by_their_fields),
        cmocka_unit_test(test_half_precision_arithmetic_is_reported_by_its_field),
#endif
#if defined(V5L_X86)
        cmocka_unit_test(test_avx512_is_wide_but_on_amd_family_19h),
        cmocka_unit_test(test_registers_that_the_system_does_not_save_are_not_used),
        cmocka_unit_test(test_dot_products_of_bytes_need_their_bit_and_the_registers),
        cmocka_unit_test(test_every_bit_of_an_instruction_set_is_needed),
#endif
    };
    return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
