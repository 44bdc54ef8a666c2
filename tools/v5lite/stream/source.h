/* SPDX-License-Identifier: MIT */
/* Sources of frames: a camera, a stream in a pipe or file, or a list of pictures. A source never parses options
 * and never converts pixels. */
#ifndef V5LITE_SOURCE_H
#define V5LITE_SOURCE_H

#include "args.h"
#include "frame.h"

/* Frames that may be held at the same time: one in detection, one that waits, one that is being read. */
enum { SOURCE_SLOTS = 3 };

enum { SOURCE_MAX_FPS = 1000 };

typedef enum source_status {
    SOURCE_FRAME,  /* *out is the next frame */
    SOURCE_BROKEN, /* a frame that cannot be used was skipped; call again */
    SOURCE_END,    /* the stream ended, or a stop was requested (stop.h) */
    SOURCE_LOST,   /* the camera went away, reported in one line */
    SOURCE_FAILED  /* the stream cannot be read on, reported in one line */
} source_status;

typedef struct source_options {
    char *const *operands; /* SOURCE: one camera, stream or folder, or a list of pictures */
    int count;
    const char
        *pixel_format; /* name as in pixel_names.h; NULL: by the stream's first bytes, or the camera's cheapest */
    args_size size;    /* of raw frames, or requested from a camera; 0 x 0: not given */
    float fps;         /* of streams without timestamps, or requested from a camera; 0: not given */
    args_size network; /* input of the network: which camera format is the cheapest depends on it */
    int recursive;     /* folders: also those below */
} source_options;

typedef struct source source;

/* Functions of a kind of source. `next` waits, at most until a stop is requested. */
typedef struct source_calls {
    source_status (*next)(source *s, frame *out);
    void (*release)(source *s, const frame *f); /* the slot may be overwritten */
    int (*reopen)(source *s);                   /* after SOURCE_LOST: returns 1 if frames come again; NULL: never */
    void (*close)(source *s);                   /* frees state */
} source_calls;

struct source {
    const source_calls *calls;
    void *state;
    const char *name;   /* for messages: the operand */
    const char *kind;   /* "camera", "y4m", "mjpeg", "pnm", "raw", "pictures" */
    int reports_broken; /* it has said of each broken frame why */
    int live;           /* frames come by the clock, and do not wait: a camera */
    v5l_image format;   /* format, size, strides, matrix and range of every frame, without data; width 0: they vary */
    double fps;         /* stated by the stream or the camera; 0: unknown */
    char mode[64];      /* what a camera was set to, for a message; empty: no camera */
    uint64_t lost;      /* frames that the source itself knows to have missed (the driver's sequence numbers) */
};

/* Opens the source that the operands name: /dev/videoN and other V4L2 devices; a folder; several pictures; otherwise a
 * stream, recognised by its first bytes, or raw if pixel_format is given. Allocates everything that frames need.
 * Reports an error and returns STATUS_BAD if that fails; a stop request while it waits for the first bytes is none.
 * Call source_close in any case. */
int source_open(source *s, const source_options *options);

/* Sets *out to the next frame, which is valid until source_release. At most SOURCE_SLOTS frames may be unreleased. */
source_status source_next(source *s, frame *out);
void source_release(source *s, const frame *f);

int source_reopen(source *s);
void source_close(source *s);

#endif
