/* SPDX-License-Identifier: MIT */
/* The thread pool alone: which threads run what, and on which CPUs. */
#define _GNU_SOURCE /* sched_getcpu, pthread_getaffinity_np */
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 5 };

/* Linked with --wrap: the call that decrements `until_failure` to 0 fails. Counts the calls that succeed, less those
 * that are undone. */
static int until_failure = -1, held;
#define WRAPPED(name, ...)                                                                                             \
    int __real_##name(__VA_ARGS__);                                                                                    \
    int __wrap_##name(__VA_ARGS__)
WRAPPED(pthread_mutex_init, pthread_mutex_t *m, const pthread_mutexattr_t *a);
WRAPPED(pthread_cond_init, pthread_cond_t *c, const pthread_condattr_t *a);
WRAPPED(pthread_create, pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *argument);
WRAPPED(pthread_mutex_destroy, pthread_mutex_t *m);
WRAPPED(pthread_cond_destroy, pthread_cond_t *c);
WRAPPED(pthread_join, pthread_t t, void **result);
WRAPPED(sched_getaffinity, pid_t process, size_t size, cpu_set_t *set);

/* Fails as long as `affinity_is_hidden`. */
static int affinity_is_hidden;
int __wrap_sched_getaffinity(pid_t process, size_t size, cpu_set_t *set) {
    return affinity_is_hidden ? -1 : __real_sched_getaffinity(process, size, set);
}

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
    cpu_set_t may[THREADS]; /* CPUs of the thread that runs part i, .. */
    int at[THREADS];        /* .. and the CPU it runs on */
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

/* Also restores the calling thread. */
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
    enum { CALLS = 2 + 2 * (THREADS - 1) };
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

/* ---- a pool that cannot take a job ---- */

enum { CALLERS = 3, JOBS = 2000 };

static void count_call(void *argument, int index) { ((int *)argument)[index]++; }

static void *use_pool(void *user) {
    const v5l_parallel hook = v5l_pool_hook(user);
    intptr_t wrong = 0;
    for (int job = 0; job < JOBS; job++) {
        const int count = 1 + job % THREADS;
        int calls[THREADS] = {0};
        hook.run(hook.user, count_call, calls, count);
        for (int i = 0; i < THREADS; i++)
            wrong += calls[i] != (i < count);
    }
    return (void *)wrong;
}

static void test_callers_on_several_threads_may_share_a_pool(void **state) {
    (void)state;
    v5l_pool *pool = open_pool(THREADS);
    pthread_t callers[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, use_pool, pool), 0);
    for (int i = 0; i < CALLERS; i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(callers[i], &wrong), 0);
        assert_null(wrong);
    }
    close_pool(pool);
}

typedef struct {
    v5l_parallel hook;
    int calls[THREADS][THREADS];
} nested;

static void run_inner_job(void *argument, int index) {
    nested *n = argument;
    n->hook.run(n->hook.user, count_call, n->calls[index], THREADS);
}

static void test_a_task_may_use_the_pool_that_runs_it(void **state) {
    (void)state;
    v5l_pool *pool = open_pool(THREADS);
    nested n = {.hook = v5l_pool_hook(pool)};
    n.hook.run(n.hook.user, run_inner_job, &n, THREADS);
    for (int i = 0; i < THREADS; i++)
        for (int j = 0; j < THREADS; j++)
            assert_int_equal(n.calls[i][j], 1);
    close_pool(pool);
}

/* Returns the child's exit status: 0 if all is as in the parent. SIGALRM ends a hang. */
static int use_pool_in_child(v5l_pool *pool) {
    alarm(20);
    if (use_pool(pool) != NULL) return 1;
    if (v5l_pool_bind(pool, &first_cpu, 1) != V5L_E_AFFINITY) return 2;
    v5l_pool_destroy(pool);
    return 0; /* no new threads here: qemu-user and ThreadSanitizer do not allow any in a child of several threads */
}

#if defined(V5L_COVERAGE)
void __gcov_dump(void);
#endif

static void end_child(int status) {
#if defined(V5L_COVERAGE)
    __gcov_dump(); /* _exit skips it */
#endif
    _exit(status);
}

static void test_a_pool_works_in_a_child_of_fork(void **state) {
    (void)state;
    for (int rest = 0; rest < 2; rest++) { /* workers that spin, and workers that sleep */
        v5l_pool *pool = open_pool(THREADS);
        run_parts(pool, THREADS);
        if (rest) usleep(20000);
        const pid_t child = fork();
        if (child == 0) end_child(use_pool_in_child(pool));
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        run_parts(pool, THREADS);
        close_pool(pool);
    }
}

/* ---- what a pool takes from the host ---- */

typedef struct {
    pthread_t thread[V5L_MAX_THREADS];
    sigset_t blocked[V5L_MAX_THREADS];
} witness;

static void look_around(void *argument, int index) {
    witness *w = argument;
    w->thread[index] = pthread_self();
    (void)pthread_sigmask(SIG_BLOCK, NULL, &w->blocked[index]);
}

