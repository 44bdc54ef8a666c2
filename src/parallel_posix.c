/* SPDX-License-Identifier: MIT */
/* Optional: a small POSIX thread pool for the parallel hook.
 *
 * A job uses at most as many threads as there are CPUs to run them (`runners`). Thread r runs parts r, r + runners and
 * so on. Each worker has its own ticket, so a job costs nothing on workers without a part. Runners spin for a bounded
 * time before and after a job, because the next op of a network follows within microseconds. Then they sleep: an idle
 * pool uses no CPU.
 *
 * A pool runs one job at a time. The caller runs all parts itself if the pool is busy, or in a child of fork(), which
 * has no worker threads. */
#if !defined(V5L_NO_THREADS) && __STDC_HOSTED__ && !defined(__STDC_NO_ATOMICS__) && !defined(__TINYC__) &&             \
    (defined(__unix__) || defined(__APPLE__) || (defined(__MINGW32__) && defined(V5L_THREADS)))
/* Bare metal may have a part of pthread.h. On Windows, a program with winpthreads has to be linked with it. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* pthread_setaffinity_np */
#endif
#if !defined(__has_include)
#include <pthread.h>
#elif __has_include(<pthread.h>)
#include <pthread.h>
#endif
#if defined(PTHREAD_MUTEX_INITIALIZER)
#define V5L_HAS_POOL 1
#endif
#endif

#include "v5lite.h"

#if defined(V5L_HAS_POOL)

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#if defined(__cplusplus)
#include <atomic>
using std::atomic_exchange;
using std::atomic_exchange_explicit;
using std::atomic_fetch_add;
using std::atomic_fetch_sub;
using std::atomic_init;
using std::atomic_int;
using std::atomic_load;
using std::atomic_load_explicit;
using std::atomic_store;
using std::atomic_store_explicit;
using std::atomic_uint;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
#else
#include <stdatomic.h>
#endif

#include "arena.h"

#if defined(__linux__) && !defined(__ANDROID__) /* Bionic has no pthread_setaffinity_np */
#define V5L_THREAD_AFFINITY
#endif

enum { SPINS = 4000, RECOUNT_JOBS = 64 };

typedef struct {
    v5l_pool *pool;
    pthread_t thread;
    pthread_cond_t wake;
    atomic_uint ticket; /* counts the jobs in which it has a part; stopping counts as one */
    atomic_int asleep;
    int index; /* 1 .. threads-1; 0 is the caller */
} pool_worker;

struct v5l_pool {
    pthread_mutex_t lock;
    pthread_cond_t finished;
    atomic_int busy;    /* a job runs, or this is a child of fork() */
    atomic_int pending; /* workers that have not finished their parts */
    atomic_int caller_asleep;
    atomic_int spins; /* 0 if runners share CPUs: a spinning runner would delay the other */
    pid_t creator;
    int threads, started, stop;
    int runners; /* the most threads that a job uses */
    int bound;   /* v5l_pool_bind was called */
    unsigned jobs;
    /* The job: written before the tickets change, read afterwards. */
    void (*task)(void *argument, int index);
    void *argument;
    int count, stride;
    pool_worker *workers; /* [threads - 1], after the pool */
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__ARM_ARCH_7A__)
    __asm__ volatile("yield");
#endif
}

/* ---- CPUs ---- */

/* Counts the CPUs that the caller or a worker may use now. If affinities are unknown, counts the system's CPUs. */
static int usable_cpus(const v5l_pool *pool) {
#if defined(_WIN32)
    const int online = pthread_num_processors_np();
#else
#if defined(__linux__)
    cpu_set_t caller;
    if (sched_getaffinity(0, sizeof caller, &caller) == 0) {
#if defined(V5L_THREAD_AFFINITY)
        cpu_set_t worker;
        if (pool->started > 0 && pthread_getaffinity_np(pool->workers[0].thread, sizeof worker, &worker) == 0)
            CPU_OR(&caller, &caller, &worker);
#endif
        return CPU_COUNT(&caller);
    }
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
#endif
    return online >= 1 && online < pool->threads ? (int)online : pool->threads;
}

static void count_runners(v5l_pool *pool) {
    const int cpus = usable_cpus(pool);
    pool->runners = cpus < pool->threads ? cpus : pool->threads;
}

/* ---- jobs ---- */

/* The worker sets `asleep`, then reads the ticket. The poster changes the ticket, then reads `asleep`. Therefore at
 * least one of them sees what the other wrote.
 * The writes are read-modify-writes, as those of `pending` and `caller_asleep` are: qemu on x86 lets a load overtake a
 * sequentially consistent store of AArch64 (stlr, ldar), so both sides would sleep forever. */
