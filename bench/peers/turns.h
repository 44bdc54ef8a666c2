/* SPDX-License-Identifier: MIT */
/* A worker of bench/peers: one engine in one process.
 *
 * It loads a network, runs it once, reports that in a line of JSON on standard output, and then waits for turns: for
 * every number N on a line of standard input it runs N times and answers {"ms":[...]}, one time a run. The end of
 * standard input ends it. An error is one line on standard error and exit status 2. */
#ifndef V5LITE_PEERS_TURNS_H
#define V5LITE_PEERS_TURNS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TURNS_OK = 0, TURNS_BAD = 2, TURNS_MAX_RUNS = 100000 };

/* A peer's last arguments: SIZE THREADS INPUT HEADS. */
typedef struct turns_case {
    int size, threads;
    float *input;      /* [3][size][size], R G B, 0 .. 1, from the file INPUT */
    const char *heads; /* output file of the first run: float32, concatenated */
} turns_case;

/* Prints "PROGRAM: WHERE: WHY" on standard error and returns TURNS_BAD. */
int turns_error(const char *program, const char *where, const char *why);

/* Parses the four arguments. Prints an error and returns TURNS_BAD if they are wrong. Call turns_close in any case. */
int turns_open(turns_case *c, const char *program, char **arguments);
void turns_close(turns_case *c);

/* Writes one array to a file. Returns TURNS_OK or TURNS_BAD. */
int turns_write(FILE *file, const float *data, size_t count);

/* A peer's report after its first run. begin prints the engine's name, its version and the time, and opens the file for
 * the outputs; then each output gives its shape, and its floats in one piece or several; end closes both. Errors in
 * between are kept for end, which prints them. */
typedef struct turns_report {
    const char *program, *path;
    FILE *file;
    int outputs, status;
} turns_report;
void turns_report_begin(turns_report *r, const char *program, const char *engine, const char *version, double first_ms,
                        const char *path);
void turns_report_shape(turns_report *r, const int64_t *shape, size_t rank);
void turns_report_data(turns_report *r, const float *data, size_t count);
int turns_report_end(turns_report *r);

/* Returns milliseconds from some fixed moment. */
double turns_clock(void);

/* Answers turns until standard input ends. run: runs once and returns its milliseconds, or a negative number after
 * printing an error. */
int turns_serve(const char *program, double (*run)(void *user), void *user);

/* An engine with a C interface, in a library that is opened at run time. Functions that fail print the error. */
typedef struct turns_engine {
    const char *program, *name;                                        /* the worker's, the engine's */
    const char *model;                                                 /* its file in the usage line */
    int (*open_library)(void *engine, const char *path);               /* TURNS_OK or TURNS_BAD */
    int (*load)(void *engine, const char *model, const turns_case *c); /* the same; c->input stays where it is */
    double (*run)(void *engine);                                       /* as for turns_serve */
    const char *(*version)(const void *engine);
    size_t (*output_count)(const void *engine);
    int (*report_output)(const void *engine, size_t index, turns_report *r); /* TURNS_OK or TURNS_BAD */
} turns_engine;

/* Runs such a worker, whose arguments are LIBRARY MODEL SIZE THREADS INPUT HEADS. Returns the exit status. */
int turns_main(const turns_engine *e, void *engine, int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
