/* SPDX-License-Identifier: MIT */
/* The net fuzzer without libFuzzer: runs input by input, each identified by its seed, in any number of processes, for
 * hours. A process that dies leaves its seed and its file, and a new one continues after it. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_net.h"

enum { MOST_JOBS = 256, MOST_FAILURES = 20, MOST_SECONDS_AN_INPUT = 180, SECONDS_TO_SAVE = 30 };

typedef struct {
    uint64_t seed, inputs; /* the first, and the number; 0: unlimited */
    int jobs;
    double seconds; /* 0: unlimited */
    const char *resume, *out, *dump;
} settings;

/* What has been done: in this run, and in the run that it resumes. */
typedef struct {
    uint64_t next; /* seed */
    double cpu;    /* seconds */
    fuzz_counts counts;
} progress;

/* Shared with the process that runs the inputs. */
typedef struct {
    uint64_t next; /* the seed that is running or comes next */
    double began;  /* its start, in seconds */
    double cpu;    /* seconds of its processes, all threads */
    fuzz_counts counts;
} job;

static volatile sig_atomic_t stopped;

static void on_stop(int number) { stopped = number; }

static double seconds_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double seconds_now(void) { return seconds_of(CLOCK_MONOTONIC); }

/* ---- options ---- */

static int usage(void) {
    fputs("usage: fuzz_net [--seed N] [--inputs N] [--seconds S] [--jobs N] [--resume FILE] [--out DIR]\n"
          "       fuzz_net --seed N --dump FILE.v5l\n"
          "  --seed N       the first input (also --first-seed); input N is the same everywhere, odd ones in\n"
          "                 8 bits, every other even one in half floats (default 1)\n"
          "  --inputs N     how many (default: until --seconds are over; with neither 1)\n"
          "  --seconds S    ends after S seconds\n"
          "  --jobs N       processes, at most 256 (default 1)\n"
          "  --resume FILE  goes on after the seeds that FILE says are done, and writes there how far it came\n"
          "  --out DIR      a log of each process, and the file of each failing seed (default: standard error, none)\n"
          "  --dump FILE    writes the weights file of input --seed and runs nothing\n"
          "status: 0 nothing found, 1 something found, 2 wrong usage\n",
          stderr);
    return 2;
}

static int parse_number(const char *text, double most, double *value) {
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && *value >= 0.0 && *value <= most;
}

static int parse(settings *s, int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *text = argv[i + 1];
        double value = 0.0;
        if (strcmp(name, "--resume") == 0) {
            s->resume = text;
        } else if (strcmp(name, "--out") == 0) {
            s->out = text;
        } else if (strcmp(name, "--dump") == 0) {
            s->dump = text;
        } else if (!parse_number(text, 1e15, &value)) {
            return 0;
        } else if (strcmp(name, "--seed") == 0 || strcmp(name, "--first-seed") == 0) {
            s->seed = (uint64_t)value;
        } else if (strcmp(name, "--inputs") == 0) {
            s->inputs = (uint64_t)value;
        } else if (strcmp(name, "--seconds") == 0) {
            s->seconds = value;
        } else if (strcmp(name, "--jobs") == 0 && value >= 1 && value <= MOST_JOBS) {
            s->jobs = (int)value;
        } else {
            return 0;
        }
    }
    if (s->inputs == 0 && s->seconds == 0.0) s->inputs = 1;
    return argc % 2 == 1;
}

/* ---- files ---- */

static int write_file(const char *path, uint64_t seed) {
    choices c = choices_of_seed(seed);
    blob f = fuzz_net_file(&c, fuzz_net_type(seed));
    FILE *out = fopen(path, "wb");
    const int written = out != NULL && fwrite(f.bytes, 1, f.size, out) == f.size;
    const int closed = out != NULL && fclose(out) == 0;
    if (!written || !closed) perror(path);
    blob_free(&f);
    return written && closed;
}

