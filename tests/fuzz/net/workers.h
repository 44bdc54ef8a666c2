/* SPDX-License-Identifier: MIT */
/* Hooks that run a net's parts: one by one in any order, or on the threads of a pool. */
#ifndef WORKERS_H
#define WORKERS_H

#include "choices.h"
#include "exact.h"
#include "v5lite.h"

typedef struct {
    int threads;
    uint64_t *order; /* state of the random order */
    v5l_pool *pool;  /* NULL: none */
    exact memory;
} workers;

workers workers_create(int threads, int pool, choices *c);
v5l_parallel workers_hook(const workers *w);
void workers_free(workers *w);

#endif
