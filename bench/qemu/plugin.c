/* SPDX-License-Identifier: MIT */
/* A plugin for qemu-user 7.2 (TCG plugin API version 1; needs no qemu headers) that counts what a guest program
 * executes between marks, and models its data caches.
 *
 *     gcc -shared -fPIC -O2 -o plugin.so plugin.c
 *     qemu-aarch64 -cpu cortex-a72 -plugin ./plugin.so,out=counts.txt,l2=1024 ./count model.v5l 320 2
 *
 *   out=FILE   writes the counts here when the guest ends (default: standard error)
 *   l2=KB      models caches: L1D 32 KB, L2 of KB, 16 ways; both have 64-byte lines, LRU, and allocate on reads and
 *              writes. Slow
 *   l1ways=N   ways of L1D (2, as on a Cortex-A72; a Cortex-A53 has 4)
 *
 * A mark is any system call whose first three arguments are MARK, a slot and 0 (begin) or 1 (end); guest.h calls
 * getppid, which ignores them. The begin of slot MARK_RUN clears all counts, so the report is of the last run. One line
 * a slot: slot, times, instructions, loads, stores, L1D misses, L2 misses. One guest thread only. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

/* ---- the part of qemu's API that is used ---- */

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_RW = 3 };
typedef void tb_trans_cb(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void mem_cb(unsigned, qemu_plugin_meminfo_t, uint64_t, void *);
typedef void syscall_cb(qemu_plugin_id_t, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                        uint64_t, uint64_t);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, tb_trans_cb *);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, enum qemu_plugin_op, void *, uint64_t);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, mem_cb *, enum qemu_plugin_cb_flags,
                                             enum qemu_plugin_mem_rw, void *);
extern void qemu_plugin_register_vcpu_syscall_cb(qemu_plugin_id_t, syscall_cb *);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
extern bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);

#define EXPORT __attribute__((visibility("default")))
EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);
int qemu_plugin_version = 1;

/* ---- counts ---- */

enum { INSTRUCTIONS, LOADS, STORES, L1_MISSES, L2_MISSES, KINDS };

typedef struct {
    uint64_t of[KINDS];
} counts;

static counts now;
static counts began[MARK_SLOTS], sum[MARK_SLOTS];
static uint64_t times[MARK_SLOTS];
static const char *out_path;

static void mark(uint64_t slot, uint64_t end) {
    if (slot >= MARK_SLOTS) return;
    if (slot == MARK_RUN && !end) {
        memset(sum, 0, sizeof sum);
        memset(times, 0, sizeof times);
    }
    if (!end) {
        began[slot] = now;
        return;
    }
    times[slot]++;
    for (int i = 0; i < KINDS; i++)
        sum[slot].of[i] += now.of[i] - began[slot].of[i];
}

static void on_syscall(qemu_plugin_id_t id, unsigned cpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3,
                       uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
    (void)id, (void)cpu, (void)number, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
    if ((uint32_t)a1 == MARK) mark(a2, a3);
}

/* ---- caches ---- */

typedef struct {
    unsigned ways, sets;
    uint64_t *line, *used; /* [sets][ways]: line number + 1, and the time of its last use */
} cache;

static cache l1, l2;
static uint64_t clock_ticks;

static void make_cache(cache *c, unsigned kilobytes, unsigned ways) {
    c->ways = ways;
    c->sets = kilobytes * 1024 / 64 / ways;
    c->line = calloc((size_t)c->sets * ways, sizeof *c->line);
    c->used = calloc((size_t)c->sets * ways, sizeof *c->used);
    if (c->line == NULL || c->used == NULL) abort();
}

static bool hit(cache *c, uint64_t line) {
    uint64_t *lines = c->line + line % c->sets * c->ways, *used = c->used + line % c->sets * c->ways;
    unsigned oldest = 0;
    for (unsigned i = 0; i < c->ways; i++) {
        if (lines[i] == line + 1) {
            used[i] = ++clock_ticks;
            return true;
        }
        if (used[i] < used[oldest]) oldest = i;
    }
    lines[oldest] = line + 1;
    used[oldest] = ++clock_ticks;
    return false;
}

static void on_access(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *user) {
    (void)cpu, (void)user;
    const uint64_t last = address + (1u << qemu_plugin_mem_size_shift(info)) - 1;
    now.of[qemu_plugin_mem_is_store(info) ? STORES : LOADS]++;
    for (uint64_t line = address >> 6; line <= last >> 6; line++) {
        if (hit(&l1, line)) continue;
        now.of[L1_MISSES]++;
        if (!hit(&l2, line)) now.of[L2_MISSES]++;
    }
}

/* ---- install ---- */

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    const size_t n = qemu_plugin_tb_n_insns(tb);
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &now.of[INSTRUCTIONS], n);
    if (l2.sets == 0) return;
    for (size_t i = 0; i < n; i++)
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), on_access, QEMU_PLUGIN_CB_NO_REGS,
                                         QEMU_PLUGIN_MEM_RW, NULL);
}

static void on_exit_of_guest(qemu_plugin_id_t id, void *user) {
    (void)id, (void)user;
    FILE *out = out_path != NULL ? fopen(out_path, "w") : stderr;
    if (out == NULL) abort();
    for (unsigned slot = 0; slot < MARK_SLOTS; slot++) {
        if (times[slot] == 0) continue;
        fprintf(out, "%u %llu", slot, (unsigned long long)times[slot]);
        for (int i = 0; i < KINDS; i++)
            fprintf(out, " %llu", (unsigned long long)sum[slot].of[i]);
        fprintf(out, "\n");
    }
    if (out != stderr) fclose(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
    (void)info;
    unsigned l2_kilobytes = 0, l1_ways = 2;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0)
            out_path = strdup(argv[i] + 4);
        else if (strncmp(argv[i], "l2=", 3) == 0)
            l2_kilobytes = (unsigned)strtoul(argv[i] + 3, NULL, 10);
        else if (strncmp(argv[i], "l1ways=", 7) == 0)
            l1_ways = (unsigned)strtoul(argv[i] + 7, NULL, 10);
        else {
            fprintf(stderr, "plugin: unknown argument: %s\n", argv[i]);
            return -1;
        }
    }
    if (l2_kilobytes != 0) {
        make_cache(&l1, 32, l1_ways);
        make_cache(&l2, l2_kilobytes, 16);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_vcpu_syscall_cb(id, on_syscall);
    qemu_plugin_register_atexit_cb(id, on_exit_of_guest, NULL);
    return 0;
}