static void add_counts(fuzz_counts *sum, const fuzz_counts *more) {
    uint64_t *to = (uint64_t *)(void *)sum;
    const uint64_t *from = (const uint64_t *)(const void *)more;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}

/* Writes one line: the next seed, seconds of all processes, and the counts. */
static void save(const char *path, const progress *p) {
    char temporary[1024];
    snprintf(temporary, sizeof temporary, "%.1000s.new", path);
    FILE *out = fopen(temporary, "w");
    if (out == NULL) return;
    const uint64_t *values = (const uint64_t *)(const void *)&p->counts;
    fprintf(out, "%llu %.1f", (unsigned long long)p->next, p->cpu);
    for (size_t i = 0; i < sizeof p->counts / sizeof *values; i++)
        fprintf(out, " %llu", (unsigned long long)values[i]);
    fputc('\n', out);
    if (fclose(out) == 0) rename(temporary, path);
}

static void load(const char *path, progress *p) {
    FILE *in = fopen(path, "r");
    if (in == NULL) return;
    unsigned long long value;
    uint64_t *values = (uint64_t *)(void *)&p->counts;
    if (fscanf(in, "%llu %lf", &value, &p->cpu) == 2) p->next = value;
    for (size_t i = 0; i < sizeof p->counts / sizeof *values && fscanf(in, "%llu", &value) == 1; i++)
        values[i] = value;
    fclose(in);
}

static void report(const progress *p, int failures) {
    const fuzz_counts *c = &p->counts;
    printf("fuzz_net: %llu inputs, %llu opened, %llu ran, %llu detections, %.0f s of CPU, %d failures\n",
           (unsigned long long)c->inputs, (unsigned long long)c->opened, (unsigned long long)c->ran,
           (unsigned long long)c->detections, p->cpu, failures);
    printf("nets with deferred heads %llu, windows %llu, streamed pictures %llu, Winograd %llu, sums before upsampling "
           "%llu, 8 bits %llu, half floats %llu\n",
           (unsigned long long)c->deferred_heads, (unsigned long long)c->windows, (unsigned long long)c->streamed,
           (unsigned long long)c->winograd, (unsigned long long)c->lowres, (unsigned long long)c->quantised,
           (unsigned long long)c->halves);
    printf("statuses of v5l_model_open:");
    for (int i = 0; i < 64; i++)
        if (c->status[i] != 0) printf(" %d: %llu", -i, (unsigned long long)c->status[i]);
    printf("\n");
    fflush(stdout);
}

/* ---- processes ---- */

static void run_job(job *j, const settings *s, int index, double end) {
    if (s->out != NULL) {
        char path[1024];
        snprintf(path, sizeof path, "%.900s/job-%d.log", s->out, index);
        const int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (log >= 0) dup2(log, STDERR_FILENO);
    }
    const uint64_t last = s->seed + s->inputs;
    for (; (s->inputs == 0 || j->next < last) && seconds_now() < end && !stopped; j->next += (uint64_t)s->jobs) {
        choices c = choices_of_seed(j->next);
        j->began = seconds_now();
        const double before = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        fuzz_net(&c, fuzz_net_type(j->next), &j->counts);
        j->cpu += seconds_of(CLOCK_PROCESS_CPUTIME_ID) - before;
    }
    exit(0);
}

static pid_t start(job *j, const settings *s, int index, double end) {
    fflush(NULL);
    j->began = seconds_now();
    const pid_t pid = fork();
    if (pid == 0) run_job(j, s, index, end);
    return pid;
}

static void record_failure(const settings *s, uint64_t seed, int status) {
    char path[1024];
    fprintf(stderr, "fuzz_net: FAILED: seed %llu, %s %d; again: fuzz_net --seed %llu\n", (unsigned long long)seed,
            WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
            (unsigned long long)seed);
    if (s->out == NULL) return;
    snprintf(path, sizeof path, "%.900s/seed-%llu.v5l", s->out, (unsigned long long)seed);
    write_file(path, seed);
    snprintf(path, sizeof path, "%.900s/failures.txt", s->out);
    FILE *out = fopen(path, "a");
    if (out == NULL) return;
    fprintf(out, "seed %llu, wait status %d\n", (unsigned long long)seed, status);
    fclose(out);
}

