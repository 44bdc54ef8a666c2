/* SPDX-License-Identifier: MIT */
#include "workers.h"

#include <string.h>

#include "fail.h"

workers workers_create(int threads, int pool, choices *c) {
    workers w;
    memset(&w, 0, sizeof w);
    w.threads = threads;
    w.order = &c->state;
    if (!pool || threads < 2) return w;
    const size_t bytes = v5l_pool_memory(threads);
    w.memory = exact_alloc(bytes, 64);
    REQUIRE(v5l_pool_create(&w.pool, threads, w.memory.at, bytes) == V5L_OK, "no pool of %d threads", threads);
    return w;
}

/* Fisher and Yates. */
static void run_shuffled(void *user, void (*task)(void *argument, int index), void *argument, int count) {
    choices c = {.state = *(uint64_t *)user};
    int order[V5L_MAX_THREADS];
    REQUIRE(count >= 1 && count <= V5L_MAX_THREADS, "%d parts", count);
    for (int i = 0; i < count; i++) {
        const uint32_t j = random_bits(&c) % (uint32_t)(i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    *(uint64_t *)user = c.state;
    for (int i = 0; i < count; i++)
        task(argument, order[i]);
}

v5l_parallel workers_hook(const workers *w) {
    if (w->pool != NULL) return v5l_pool_hook(w->pool);
    const v5l_parallel hook = {.user = w->order, .threads = w->threads, .run = run_shuffled};
    return hook;
}

void workers_free(workers *w) {
    if (w->pool != NULL) v5l_pool_destroy(w->pool);
    exact_free(&w->memory);
}