static void await_ticket(v5l_pool *pool, pool_worker *self, unsigned seen) {
    for (int i = atomic_load_explicit(&pool->spins, memory_order_relaxed); i > 0; i--) {
        if (atomic_load_explicit(&self->ticket, memory_order_acquire) != seen) return;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    (void)atomic_exchange(&self->asleep, 1);
    while (atomic_load(&self->ticket) == seen)
        pthread_cond_wait(&self->wake, &pool->lock);
    atomic_store(&self->asleep, 0);
    pthread_mutex_unlock(&pool->lock);
}

/* Makes a system call, so it is used only where a thread would sleep or wake another. */
static int is_forked(const v5l_pool *pool) { return pool->creator != getpid(); }

static void post(v5l_pool *pool, pool_worker *worker) {
    atomic_fetch_add(&worker->ticket, 1u);
    if (!atomic_load(&worker->asleep) || is_forked(pool)) return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&pool->lock);
}

/* Returns 0 in a child of fork(): it has no workers. */
static int await_workers(v5l_pool *pool) {
    for (int i = atomic_load_explicit(&pool->spins, memory_order_relaxed); i > 0; i--) {
        if (atomic_load_explicit(&pool->pending, memory_order_acquire) == 0) return 1;
        relax();
    }
    if (is_forked(pool)) return 0;
    pthread_mutex_lock(&pool->lock);
    (void)atomic_exchange(&pool->caller_asleep, 1);
    while (atomic_load(&pool->pending) != 0)
        pthread_cond_wait(&pool->finished, &pool->lock);
    atomic_store(&pool->caller_asleep, 0);
    pthread_mutex_unlock(&pool->lock);
    return 1;
}

static void acknowledge(v5l_pool *pool) {
    if (atomic_fetch_sub(&pool->pending, 1) != 1 || !atomic_load(&pool->caller_asleep)) return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_signal(&pool->finished);
    pthread_mutex_unlock(&pool->lock);
}

static void run_parts(void (*task)(void *argument, int index), void *argument, int first, int stride, int count) {
    for (int i = first; i < count; i += stride)
        task(argument, i);
}

static void *work(void *argument) {
    pool_worker *self = (pool_worker *)argument;
    v5l_pool *pool = self->pool;
    for (unsigned seen = 0;; seen++) {
        await_ticket(pool, self, seen);
        if (pool->stop) return NULL;
        run_parts(pool->task, pool->argument, self->index, pool->stride, pool->count);
        acknowledge(pool);
    }
}

static void run_job(v5l_pool *pool, int runners) {
    for (int i = 1; i < runners; i++)
        post(pool, &pool->workers[i - 1]);
    run_parts(pool->task, pool->argument, 0, runners, pool->count);
    if (runners == 1 || await_workers(pool)) {
        atomic_store_explicit(&pool->busy, 0, memory_order_release);
        return;
    }
    for (int i = 1; i < runners; i++) /* the pool stays busy, so no later job waits for workers */
        run_parts(pool->task, pool->argument, i, runners, pool->count);
}

static void run(void *user, void (*task)(void *argument, int index), void *argument, int count) {
    v5l_pool *pool = (v5l_pool *)user;
    if (pool->threads == 1 || atomic_exchange_explicit(&pool->busy, 1, memory_order_acquire)) {
        run_parts(task, argument, 0, 1, count);
        return;
    }
    if (pool->jobs++ % RECOUNT_JOBS == 0 && !pool->bound) count_runners(pool); /* the affinity may have changed */
    const int runners = count < pool->runners ? count : pool->runners;
    pool->task = task;
    pool->argument = argument;
    pool->count = count;
    pool->stride = runners;
    atomic_store_explicit(&pool->pending, runners - 1, memory_order_relaxed);
    run_job(pool, runners);
}

/* ---- life ---- */

size_t v5l_pool_memory(int threads) {
    if (threads < 1 || threads > V5L_MAX_THREADS) return 0;
    return (size_t)v5l_aligned(sizeof(v5l_pool) + (size_t)(threads - 1) * sizeof(pool_worker));
}

static void stop(v5l_pool *pool) {
    pool->stop = 1;
    for (int i = 0; i < pool->started; i++)
        post(pool, &pool->workers[i]);
    for (int i = 0; i < pool->started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
        pthread_cond_destroy(&pool->workers[i].wake);
    }
    pthread_cond_destroy(&pool->finished);
    pthread_mutex_destroy(&pool->lock);
}

/* With default attributes these calls cannot fail on Linux; on other systems they fail only if memory is short. */
static int init_locks(v5l_pool *pool) {
    if (pthread_mutex_init(&pool->lock, NULL) != 0) return 0;
    if (pthread_cond_init(&pool->finished, NULL) == 0) return 1;
    (void)pthread_mutex_destroy(&pool->lock);
    return 0;
}