/* Kills processes that have worked on one input for too long. After stop, each ends after its input. */
static void send_signals(const job *jobs, const pid_t *pids, int count) {
    for (int i = 0; i < count; i++) {
        if (pids[i] <= 0) continue;
        if (seconds_now() - jobs[i].began > MOST_SECONDS_AN_INPUT) kill(pids[i], SIGABRT);
        if (stopped) kill(pids[i], SIGTERM);
    }
}

/* Handles the end of process `i`. Returns whether its input failed. */
static int finish_job(job *j, const settings *s, int i, int status, double end, pid_t *pid, int failures) {
    *pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    record_failure(s, j->next, status);
    j->next += (uint64_t)s->jobs;
    if (failures + 1 < MOST_FAILURES && seconds_now() < end && !stopped) *pid = start(j, s, i, end);
    return 1;
}

/* Sums the counts of all processes. */
static progress add_progress(const settings *s, const progress *before, const job *jobs) {
    progress sum = *before;
    for (int i = 0; i < s->jobs; i++) {
        add_counts(&sum.counts, &jobs[i].counts);
        sum.cpu += jobs[i].cpu;
        if (jobs[i].next > sum.next) sum.next = jobs[i].next; /* skips seeds of slower processes */
    }
    if (s->resume != NULL) save(s->resume, &sum);
    return sum;
}

static int supervise(const settings *s, const progress *before, job *jobs, double began) {
    const double end = s->seconds > 0.0 ? began + s->seconds : 1e300;
    double saved = began;
    pid_t pids[MOST_JOBS];
    int failures = 0, alive = s->jobs;
    for (int i = 0; i < s->jobs; i++) {
        jobs[i].next = s->seed + (uint64_t)i;
        pids[i] = start(&jobs[i], s, i, end);
    }
    while (alive > 0) {
        int status;
        const struct timespec pause = {0, 50 * 1000 * 1000};
        const pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended <= 0) {
            nanosleep(&pause, NULL);
            send_signals(jobs, pids, s->jobs);
            if (s->resume != NULL && seconds_now() - saved > SECONDS_TO_SAVE) {
                add_progress(s, before, jobs);
                saved = seconds_now();
            }
            continue;
        }
        for (int i = 0; i < s->jobs; i++)
            if (pids[i] == ended) failures += finish_job(&jobs[i], s, i, status, end, &pids[i], failures);
        alive = 0;
        for (int i = 0; i < s->jobs; i++)
            alive += pids[i] > 0;
    }
    return failures;
}

int main(int argc, char **argv) {
    settings s = {.seed = 1, .jobs = 1};
    progress before;
    memset(&before, 0, sizeof before);
    if (!parse(&s, argc, argv)) return usage();
    if (s.dump != NULL) return write_file(s.dump, s.seed) ? 0 : 2;
    if (s.out != NULL && mkdir(s.out, 0755) != 0 && errno != EEXIST) {
        perror(s.out);
        return 2;
    }
    before.next = s.seed;
    if (s.resume != NULL) load(s.resume, &before);
    s.seed = before.next;
    job *jobs = mmap(NULL, MOST_JOBS * sizeof *jobs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (jobs == MAP_FAILED) {
        perror("fuzz_net");
        return 2;
    }
    signal(SIGINT, on_stop);
    signal(SIGTERM, on_stop);
    const double began = seconds_now();
    const int failures = supervise(&s, &before, jobs, began);
    const progress all = add_progress(&s, &before, jobs);
    report(&all, failures);
    return failures > 0;
}
