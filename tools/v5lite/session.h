/* SPDX-License-Identifier: MIT */
/* An open model file: model, thread pool, the net for the current input shape, and its times. */
#ifndef V5LITE_SESSION_H
#define V5LITE_SESSION_H

#include "args.h"
#include "file.h"
#include "image_file.h"
#include "v5lite.h"

enum { DEFAULT_SIZE = 320, MIN_SIZE = 1, MAX_SIZE = 8192, MAX_THREADS = 64 };

enum { MAX_MODEL_BYTES = 1 << 30, MAX_DETECTIONS = 30000 };

typedef struct session_times {
    double stage[4]; /* milliseconds by v5l_stage; 0 before session_time_stages */
    double total;    /* milliseconds of v5l_net_detect */
} session_times;

typedef struct session {
    const char *path;
    file_bytes file;
    v5l_model model;
    v5l_model_info info;
    v5l_pool *pool;
    void *pool_memory;
    v5l_net_options options; /* of the current net; set confidence etc. before session_shape */
    v5l_net *net;            /* NULL before session_shape */
    void *net_memory;
    session_times times; /* of the last session_detect */
    double stage_began;
    double *op_times; /* [op_count], milliseconds in the last detection; set before session_shape; NULL: not timed */
    double op_began;
} session;

/* Help of the options that several commands share. */
#define MODEL_HELP "network, a .v5l file; required"
#define SIZE_HELP "network input in pixels, multiples of the model's stride, up to 8192 (320, or 384 if that is 128)"
#define CONF_HELP "smallest score, 0 to 1 (0.25)"
#define IOU_HELP "overlap above which the box of lower score is dropped, 0 to 1 (0.45)"
#define AGNOSTIC_HELP "let boxes suppress boxes of other classes"
#define CLASSES_HELP "report only these classes, by name or number"
#define THREADS_HELP "threads, 1 to 64 (1)"
#define DIRECT_HELP "3x3 convolutions without Winograd: less memory"
#define RECURSIVE_HELP "also read the directories below a directory"
#define QUIET_HELP "print no progress and no summary on standard error"
#define OUTPUT_HELP "output format (text)"

/* Value of --affinity, for session_bind. */
#define AFFINITY_LIST "A,B-C,..."
#define AFFINITY_HELP "CPUs of the threads, in this order, repeated if there are more threads"

/* The words of --cpu, joined with |: all, then the instruction sets. session_open takes the index of one. */
extern const char session_cpu_choices[];
#define CPU_HELP "newest instruction set to use; ref: plain C (all)"

/* Reads and checks the model, limits the net to the kernels of `cpu`, and starts the threads. Reports an error and
 * returns STATUS_BAD if that fails. Call session_close in any case. */
int session_open(session *s, const char *path, int threads, int cpu);

/* Reports an error and returns STATUS_BAD if this is no AFFINITY_LIST. */
int session_check_affinity(const char *list);

/* Binds the threads, including the calling one, to the CPUs of an AFFINITY_LIST; does nothing for NULL. Reports an
 * error and returns STATUS_BAD if that fails. */
int session_bind(session *s, const char *list);

/* Times stages from the next session_shape on. The letterbox then runs before the network; otherwise it feeds the
 * first convolution row by row. */
void session_time_stages(session *s);

/* Replaces {0, 0}, no size, by DEFAULT_SIZE rounded up to a multiple of the model's largest stride. Reports an error
 * and returns STATUS_BAD unless both sides are multiples of it. */
int session_check_size(const session *s, args_size *size);

/* Creates the net for the input size `input`, into which pictures are scaled to fit `fit`. Keeps the current net if
 * the shape is the same. Reports an error and returns STATUS_BAD if that fails. */
int session_shape(session *s, args_size input, args_size fit);

/* Frees the net. Needed after changes of other options, which session_shape does not compare. */
void session_drop_net(session *s);

/* Run v5l_net_detect, or v5l_net_detect_letterboxed, and set times. */
int session_detect(session *s, const image *picture, v5l_detection *found, int capacity);
int session_detect_view(session *s, const v5l_image *view, v5l_detection *found, int capacity);
int session_detect_letterboxed(session *s, const uint8_t *picture, int width, int height, v5l_detection *found,
                               int capacity);

void session_close(session *s);

/* Milliseconds of a monotonic clock. */
double clock_ms(void);

#endif
