/* SPDX-License-Identifier: MIT */
/* What reports contain about files and machines: SHA-256 by the vectors of FIPS 180-4, names of CPUs, dates. */
#include <stdlib.h>

#include "audit.h"
#include "check.h"
#include "machine.h"

static void expect_hash(const void *bytes, size_t size, const char *expected) {
    uint8_t hash[SHA256_BYTES];
    char text[HASH_TEXT];
    sha256_of(bytes, size, hash);
    hash_text(hash, text);
    assert_string_equal(text, expected);
}

static void test_sha256_of_the_standards_messages(void **state) {
    (void)state;
    expect_hash("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_hash("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect_hash(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
        "nopqrstu",
        112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void test_sha256_of_a_million_letters(void **state) {
    (void)state;
    const size_t size = 1000000;
    char *letters = malloc(size);
    assert_non_null(letters);
    memset(letters, 'a', size);
    expect_hash(letters, size, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(letters);
}

static void test_sha256_at_the_ends_of_blocks(void **state) {
    (void)state;
    uint8_t zeros[128] = {0};
    expect_hash(zeros, 55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7");
    expect_hash(zeros, 56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb");
    expect_hash(zeros, 63, "c7723fa1e0127975e49e62e753db53924c1bd84b8ac1ac08df78d09270f3d971");
    expect_hash(zeros, 64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
}

static void expect_cpu(const char *cpuinfo, const char *name) {
    char text[MACHINE_TEXT];
    FILE *file = tmpfile();
    assert_non_null(file);
    fputs(cpuinfo, file);
    rewind(file);
    machine_cpu_of(file, text);
    fclose(file);
    assert_string_equal(text, name);
}

static void test_the_cpus_name_is_found_in_the_forms_of_many_systems(void **state) {
    (void)state;
    expect_cpu("processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R) CPU\n",
               "Intel(R) Xeon(R) CPU");
    expect_cpu("processor\t: 0\nmodel name\t: AMD EPYC 9R14\n\nprocessor\t: 1\nmodel name\t: other\n", "AMD EPYC 9R14");
    expect_cpu("processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\n", "ARM Cortex-A72");
    expect_cpu(
        "processor\t: 0\nmodel name\t: ARMv7 Processor rev 4 (v7l)\nCPU implementer\t: 0x41\nCPU part\t: 0xd03\n",
        "ARM Cortex-A53");
    expect_cpu("CPU implementer\t: 0x61\nCPU part\t: 0x022\n", "implementer 0x61, part 0x022");
    expect_cpu("hart\t: 0\nisa\t: rv64imafdc\nuarch\t: sifive,u74-mc\n", "sifive,u74-mc");
    expect_cpu("model name\t: \x1B[2Jx\n", "?[2Jx");
    expect_cpu("", "unknown");
    expect_cpu("model name\nCPU part", "unknown");
}

static void test_the_date_is_the_environments_or_now(void **state) {
    (void)state;
    char text[MACHINE_TEXT];
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    assert_int_equal(machine_date(text), 0);
    assert_string_equal(text, "2023-11-14 22:13:20 UTC");
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    assert_int_equal(machine_date(text), 0);
    assert_string_equal(text, "1970-01-01 00:00:00 UTC");
    unsetenv("SOURCE_DATE_EPOCH");
    assert_int_equal(machine_date(text), 0);
    assert_true(strcmp(text, "2026") >= 0);
}

static void test_another_date_of_the_environment_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"-1", "x", "1x", " 1", "253402300800", "99999999999999999999", "1.5"};
    char text[MACHINE_TEXT];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        setenv("SOURCE_DATE_EPOCH", wrong[i], 1);
        assert_int_equal(machine_date(text), 2);
    }
    unsetenv("SOURCE_DATE_EPOCH");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_of_the_standards_messages),
        cmocka_unit_test(test_sha256_of_a_million_letters),
        cmocka_unit_test(test_sha256_at_the_ends_of_blocks),
        cmocka_unit_test(test_the_cpus_name_is_found_in_the_forms_of_many_systems),
        cmocka_unit_test(test_the_date_is_the_environments_or_now),
        cmocka_unit_test(test_another_date_of_the_environment_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