static witness around;

/* Returns how many threads a job of `count` parts uses; they note what they see in `around`. */
static int threads_used_by(v5l_pool *pool, int count) {
    const v5l_parallel hook = v5l_pool_hook(pool);
    hook.run(hook.user, look_around, &around, count);
    int used = 0;
    for (int i = 0; i < count; i++) {
        int is_new = 1;
        for (int j = 0; j < i; j++)
            is_new &= !pthread_equal(around.thread[i], around.thread[j]);
        used += is_new;
    }
    return used;
}

static void test_workers_leave_signals_to_the_host(void **state) {
    (void)state;
    sigset_t before, after;
    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    v5l_pool *pool = open_pool(2);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    const int used = threads_used_by(pool, 2);
    static const int asynchronous[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,  SIGALRM, SIGCHLD,
                                       SIGUSR1, SIGUSR2, SIGPIPE, SIGWINCH, SIGIO,   SIGPROF};
    for (size_t i = 0; i < sizeof asynchronous / sizeof asynchronous[0]; i++) {
        const int signal = asynchronous[i];
        assert_int_equal(sigismember(&after, signal), signal == SIGUSR2);
        assert_int_equal(sigismember(&around.blocked[0], signal), signal == SIGUSR2);
        if (used == 2) assert_int_equal(sigismember(&around.blocked[1], signal), 1);
    }
    if (used == 2) assert_int_equal(sigismember(&around.blocked[1], SIGSEGV), 0); /* a crash handler sees it */
    sigemptyset(&before);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    close_pool(pool);
}

static void test_a_job_uses_no_more_threads_than_cpus(void **state) {
    (void)state;
    const int cpus = CPU_COUNT(&allowed);
    v5l_pool *pool = open_pool(V5L_MAX_THREADS);
    assert_int_equal(threads_used_by(pool, V5L_MAX_THREADS), cpus < V5L_MAX_THREADS ? cpus : V5L_MAX_THREADS);
    close_pool(pool);
}

static void test_the_systems_cpus_count_if_affinity_cannot_be_asked(void **state) {
    (void)state;
    affinity_is_hidden = 1;
    v5l_pool *pool = open_pool(V5L_MAX_THREADS);
    const int used = threads_used_by(pool, V5L_MAX_THREADS);
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    affinity_is_hidden = 0;
    assert_int_equal(used, online < V5L_MAX_THREADS ? online : V5L_MAX_THREADS);
    close_pool(pool);
}

static void test_inherited_affinity_is_respected(void **state) {
    (void)state;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)first_cpu, &one);
    assert_int_equal(pthread_setaffinity_np(pthread_self(), sizeof one, &one), 0);
    v5l_pool *pool = open_pool(V5L_MAX_THREADS);
    assert_int_equal(threads_used_by(pool, V5L_MAX_THREADS), 1);
    close_pool(pool);
}

static void test_threads_bound_to_one_cpu_are_used_as_one(void **state) {
    (void)state;
    v5l_pool *pool = open_pool(THREADS);
    assert_int_equal(v5l_pool_bind(pool, &first_cpu, 1), V5L_OK);
    assert_int_equal(threads_used_by(pool, THREADS), 1);
    close_pool(pool);
}

static double cpu_ms(void) {
    struct rusage r;
    assert_int_equal(getrusage(RUSAGE_SELF, &r), 0);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e3 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-3;
}

static void test_an_idle_pool_takes_no_cpu(void **state) {
    (void)state;
    v5l_pool *pool = open_pool(V5L_MAX_THREADS);
    (void)threads_used_by(pool, V5L_MAX_THREADS);
    usleep(100000); /* spinning is over */
    const double began = cpu_ms();
    usleep(300000);
    assert_true(cpu_ms() - began < 30);
    close_pool(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound_threads_stay_on_their_cpus),
        cmocka_unit_test(test_a_pool_can_be_bound_again),
        cmocka_unit_test(test_a_refused_binding_changes_nothing),
        cmocka_unit_test(test_a_pool_that_cannot_be_made_leaves_nothing_behind),
        cmocka_unit_test(test_a_pool_with_nowhere_to_go_is_refused),
        cmocka_unit_test(test_callers_on_several_threads_may_share_a_pool),
        cmocka_unit_test(test_a_task_may_use_the_pool_that_runs_it),
        cmocka_unit_test(test_a_pool_works_in_a_child_of_fork),
        cmocka_unit_test(test_workers_leave_signals_to_the_host),
        cmocka_unit_test(test_a_job_uses_no_more_threads_than_cpus),
        cmocka_unit_test(test_the_systems_cpus_count_if_affinity_cannot_be_asked),
        cmocka_unit_test(test_inherited_affinity_is_respected),
        cmocka_unit_test(test_threads_bound_to_one_cpu_are_used_as_one),
        cmocka_unit_test(test_an_idle_pool_takes_no_cpu),
    };
    return cmocka_run_group_tests_name("pool", tests, find_cpus, NULL);
}
