/* SPDX-License-Identifier: MIT */
/* Optional: a small POSIX thread pool for the parallel hook. Workers spin for a bounded time after each job (the next op
 * of a network follows within microseconds), then sleep: idle threads cost no CPU between pictures. */
/* Left out with V5L_NO_THREADS, and by itself where there are no POSIX threads (bare metal) or no atomics (tcc). */
#if !defined(V5L_NO_THREADS) && __STDC_HOSTED__ && !defined(__STDC_NO_ATOMICS__) && !defined(__TINYC__)
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* pthread_setaffinity_np */
#endif
#if !defined(__has_include)
#include <pthread.h>
#elif __has_include(<pthread.h>)
#include <pthread.h>
#endif
#if defined(PTHREAD_MUTEX_INITIALIZER) /* not by newlib's header on bare metal */
#define V5L_HAS_POOL 1
#endif
#endif

#if defined(V5L_HAS_POOL)

#include <sched.h>
#include <string.h>
#if defined(__cplusplus)
#include <atomic>
using std::atomic_fetch_add_explicit;
using std::atomic_fetch_sub_explicit;
using std::atomic_init;
using std::atomic_int;
using std::atomic_load_explicit;
using std::atomic_store_explicit;
using std::atomic_uint;
using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
#else
#include <stdatomic.h>
#endif

#include "arena.h"
#include "v5lite.h"

enum { SPINS = 4000 };

typedef struct {
    v5l_pool *pool;
    pthread_t thread;
    int index; /* 1 .. threads-1: the part of every job it does; part 0 is the caller's */
} pool_worker;

struct v5l_pool {
    pthread_mutex_t lock;
    pthread_cond_t work, finished;
    atomic_uint generation; /* counts jobs; changed with the lock held, read without */
    atomic_int pending;     /* workers that have not acknowledged the current job */
    int threads, started, stop;
    int count; /* the job: written before generation moves on, read after */
    void (*task)(void *argument, int index);
    void *argument;
    pool_worker *workers; /* [threads - 1], behind the pool */
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__ARM_ARCH_7A__)
    __asm__ volatile("yield");
#endif
}

static unsigned next_generation(v5l_pool *pool, unsigned seen) {
    for (int i = 0; i < SPINS; i++) {
        const unsigned now = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (now != seen) return now;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load_explicit(&pool->generation, memory_order_acquire) == seen)
        pthread_cond_wait(&pool->work, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return atomic_load_explicit(&pool->generation, memory_order_acquire);
}

/* Every worker acknowledges every job, with or without a part in it: so none can still be looking at an old one when the
 * next is posted. */
static void acknowledge(v5l_pool *pool) {
    if (atomic_fetch_sub_explicit(&pool->pending, 1, memory_order_acq_rel) != 1) return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_signal(&pool->finished);
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *argument) {
    pool_worker *self = (pool_worker *)argument;
    v5l_pool *pool = self->pool;
    unsigned seen = 0;
    for (;;) {
        seen = next_generation(pool, seen);
        if (pool->stop) return NULL;
        if (self->index < pool->count) pool->task(pool->argument, self->index);
        acknowledge(pool);
    }
}

static void post(v5l_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

static void await_workers(v5l_pool *pool) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->pending, memory_order_acquire) == 0) return;
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load_explicit(&pool->pending, memory_order_acquire) != 0)
        pthread_cond_wait(&pool->finished, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static void run(void *user, void (*task)(void *argument, int index), void *argument, int count) {
    v5l_pool *pool = (v5l_pool *)user;
    pool->task = task;
    pool->argument = argument;
    pool->count = count;
    atomic_store_explicit(&pool->pending, pool->threads - 1, memory_order_relaxed);
    post(pool);
    task(argument, 0);
    await_workers(pool);
}

size_t v5l_pool_memory(int threads) {
    if (threads < 1 || threads > V5L_MAX_THREADS) return 0;
    return (size_t)v5l_aligned(sizeof(v5l_pool) + (size_t)(threads - 1) * sizeof(pool_worker));
}

static void stop(v5l_pool *pool) {
    pool->stop = 1;
    post(pool);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
}

/* With default attributes these cannot fail on Linux, and fail elsewhere only for want of memory. */
static int init_locks(v5l_pool *pool) {
    if (pthread_mutex_init(&pool->lock, NULL) != 0) return 0;
    if (pthread_cond_init(&pool->work, NULL) == 0) {
        if (pthread_cond_init(&pool->finished, NULL) == 0) return 1;
        (void)pthread_cond_destroy(&pool->work);
    }
    (void)pthread_mutex_destroy(&pool->lock);
    return 0;
}

v5l_status v5l_pool_create(v5l_pool **pool, int threads, void *memory, size_t size) {
    const size_t need = v5l_pool_memory(threads);
    if (pool == NULL || memory == NULL || need == 0) return V5L_E_ARGUMENT;
    if ((uintptr_t)memory % V5L_ALIGN != 0) return V5L_E_ALIGNMENT;
    if (size < need) return V5L_E_MEMORY;
    v5l_pool *p = (v5l_pool *)memory;
    memset(memory, 0, need);
    p->workers = (pool_worker *)(p + 1);
    p->threads = threads;
    atomic_init(&p->generation, 0);
    atomic_init(&p->pending, 0);
    if (!init_locks(p)) return V5L_E_MEMORY;
    for (; p->started < threads - 1; p->started++) {
        pool_worker *w = &p->workers[p->started];
        w->pool = p;
        w->index = p->started + 1;
        if (pthread_create(&w->thread, NULL, work, w) != 0) {
            stop(p);
            return V5L_E_MEMORY;
        }
    }
    *pool = p;
    return V5L_OK;
}

v5l_parallel v5l_pool_hook(v5l_pool *pool) {
    const v5l_parallel hook = {pool, pool->threads, run};
    return hook;
}

#if defined(__linux__) && !defined(__ANDROID__) /* Bionic has no pthread_setaffinity_np */

static int bind_thread(pthread_t thread, int cpu) {
    cpu_set_t one;
    if (cpu >= CPU_SETSIZE) return 0;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    return pthread_setaffinity_np(thread, sizeof one, &one) == 0;
}

/* The calling thread goes to every CPU first: after that, none of them can be refused to another thread. */
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

v5l_status v5l_pool_bind(v5l_pool *pool, const int *cpus, int count) {
    if (pool == NULL || cpus == NULL || count < 1) return V5L_E_ARGUMENT;
    for (int i = 0; i < count; i++)
        if (cpus[i] < 0) return V5L_E_ARGUMENT;
    return bind_threads(pool, cpus, count);
}

void v5l_pool_destroy(v5l_pool *pool) { stop(pool); }

#else
typedef int v5l_empty; /* ISO C forbids an empty file */
#endif
