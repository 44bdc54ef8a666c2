/* SPDX-License-Identifier: MIT */
/* The stack that calls use, against V5L_STACK_BYTES and the table of src/README.md. */
#include "net_case.h"

/* The promise is for the build that `make` makes: sanitizers and -O0 have larger frames. */
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define PROMISED 1
#else
#define PROMISED 0
#endif

enum { AREA = 1 << 16, PAINT = 0xA5 };

static uintptr_t lowest;
static v5l_net *net;
static guarded memory;

/* Writes a pattern below the caller's frame. */
__attribute__((noinline)) static void paint(void) {
    volatile unsigned char area[AREA];
    for (int i = 0; i < AREA; i++)
        area[i] = PAINT;
    lowest = (uintptr_t)area;
}

/* Returns the bytes below this frame that a call overwrites. The first call binds symbols, which uses the dynamic
 * linker's stack. */
__attribute__((noinline)) static size_t depth_of(void (*call)(void)) {
    call();
    paint();
    call();
    const volatile unsigned char *p = (const volatile unsigned char *)lowest;
    while (*p == PAINT)
        p++;
    return (uintptr_t)__builtin_frame_address(0) - (uintptr_t)p;
}

static void do_nothing(void) {}
static void do_open(void) { (void)v5l_model_open(&model, file.bytes, file.size); }
static void do_check(void) { (void)v5l_net_check(&model, &options, NULL, NULL); }
static void do_memory(void) { (void)v5l_net_memory(&model, &options); }
static void do_create(void) { (void)v5l_net_create(&net, &model, &options, memory.at, memory.size); }
static void do_detect(void) {
    static v5l_detection found[300];
    (void)v5l_net_detect(net, &image, found, 300);
}

static const struct {
    const char *name;
    void (*call)(void);
} calls[] = {
    {"`v5l_model_open`", do_open},   {"`v5l_net_check`", do_check},   {"`v5l_net_memory`", do_memory},
    {"`v5l_net_create`", do_create}, {"`v5l_net_detect`", do_detect},
};

/* Returns the table's figure for this CPU; V5L_STACK_BYTES if it has none. */
static size_t claimed(const char *name) {
#if defined(__x86_64__)
    const int column = 0;
#elif defined(__aarch64__)
    const int column = 1;
#else /* ARM; other CPUs read no line of the table */
    const int column = 2;
#endif
#if defined(__x86_64__) || defined(__aarch64__) || defined(__arm__)
    FILE *table = fopen("src/README.md", "r");
#else
    FILE *table = NULL;
#endif
    size_t figure = V5L_STACK_BYTES;
    char line[512];
    while (table != NULL && fgets(line, sizeof line, table) != NULL) {
        const char *figures = strstr(line, "` | ");
        unsigned bytes[3];
        if (line[0] == '|' && strstr(line, name) != NULL && figures != NULL &&
            sscanf(figures, "` | %u | %u | %u |", &bytes[0], &bytes[1], &bytes[2]) == 3)
            figure = bytes[column];
    }
    if (table != NULL) fclose(table);
    return figure;
}

static void measure(void) {
    reopen();
    memory = guarded_new(v5l_net_memory(&model, &options));
    const size_t own = depth_of(do_nothing);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        const size_t bytes = depth_of(calls[i].call) - own;
        assert_true(bytes < AREA / 2);
        if (!PROMISED) continue;
        if (bytes > V5L_STACK_BYTES) fail_msg("%s takes %zu bytes", calls[i].name, bytes);
        if (bytes > claimed(calls[i].name))
            fail_msg("%s takes %zu bytes, more than src/README.md says", calls[i].name, bytes);
    }
    guarded_free(&memory);
}

static void test_calls_use_no_more_stack_than_promised(void **state) {
    (void)state;
    static const uint32_t levels[] = {
#define V5L_SET(name, target, features, flags) features,
#define V5L_HINT(name, target, features) features,
#include "kernels/sets.def"
        V5L_CPU_ALL};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        for (int kind = 0; kind < 4; kind++) {
            v5l_net_options_default(&options);
            options.width = options.height = kind == 2 ? 256 : 64;
            options.confidence = 0.01f;
            options.cpu_mask = levels[i];
            options.direct = kind == 3;
            if (kind == 0) builder_small_net(&b);
            if (kind == 1 || kind == 3) builder_winograd_net(&b, 16, kind == 1, 0);
            if (kind == 2) builder_chain_net(&b);
            reopen();
            if (v5l_net_check(&model, &options, NULL, NULL) == V5L_E_CPU) continue; /* a library for another set */
            measure();
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls_use_no_more_stack_than_promised, open_net, close_net),
    };
    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
