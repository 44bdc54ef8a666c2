/* SPDX-License-Identifier: MIT */
/* Measures the claims of the YOLOv5-Lite article, and of the guidelines it follows, with this library. Prints Markdown
 * tables.
 *
 *     make bench-article                                    what bench/article.md has, ARM included (article.py)
 *     build/bench_article [--mask M] [--rounds N]           times on this machine
 *     build/bench_article --counts                          multiply-accumulates and parameters only
 *     build/bench_article --once                            the same; runs each case once between marks, by its number
 *
 * First compares both forms of Focus; the exit status is 1 if they differ by more than rounding. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "article.h"
#include "qemu/guest.h"
#include "trial.h"

enum { MAX_CASES = 16, MAX_ROUNDS = 999 };

typedef struct {
    int counts, once, rounds;
    uint32_t cpu;
} settings;

bench_net *article_net(const article_section *section, const article_case *c, uint32_t cpu) {
    bench_net *n = net_new();
    const uint32_t output = c->make(n, c);
    net_plan(n, output, section->picture, section->picture, cpu, c->windows);
    return n;
}

/* Times the cases in alternation, so that other load on the machine affects all alike. ms: medians. by: medians of the
 * time divided by the first case's. */
static void time_cases(bench_net *const *nets, int count, int rounds, double *ms, double *by) {
    double *times = need(malloc((size_t)(count * rounds) * sizeof *times));
    double *shares = need(malloc((size_t)rounds * sizeof *shares));
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++)
            times[i * rounds + round] = cpu_time(net_run, nets[i]);
    for (int i = count - 1; i >= 0; i--) { /* the first case last: median sorts */
        for (int round = 0; round < rounds; round++)
            shares[round] = times[i * rounds + round] / times[round];
        by[i] = median(shares, rounds);
        ms[i] = 1e3 * median(times + i * rounds, rounds);
    }
    free(times);
    free(shares);
}

static void print_grouped(uint64_t value) {
    if (value >= 1000) {
        print_grouped(value / 1000);
        printf(",%03u", (unsigned)(value % 1000));
    } else {
        printf("%u", (unsigned)value);
    }
}

static void print_case(const article_case *c, const bench_net *n) {
    printf("| %s | ", c->name);
    print_grouped(n->macs);
    printf(" | ");
    print_grouped(n->parameters);
    printf(" |");
}

/* number: of the section's first case */
static void run_section(const article_section *section, const settings *s, int number) {
    bench_net *nets[MAX_CASES];
    double ms[MAX_CASES], by[MAX_CASES];
    const int timed = !s->counts && !s->once;
    for (int i = 0; i < section->count; i++)
        nets[i] = article_net(section, &section->cases[i], s->cpu);
    if (timed) time_cases(nets, section->count, s->rounds, ms, by);
    printf("\n### %s\n\n| | MACs | parameters |%s\n|---|--:|--:|%s\n", section->title,
           timed ? " ms | times the first |" : "", timed ? "--:|--:|" : "");
    for (int i = 0; i < section->count; i++) {
        if (s->once) {
            net_run(nets[i]); /* warms up caches and tables */
            mark(number + i, 0);
            net_run(nets[i]);
            mark(number + i, 1);
        }
        print_case(&section->cases[i], nets[i]);
        if (timed) printf(" %.3f | %.2f |", ms[i], by[i]);
        putchar('\n');
    }
    for (int i = 0; i < section->count; i++)
        net_free(nets[i]);
}

static int usage(void) {
    fputs("usage: bench_article [--counts | --once] [--mask CPU_FEATURES] [--rounds 1..999]\n", stderr);
    return 2;
}

static int parse(int argc, char **argv, settings *s) {
    for (int i = 1; i < argc; i++) {
        const int more = i + 1 < argc;
        if (strcmp(argv[i], "--counts") == 0)
            s->counts = 1;
        else if (strcmp(argv[i], "--once") == 0)
            s->once = 1;
        else if (strcmp(argv[i], "--mask") == 0 && more && read_mask(argv[i + 1], &s->cpu))
            i++;
        else if (strcmp(argv[i], "--rounds") == 0 && more)
            s->rounds = atoi(argv[++i]);
        else
            return 0;
    }
    return s->rounds >= 1 && s->rounds <= MAX_ROUNDS;
}

int main(int argc, char **argv) {
    settings s = {.rounds = 21, .cpu = V5L_CPU_ALL};
    if (!parse(argc, argv, &s)) return usage();
    v5l_kernels kernels;
    if (v5l_kernels_select(&kernels, V5L_KERNELS_F32, s.cpu & v5l_cpu_features()) != V5L_OK) {
        fputs("bench_article: --mask: this build has no kernels for it\n", stderr);
        return 2;
    }
    double difference, share;
    article_check_focus(s.cpu, &difference, &share);
    printf("Kernels: %s, %s. Focus as slices and as a view: at most %.1e apart, %.0f %% of what rounding allows.\n",
           kernels.gemm->name, kernels.maxpool->name, difference, 100 * share);
    if (!(share <= 1)) {
        fputs("bench_article: Focus as slices and as a view differ\n", stderr);
        return 1;
    }
    int number = 0;
    for (int i = 0; i < ARTICLE_SECTIONS; i++) {
        const article_section *section = i < 2 ? &article_focus[i] : &article_guides[i - 2];
        run_section(section, &s, number);
        number += section->count;
        fflush(stdout);
    }
    return 0;
}
