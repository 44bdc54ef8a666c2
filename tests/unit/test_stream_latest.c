/* SPDX-License-Identifier: MIT */
/* The newest frame of a source that is read on its own thread. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "check.h"
#include "stream/latest.h"
#include "stream/stop.h"

/* A source of `count` frames; every third is broken if `breaks`. It sends the next only when `sent` allows it. */
typedef struct fake {
    int count, breaks, next;
    uint64_t step_us; /* between timestamps */
    source_status end;
    atomic_int allowed, held, most_held, done;
} fake;

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); }

static source_status fake_next(source *s, frame *out) {
    fake *f = s->state;
    while (f->next >= atomic_load(&f->allowed) && !stop_requested())
        nap();
    atomic_store(&f->done, f->next);
    if (f->next == f->count || stop_requested()) return f->end;
    const int number = ++f->next;
    if (f->breaks && number % 3 == 0) return SOURCE_BROKEN;
    *out =
        (frame){.number = (uint64_t)number, .time_us = (uint64_t)(number - 1) * f->step_us, .captured_us = clock_us()};
    const int held = atomic_fetch_add(&f->held, 1) + 1;
    if (held > atomic_load(&f->most_held)) atomic_store(&f->most_held, held);
    return SOURCE_FRAME;
}

static void fake_release(source *s, const frame *taken) {
    fake *f = s->state;
    (void)taken;
    atomic_fetch_sub(&f->held, 1);
}

static const source_calls calls = {.next = fake_next, .release = fake_release};

/* Waits until the thread has offered the frames that it may send, and wants the next one. */
static void wait_for(fake *f, int frames) {
    atomic_store(&f->allowed, frames);
    while (atomic_load(&f->done) < frames - 1 || f->held == 0)
        nap();
    for (int i = 0; i < 20; i++)
        nap();
}

static void the_newest_wins_and_the_end_comes_last(void **state) {
    fake f = {.count = 9, .breaks = 1, .end = SOURCE_LOST};
    source s = {.calls = &calls, .state = &f};
    frame got;
    (void)state;
    latest *l = latest_start(&s, 0, NULL);
    assert_non_null(l);
    wait_for(&f, 5); /* 1, 2, 4 and 5; 3 is broken */
    assert_int_equal(latest_next(l, &got), SOURCE_FRAME);
    assert_int_equal(got.number, 5);
    assert_int_equal(latest_get_counts(l).dropped, 3);
    assert_int_equal(latest_get_counts(l).broken, 1);
    wait_for(&f, 8); /* while 5 is held: 7 and 8 */
    latest_release(l, &got);
    atomic_store(&f.allowed, 10);
    while (latest_get_counts(l).broken < 3) /* 9 is broken, then the end */
        nap();
    assert_int_equal(latest_next(l, &got), SOURCE_FRAME);
    assert_int_equal(got.number, 8);
    latest_release(l, &got);
    assert_int_equal(latest_next(l, &got), SOURCE_LOST);
    assert_int_equal(latest_next(l, &got), SOURCE_LOST);
    assert_int_equal(latest_get_counts(l).dropped, 4);
    latest_stop(l);
    assert_int_equal(f.held, 0);
    assert_true(f.most_held <= SOURCE_SLOTS);
}

static void frames_that_nobody_took_are_released(void **state) {
    fake f = {.count = 3, .end = SOURCE_END, .allowed = 4};
    source s = {.calls = &calls, .state = &f};
    frame got;
    (void)state;
    latest *l = latest_start(&s, 0, NULL);
    while (latest_get_counts(l).dropped < 2)
        nap();
    while (atomic_load(&f.done) < 3)
        nap();
    assert_int_equal(latest_next(l, &got), SOURCE_FRAME);
    latest_release(l, &got);
    assert_int_equal(latest_next(l, &got), SOURCE_END);
    latest_stop(l);
    assert_int_equal(f.held, 0);
    latest_stop(NULL);
}

static void paced_frames_come_at_their_timestamps(void **state) {
    enum { COUNT = 5, STEP_US = 20000 };
    fake f = {.count = COUNT, .end = SOURCE_END, .allowed = COUNT + 1, .step_us = STEP_US};
    source s = {.calls = &calls, .state = &f};
    frame got;
    (void)state;
    const uint64_t start_us = clock_us();
    latest *l = latest_start(&s, 1, NULL);
    int taken = 0;
    while (latest_next(l, &got) == SOURCE_FRAME) {
        const uint64_t now = clock_us();
        assert_true(now - start_us >= got.time_us && now >= got.captured_us);
        latest_release(l, &got);
        taken++;
    }
    assert_int_equal((uint64_t)taken + latest_get_counts(l).dropped, COUNT);
    assert_true(clock_us() - start_us >= (COUNT - 1) * STEP_US);
    latest_stop(l);
}

/* The last test: requests are never taken back. */
static void a_stop_request_ends_a_source_that_waits(void **state) {
    fake f = {.count = 9, .end = SOURCE_END, .allowed = 2, .step_us = 1000000000};
    source s = {.calls = &calls, .state = &f};
    frame got;
    (void)state;
    assert_int_equal(stop_on_signals(), 0);
    assert_true(stop_descriptor() >= 0);
    latest *l = latest_start(&s, 1, NULL);
    assert_int_equal(latest_next(l, &got), SOURCE_FRAME); /* the second is due in 1000 seconds */
    latest_release(l, &got);
    raise(SIGTERM);
    assert_int_equal(latest_next(l, &got), SOURCE_END);
    assert_true(stop_requested());
    latest_stop(l);
    assert_int_equal(f.held, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_wins_and_the_end_comes_last),
        cmocka_unit_test(frames_that_nobody_took_are_released),
        cmocka_unit_test(paced_frames_come_at_their_timestamps),
        cmocka_unit_test(a_stop_request_ends_a_source_that_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
