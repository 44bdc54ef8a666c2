/* SPDX-License-Identifier: MIT */
/* Compares the bits of every op output and detection with those recorded in bits.inc, on each CPU level. A change of
 * the engine that changes results on purpose records them again:
 *
 *     V5L_BITS=record build/tests/test_bits    prints the lines of bits.inc for this CPU
 *
 * The nets: some that tests/fuzz/net generates, and weights/digits.v5l. bits.inc has hashes of the files too, which
 * tell a changed generator from a changed engine. */
#include "check.h"

#include "../fuzz/net/fuzz_net.h"
#include "kernels/select.h"

enum { FIRST_SEED = 201, SEEDS = 40, MOST_MACS = 12000000, DIGITS_SIZE = 128 };

typedef struct {
    const char *level; /* the instruction set of the gemm kernel; "files": the inputs */
    uint64_t generated, digits;
} bits;

static const bits recorded[] = {
#include "bits.inc"
};

/* CPU masks, each a level if it selects other kernels than the one before it. */
static const uint32_t masks[] = {
#define V5L_SET(name, target, features, flags) features,
#define V5L_HINT(name, target, features) features,
#include "kernels/sets.def"
    V5L_CPU_ALL};
enum { MASKS = sizeof masks / sizeof masks[0] };

/* ---- hashes ---- */

/* FNV-1a */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * 0x100000001B3u;
    return hash;
}

/* Hashes every NaN as one: which of two NaN an addition returns is unspecified. */
static uint64_t hash_floats(uint64_t hash, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, &values[i], sizeof word);
        if ((word & 0x7FFFFFFFu) > 0x7F800000u) word = 0x7FC00000u;
        hash = hash_bytes(hash, &word, sizeof word);
    }
    return hash;
}

static void hash_output(void *user, int op, const v5l_view *output) {
    uint64_t *hash = user;
    if (output == NULL) return;
    const size_t count = (size_t)output->height * (size_t)output->width * (size_t)output->channels;
    float *copy = malloc(count * sizeof(float));
    assert_non_null(copy);
    v5l_view_copy(output, copy);
    *hash = hash_floats(hash_bytes(*hash, &op, sizeof op), copy, count);
    free(copy);
}

/* ---- nets ---- */

static uint64_t hash_detections(uint64_t hash, const v5l_detection *found, int count) {
    hash = hash_bytes(hash, &count, sizeof count);
    for (int i = 0; i < count; i++) {
        const float values[] = {found[i].x0, found[i].y0, found[i].x1, found[i].y1, found[i].score};
        hash = hash_bytes(hash_floats(hash, values, 5), &found[i].class_id, sizeof found[i].class_id);
    }
    return hash;
}

/* Detects on a synthetic picture. observed: op by op, every output is hashed; otherwise through rolling windows. */
static uint64_t hash_run(uint64_t hash, const v5l_model *model, v5l_net_options options, int observed) {
    enum { WIDTH = 150, HEIGHT = 113, MOST = 300 };
    static uint8_t pixels[WIDTH * HEIGHT * 3];
    static v5l_detection found[MOST];
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        pixels[i] = (uint8_t)((i / 450 * (i % 450)) / 7 + i % 3 * 40);
    if (observed) options.observer = (v5l_observer){.user = &hash, .op = hash_output};
    const size_t bytes = v5l_net_memory(model, &options);
    void *memory = aligned_alloc(64, bytes);
    v5l_net *net = NULL;
    assert_int_equal(v5l_net_create(&net, model, &options, memory, bytes), V5L_OK);
    const v5l_image image = {.data = pixels, .width = WIDTH, .height = HEIGHT};
    const int count = v5l_net_detect(net, &image, found, MOST);
    assert_true(count >= 0);
    free(memory);
    return hash_detections(hash, found, count);
}

/* Returns the multiply-adds of a net of this size. */
static uint64_t count_macs(const v5l_model *model, const v5l_net_options *options) {
    const size_t bytes = v5l_net_memory(model, options);
    void *memory = aligned_alloc(64, bytes);
    v5l_net *net = NULL;
    v5l_net_info info;
    assert_int_equal(v5l_net_create(&net, model, options, memory, bytes), V5L_OK);
    v5l_net_get_info(net, &info);
    free(memory);
    return info.macs;
}

