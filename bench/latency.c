/* SPDX-License-Identifier: MIT */
/* Measures the distance of CPUs: the time in which a cache line goes from one to the other and back. Two threads, each
 * bound to a CPU, answer each other by incrementing a number, for every pair of the CPUs that this process may use.
 *
 *     make bench-latency
 *     taskset -c 0-7 build/bench_latency     for some CPUs only
 *
 * A figure is the median of several batches. Keep other load off these CPUs. */
#define _GNU_SOURCE /* pthread_setaffinity_np */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_CPUS = 64, BATCHES = 15, TRIPS = 2000, TOTAL = (BATCHES + 1) * TRIPS }; /* the first batch warms up */

typedef struct {
    _Alignas(128) atomic_int ball; /* 2 n: the caller's turn, 2 n + 1: the answerer's; -1: start not yet given */
    _Alignas(128) int cpu;         /* the answerer's */
    int refused;                   /* binding to it failed */
} rally;

static int report_error(const char *what, const char *why) {
    fprintf(stderr, "bench_latency: %s: %s\n", what, why);
    return 2;
}

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int bind_here(int cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    return pthread_setaffinity_np(pthread_self(), sizeof one, &one) == 0;
}

static void await(atomic_int *ball, int value) {
    while (atomic_load_explicit(ball, memory_order_acquire) != value) {
    }
}

static void *answer(void *argument) {
    rally *t = argument;
    t->refused = !bind_here(t->cpu);
    atomic_store_explicit(&t->ball, 0, memory_order_release);
    for (int trip = 0; trip < TOTAL && !t->refused; trip++) {
        await(&t->ball, 2 * trip + 1);
        atomic_store_explicit(&t->ball, 2 * trip + 2, memory_order_release);
    }
    return NULL;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Returns the median nanoseconds of a round trip between this thread's CPU and `cpu`; below 0 if the thread cannot
 * start. */
static double round_trip(int cpu) {
    static rally t;
    double batch[BATCHES + 1];
    pthread_t other;
    t.cpu = cpu;
    atomic_store_explicit(&t.ball, -1, memory_order_relaxed);
    if (pthread_create(&other, NULL, answer, &t) != 0) return -1;
    await(&t.ball, 0);
    for (int b = 0, trip = 0; b <= BATCHES && !t.refused; b++) {
        const double start = now_ns();
        for (int i = 0; i < TRIPS; i++, trip++) {
            atomic_store_explicit(&t.ball, 2 * trip + 1, memory_order_release);
            await(&t.ball, 2 * trip + 2);
        }
        batch[b] = (now_ns() - start) / TRIPS;
    }
    pthread_join(other, NULL);
    if (t.refused) return -1;
    qsort(batch + 1, BATCHES, sizeof *batch, by_value);
    return batch[1 + BATCHES / 2];
}

/* Returns the number of CPUs that this process may use, at most MAX_CPUS. *all: without that limit. */
static int find_cpus(int *cpus, int *all) {
    cpu_set_t allowed;
    int count = 0;
    *all = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
    *all = CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE && count < MAX_CPUS; cpu++)
        if (CPU_ISSET((size_t)cpu, &allowed)) cpus[count++] = cpu;
    return count;
}

/* Fills trips[a][b] for a < b. Returns 0 if a CPU refused its thread. */
static int measure(const int *cpus, int count, double trips[MAX_CPUS][MAX_CPUS]) {
    for (int a = 0; a < count; a++) {
        if (!bind_here(cpus[a])) return 0;
        for (int b = a + 1; b < count; b++)
            if ((trips[a][b] = round_trip(cpus[b])) < 0) return 0;
    }
    return 1;
}

static void show(const int *cpus, int count, double trips[MAX_CPUS][MAX_CPUS]) {
    double nearest = trips[0][1], farthest = trips[0][1];
    printf("%5s", "CPU");
    for (int b = 0; b + 1 < count; b++)
        printf(" %5d", cpus[b]);
    putchar('\n');
    for (int a = 1; a < count; a++) {
        printf("%5d", cpus[a]);
        for (int b = 0; b < a; b++) {
            const double trip = trips[b][a];
            if (trip < nearest) nearest = trip;
            if (trip > farthest) farthest = trip;
            printf(" %5.0f", trip);
        }
        putchar('\n');
    }
    printf("nearest %.0f ns, farthest %.0f ns\n", nearest, farthest);
}

int main(int argc, char **argv) {
    static double trips[MAX_CPUS][MAX_CPUS];
    int cpus[MAX_CPUS], all;
    if (argc > 1) return report_error(argv[1], "expected no arguments; taskset chooses the CPUs");
    const int count = find_cpus(cpus, &all);
    if (count < 2) return report_error("nothing to measure", "this process may use fewer than two CPUs");
    printf("nanoseconds of a round trip between two CPUs, median of %d batches of %d", BATCHES, TRIPS);
    if (all > count) printf("; the first %d of %d CPUs", count, all);
    putchar('\n');
    fflush(stdout);
    if (!measure(cpus, count, trips)) return report_error("cannot run", "a CPU refused its thread");
    show(cpus, count, trips);
    return 0;
}
