/* SPDX-License-Identifier: MIT */
/* The thread pool by itself: which threads do what, and on which CPUs. */
#define _GNU_SOURCE /* sched_getcpu, pthread_getaffinity_np */
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

enum { THREADS = 5 };

/* Linked with --wrap: the call of these that brings `until_failure` to 0 fails. Those that succeed are counted, less what is
 * destroyed or joined again. */
static int until_failure = -1, held;
int __real_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a);
int __real_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a);
int __real_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *argument);
int __real_pthread_mutex_destroy(pthread_mutex_t *m);
int __real_pthread_cond_destroy(pthread_cond_t *c);
int __real_pthread_join(pthread_t t, void **result);
int __wrap_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a);
int __wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *argument);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *m);
int __wrap_pthread_cond_destroy(pthread_cond_t *c);
int __wrap_pthread_join(pthread_t t, void **result);

static int fails(void) { return until_failure > 0 && --until_failure == 0; }

static int taken(int status) {
    held += status == 0;
    return status;
}

static int given_back(int status) {
    held -= status == 0;
    return status;
}

int __wrap_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a) {
    return fails() ? ENOMEM : taken(__real_pthread_mutex_init(m, a));
}
int __wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a) {
    return fails() ? ENOMEM : taken(__real_pthread_cond_init(c, a));
}
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *argument) {
    return fails() ? EAGAIN : taken(__real_pthread_create(t, a, run, argument));
}
int __wrap_pthread_mutex_destroy(pthread_mutex_t *m) { return given_back(__real_pthread_mutex_destroy(m)); }
int __wrap_pthread_cond_destroy(pthread_cond_t *c) { return given_back(__real_pthread_cond_destroy(c)); }
int __wrap_pthread_join(pthread_t t, void **result) { return given_back(__real_pthread_join(t, result)); }

static cpu_set_t allowed; /* to this process */
static int first_cpu, last_cpu;

typedef struct {
    cpu_set_t may[THREADS]; /* of the thread that does part i, */
    int at[THREADS];        /* and the CPU it does it on */
    int calls[THREADS];
} sighting;

static sighting seen;
static guarded memory;

static int find_cpus(void **state) {
    (void)state;
    assert_int_equal(pthread_getaffinity_np(pthread_self(), sizeof allowed, &allowed), 0);
    first_cpu = -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET((size_t)cpu, &allowed)) continue;
        if (first_cpu < 0) first_cpu = cpu;
        last_cpu = cpu;
    }
    return 0;
}

static v5l_pool *open_pool(int threads) {
    v5l_pool *pool = NULL;
    memory = guarded_new(v5l_pool_memory(threads));
    assert_int_equal(v5l_pool_create(&pool, threads, memory.at, memory.size), V5L_OK);
    return pool;
}

/* Also undoes what the pool did to the calling thread. */
static void close_pool(v5l_pool *pool) {
    v5l_pool_destroy(pool);
    guarded_free(&memory);
    assert_int_equal(pthread_setaffinity_np(pthread_self(), sizeof allowed, &allowed), 0);
}

static void look(void *argument, int index) {
    sighting *s = argument;
    if (pthread_getaffinity_np(pthread_self(), sizeof s->may[index], &s->may[index]) != 0) CPU_ZERO(&s->may[index]);
    s->at[index] = sched_getcpu();
    s->calls[index]++;
}

static void run_parts(v5l_pool *pool, int count) {
    const v5l_parallel hook = v5l_pool_hook(pool);
    memset(&seen, 0, sizeof seen);
    hook.run(hook.user, look, &seen, count);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(seen.calls[i], i < count);
}

static void test_bound_threads_stay_on_their_cpus(void **state) {
    (void)state;
    const int cpus[] = {last_cpu, first_cpu, first_cpu};
    for (int threads = 1; threads <= THREADS; threads++)
        for (int count = 1; count <= 3; count++) {
            v5l_pool *pool = open_pool(threads);
            assert_int_equal(v5l_pool_bind(pool, cpus, count), V5L_OK);
            for (int turn = 0; turn < 20; turn++) {
                run_parts(pool, threads);
                for (int i = 0; i < threads; i++) {
                    assert_int_equal(CPU_COUNT(&seen.may[i]), 1);
                    assert_int_equal(seen.at[i], cpus[i % count]);
                }
            }
            close_pool(pool);
        }
}

static void test_a_pool_can_be_bound_again(void **state) {
    (void)state;
    v5l_pool *pool = open_pool(2);
    assert_int_equal(v5l_pool_bind(pool, &first_cpu, 1), V5L_OK);
    assert_int_equal(v5l_pool_bind(pool, &last_cpu, 1), V5L_OK);
    run_parts(pool, 2);
    assert_true(seen.at[0] == last_cpu && seen.at[1] == last_cpu);
    close_pool(pool);
}

static void test_a_refused_binding_changes_nothing(void **state) {
    (void)state;
    v5l_pool *pool = open_pool(3);
    const int beyond[] = {first_cpu, last_cpu, CPU_SETSIZE}, negative[] = {first_cpu, -1};
    assert_int_equal(v5l_pool_bind(pool, beyond, 3), V5L_E_AFFINITY);
    assert_int_equal(v5l_pool_bind(pool, negative, 2), V5L_E_ARGUMENT);
    assert_int_equal(v5l_pool_bind(pool, beyond, 0), V5L_E_ARGUMENT);
    assert_int_equal(v5l_pool_bind(pool, NULL, 1), V5L_E_ARGUMENT);
    assert_int_equal(v5l_pool_bind(NULL, beyond, 1), V5L_E_ARGUMENT);
    run_parts(pool, 3);
    for (int i = 0; i < 3; i++)
        assert_true(CPU_EQUAL(&seen.may[i], &allowed));
    close_pool(pool);
}

static void test_a_pool_that_cannot_be_made_leaves_nothing_behind(void **state) {
    (void)state;
    v5l_pool *pool = NULL;
    memory = guarded_new(v5l_pool_memory(THREADS));
    enum { CALLS = 3 + THREADS - 1 };
    for (int call = 1; call <= CALLS; call++) {
        until_failure = call;
        assert_int_equal(v5l_pool_create(&pool, THREADS, memory.at, memory.size), V5L_E_MEMORY);
        assert_int_equal(until_failure, 0);
        assert_null(pool);
        assert_int_equal(held, 0);
    }
    assert_int_equal(v5l_pool_create(&pool, THREADS, memory.at, memory.size), V5L_OK);
    assert_int_equal(held, CALLS);
    close_pool(pool);
    assert_int_equal(held, 0);
}

static void test_a_pool_with_nowhere_to_go_is_refused(void **state) {
    (void)state;
    static unsigned char bytes[64] __attribute__((aligned(64)));
    assert_int_equal(v5l_pool_create(NULL, 1, bytes, sizeof bytes), V5L_E_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound_threads_stay_on_their_cpus),
        cmocka_unit_test(test_a_pool_can_be_bound_again),
        cmocka_unit_test(test_a_refused_binding_changes_nothing),
        cmocka_unit_test(test_a_pool_that_cannot_be_made_leaves_nothing_behind),
        cmocka_unit_test(test_a_pool_with_nowhere_to_go_is_refused),
    };
    return cmocka_run_group_tests_name("pool", tests, find_cpus, NULL);
}