static uint64_t hash_model(uint64_t hash, const v5l_model *model, uint32_t mask, int side) {
    v5l_net_options options;
    v5l_net_options_default(&options);
    options.cpu_mask = mask;
    options.confidence = 0.01f;
    options.width = options.height = side;
    hash = hash_run(hash, model, options, 1);
    return hash_run(hash, model, options, 0);
}

/* Returns an input side whose run takes little time. */
static int pick_side(const v5l_model *model) {
    v5l_model_info info;
    v5l_net_options options;
    v5l_model_get_info(model, &info);
    v5l_net_options_default(&options);
    int units = 256 / info.max_stride;
    for (; units > 1; units /= 2) {
        options.width = options.height = units * info.max_stride;
        if (count_macs(model, &options) <= MOST_MACS) break;
    }
    return (units > 0 ? units : 1) * info.max_stride;
}

static uint64_t hash_generated(uint32_t mask, uint64_t *files) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (uint64_t seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        choices c = choices_of_seed(seed);
        blob file = fuzz_net_file(&c, 0);
        v5l_model model;
        *files = hash_bytes(*files, file.bytes, file.size);
        if (v5l_model_open(&model, file.bytes, file.size) == V5L_OK)
            hash = hash_model(hash, &model, mask, pick_side(&model));
        blob_free(&file);
    }
    return hash;
}

static uint64_t hash_digits(uint32_t mask, uint64_t *files) {
    FILE *f = fopen("weights/digits.v5l", "rb");
    if (f == NULL) fail_msg("cannot open weights/digits.v5l: run this in the root of the repository");
    enum { MOST_BYTES = 2 << 20 };
    unsigned char *bytes = aligned_alloc(64, MOST_BYTES);
    assert_non_null(bytes);
    const size_t size = fread(bytes, 1, MOST_BYTES, f);
    fclose(f);
    v5l_model model;
    assert_int_equal(v5l_model_open(&model, bytes, size), V5L_OK);
    *files = hash_bytes(*files, bytes, size);
    const uint64_t hash = hash_model(0xCBF29CE484222325u, &model, mask, DIGITS_SIZE);
    free(bytes);
    return hash;
}

/* ---- the test ---- */

static const bits *find_recorded(const char *level) {
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++)
        if (strcmp(recorded[i].level, level) == 0) return &recorded[i];
    fail_msg("bits.inc has no line for %s", level);
    return NULL;
}

static void compare(const bits *got) {
    if (getenv("V5L_BITS") != NULL) {
        printf("{\"%s\", 0x%016llXu, 0x%016llXu},\n", got->level, (unsigned long long)got->generated,
               (unsigned long long)got->digits);
        return;
    }
    const bits *want = find_recorded(got->level);
    if (got->generated != want->generated) fail_msg("%s: other bits from the generated nets", got->level);
    if (got->digits != want->digits) fail_msg("%s: other bits from weights/digits.v5l", got->level);
}

/* The instruction set that a kernel's name ends in. */
static const char *set_of(const char *kernel) {
#if defined(V5L_WASM) /* the bits of the reference */
    if (strstr(kernel, "wasm") != NULL) return "ref";
#endif
#if defined(V5L_A32)
    if (strstr(kernel, "neon") != NULL) return "neon32";
#endif
    return strrchr(kernel, '_') + 1;
}

static void test_every_level_gives_the_recorded_bits(void **state) {
    (void)state;
    const char *before = "";
    int levels = 0;
    for (int i = 0; i < MASKS; i++) {
        v5l_kernels kernels;
        if (masks[i] != V5L_CPU_ALL && (masks[i] & ~(v5l_cpu_features() | V5L_CPU_TRAITS)) != 0) continue;
        if (v5l_kernels_select(&kernels, V5L_KERNELS_F32, masks[i] & v5l_cpu_features()) != V5L_OK)
            continue; /* a library for one set */
        if (strcmp(kernels.gemm->name, before) == 0) continue;
        before = kernels.gemm->name;
        bits files = {"files", 0xCBF29CE484222325u, 0xCBF29CE484222325u}, got = {.level = set_of(kernels.gemm->name)};
        got.generated = hash_generated(masks[i], &files.generated);
        got.digits = hash_digits(masks[i], &files.digits);
        if (levels++ == 0) compare(&files);
        compare(&got);
    }
    assert_true(levels > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_level_gives_the_recorded_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
