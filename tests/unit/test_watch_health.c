/* SPDX-License-Identifier: MIT */
/* When the live view says that frames come: /healthz. */
#include "check.h"

#if defined(V5LITE_MICROHTTPD)

#include "stream/preview/board.h"

/* Returns whether the view is healthy this long after the last frame of a source of this rate. */
static int is_healthy(double fps, double seconds) {
    const watch_setup setup = {.fps = fps};
    board b = {.setup = &setup, .counts = {.last_us = clock_us() - (uint64_t)(seconds * 1e6)}};
    pthread_mutex_init(&b.lock, NULL);
    const int healthy = board_is_healthy(&b);
    pthread_mutex_destroy(&b.lock);
    return healthy;
}

static void a_usual_source_is_late_after_five_seconds(void **state) {
    (void)state;
    assert_true(is_healthy(25, 4));
    assert_false(is_healthy(25, 6));
}

/* As --max-fps 0.1 leaves it. */
static void a_source_of_few_frames_is_late_after_two_of_its_periods_more(void **state) {
    (void)state;
    assert_true(is_healthy(0.1, 12));
    assert_true(is_healthy(0.1, 24));
    assert_false(is_healthy(0.1, 26));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usual_source_is_late_after_five_seconds),
        cmocka_unit_test(a_source_of_few_frames_is_late_after_two_of_its_periods_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) { return check_skip_all("the live view: no libmicrohttpd: install libmicrohttpd-dev"); }

#endif