static int start_worker(v5l_pool *pool) {
    pool_worker *w = &pool->workers[pool->started];
    w->pool = pool;
    w->index = pool->started + 1;
    atomic_init(&w->ticket, 0u);
    atomic_init(&w->asleep, 0);
    if (pthread_cond_init(&w->wake, NULL) != 0) return 0;
    if (pthread_create(&w->thread, NULL, work, w) == 0) return 1;
    (void)pthread_cond_destroy(&w->wake);
    return 0;
}

#if defined(_WIN32) /* runs signal handlers in threads of its own */
static int start_workers(v5l_pool *pool) {
    while (pool->started < pool->threads - 1 && start_worker(pool))
        pool->started++;
    return pool->started == pool->threads - 1;
}
#else
/* Blocks all signals in workers, so the host's threads handle them, except the signals that a worker's own faults
 * raise. */
static void block_signals(sigset_t *before) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigset_t blocked;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(&blocked, faults[i]);
    (void)pthread_sigmask(SIG_BLOCK, &blocked, before);
}

static int start_workers(v5l_pool *pool) {
    sigset_t before;
    block_signals(&before);
    while (pool->started < pool->threads - 1 && start_worker(pool))
        pool->started++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool->started == pool->threads - 1;
}
#endif

v5l_status v5l_pool_create(v5l_pool **pool, int threads, void *memory, size_t size) {
    const size_t need = v5l_pool_memory(threads);
    if (pool == NULL || memory == NULL || need == 0) return V5L_E_ARGUMENT;
    if ((uintptr_t)memory % V5L_ALIGN != 0) return V5L_E_ALIGNMENT;
    if (size < need) return V5L_E_MEMORY;
    v5l_pool *p = (v5l_pool *)memory;
    memset(memory, 0, need);
    p->workers = (pool_worker *)(p + 1);
    p->threads = threads;
    p->creator = getpid();
    atomic_init(&p->busy, 0);
    atomic_init(&p->pending, 0);
    atomic_init(&p->caller_asleep, 0);
    atomic_init(&p->spins, SPINS);
    if (!init_locks(p)) return V5L_E_MEMORY;
    if (!start_workers(p)) {
        stop(p);
        return V5L_E_MEMORY;
    }
    *pool = p;
    return V5L_OK;
}

v5l_parallel v5l_pool_hook(v5l_pool *pool) {
    v5l_parallel hook = {.run = NULL};
    if (pool != NULL) hook.user = pool, hook.threads = pool->threads, hook.run = run;
    return hook;
}

/* ---- binding ---- */

#if defined(V5L_THREAD_AFFINITY)

static int bind_thread(pthread_t thread, int cpu) {
    cpu_set_t one;
    if (cpu >= CPU_SETSIZE) return 0;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    return pthread_setaffinity_np(thread, sizeof one, &one) == 0;
}

/* Binds the calling thread to each CPU first. If that works, the system accepts all these CPUs for the other threads
 * too. */
static v5l_status bind_threads(v5l_pool *pool, const int *cpus, int count) {
    const pthread_t self = pthread_self();
    cpu_set_t before;
    if (pthread_getaffinity_np(self, sizeof before, &before) != 0) return V5L_E_AFFINITY;
    int bound = 1;
    for (int i = pool->threads - 1; i >= 0 && bound; i--)
        bound = bind_thread(self, cpus[i % count]);
    for (int i = 1; i < pool->threads && bound; i++)
        bound = bind_thread(pool->workers[i - 1].thread, cpus[i % count]);
    if (bound) return V5L_OK;
    (void)pthread_setaffinity_np(self, sizeof before, &before);
    return V5L_E_AFFINITY;
}

#else

static v5l_status bind_threads(v5l_pool *pool, const int *cpus, int count) {
    (void)pool, (void)cpus, (void)count;
    return V5L_E_AFFINITY;
}

#endif

static int all_different(const int *cpus, int count) {
    for (int i = 1; i < count; i++)
        for (int j = 0; j < i; j++)
            if (cpus[i] == cpus[j]) return 0;
    return 1;
}

v5l_status v5l_pool_bind(v5l_pool *pool, const int *cpus, int count) {
    if (pool == NULL || cpus == NULL || count < 1) return V5L_E_ARGUMENT;
    for (int i = 0; i < count; i++)
        if (cpus[i] < 0) return V5L_E_ARGUMENT;
    /* In a child of fork() the thread ids are those of the parent's workers. */
    const v5l_status status = is_forked(pool) ? V5L_E_AFFINITY : bind_threads(pool, cpus, count);
    if (status != V5L_OK) return status;
    /* Threads i and i % count share a CPU, so thread i % count runs the parts of both. */
    pool->runners = count < pool->threads ? count : pool->threads;
    pool->bound = 1;
    atomic_store_explicit(&pool->spins, all_different(cpus, pool->runners) ? SPINS : 0, memory_order_relaxed);
    return V5L_OK;
}

void v5l_pool_destroy(v5l_pool *pool) {
    if (pool != NULL && !is_forked(pool)) stop(pool);
}

#endif
