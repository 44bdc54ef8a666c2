/* SPDX-License-Identifier: MIT */
#include "latest.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "placement.h"
#include "stop.h"

struct latest {
    source *source;
    latest_mode mode;
    ahead *letterboxer; /* NULL: none */
    pthread_t thread;
    atomic_int taker_cpu;          /* of the thread that takes the frames */
    pthread_mutex_t mutex;         /* of the rest */
    pthread_cond_t changed, taken; /* a frame waits, or the source has ended; none waits */
    frame waiting;
    int has_frame, stopping;
    source_status end; /* SOURCE_FRAME until the source has ended */
    latest_counts counts;
};

/* Waits until a frame of a source that is not live is due. Returns 0 if a stop was requested. */
static int wait_until(uint64_t due_us) {
    struct pollfd stop = {.fd = stop_descriptor(), .events = POLLIN};
    for (;;) {
        const uint64_t now = clock_us();
        if (stop_requested()) return 0;
        if (now >= due_us) return 1;
        const uint64_t rest_ms = (due_us - now + 999) / 1000;
        poll(&stop, 1, rest_ms < 1000 ? (int)rest_ms : 1000);
    }
}

/* Replaces the waiting frame, or waits until it is taken. Counts what was lost. */
static void offer(latest *l, const frame *f, uint64_t lost) {
    pthread_mutex_lock(&l->mutex);
    while (l->mode == LATEST_ALL && l->has_frame && !l->stopping)
        pthread_cond_wait(&l->taken, &l->mutex);
    const frame old = l->waiting;
    const int was_waiting = l->has_frame;
    l->waiting = *f;
    l->has_frame = 1;
    l->counts.dropped += lost + (was_waiting ? 1 : 0);
    pthread_mutex_unlock(&l->mutex);
    pthread_cond_signal(&l->changed);
    if (was_waiting) source_release(l->source, &old);
}

static void end(latest *l, source_status status) {
    pthread_mutex_lock(&l->mutex);
    l->end = status;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->mutex);
}

static void count_broken(latest *l) {
    pthread_mutex_lock(&l->mutex);
    l->counts.broken++;
    pthread_mutex_unlock(&l->mutex);
}

static void *run(void *argument) {
    latest *l = argument;
    uint64_t start_us = 0, lost = l->source->lost;
    int avoided = -1;
    for (;;) {
        frame f;
        if (l->mode == LATEST_ALL) placement_avoid(atomic_load(&l->taker_cpu), &avoided);
        const source_status status = source_next(l->source, &f);
        if (status == SOURCE_BROKEN) {
            count_broken(l);
            continue;
        }
        if (status != SOURCE_FRAME) {
            end(l, status);
            return NULL;
        }
        f.letterboxed = NULL;
        if (l->letterboxer != NULL) ahead_letterbox(l->letterboxer, &f);
        if (start_us == 0) start_us = clock_us() - f.time_us;
        if (l->mode == LATEST_PACED && !wait_until(start_us + f.time_us)) {
            source_release(l->source, &f);
            continue; /* the source ends, too */
        }
        if (l->mode == LATEST_PACED) f.captured_us = start_us + f.time_us;
        offer(l, &f, l->source->lost - lost);
        lost = l->source->lost;
    }
}

latest *latest_start(source *s, latest_mode mode, ahead *letterboxer) {
    latest *l = calloc(1, sizeof *l);
    sigset_t all, before;
    if (l == NULL) return NULL;
    l->source = s;
    l->mode = mode;
    l->letterboxer = letterboxer;
    l->end = SOURCE_FRAME;
    atomic_init(&l->taker_cpu, -1);
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->changed, NULL);
    pthread_cond_init(&l->taken, NULL);
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&l->thread, NULL, run, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0) return l;
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->mutex);
    free(l);
    return NULL;
}

source_status latest_next(latest *l, frame *out) {
    atomic_store(&l->taker_cpu, placement_cpu());
    pthread_mutex_lock(&l->mutex);
    while (!l->has_frame && l->end == SOURCE_FRAME)
        pthread_cond_wait(&l->changed, &l->mutex);
    const source_status status = l->has_frame ? SOURCE_FRAME : l->end;
    if (l->has_frame) *out = l->waiting;
    l->has_frame = 0;
    pthread_mutex_unlock(&l->mutex); /* first: the thread that wakes needs it */
    pthread_cond_signal(&l->taken);
    return status;
}

void latest_release(latest *l, const frame *f) { source_release(l->source, f); }

latest_counts latest_get_counts(latest *l) {
    pthread_mutex_lock(&l->mutex);
    const latest_counts counts = l->counts;
    pthread_mutex_unlock(&l->mutex);
    return counts;
}

void latest_stop(latest *l) {
    if (l == NULL) return;
    pthread_mutex_lock(&l->mutex);
    const int runs = l->end == SOURCE_FRAME;
    l->stopping = 1;
    pthread_cond_signal(&l->taken);
    pthread_mutex_unlock(&l->mutex);
    if (runs) stop_request();
    pthread_join(l->thread, NULL);
    if (l->has_frame) source_release(l->source, &l->waiting);
    pthread_cond_destroy(&l->changed);
    pthread_cond_destroy(&l->taken);
    pthread_mutex_destroy(&l->mutex);
    free(l);
}
