/* SPDX-License-Identifier: MIT */
/* Passes the images of a command line to a function, with progress and a summary on stderr. */
#ifndef V5LITE_PICTURES_H
#define V5LITE_PICTURES_H

#include "image_file.h"
#include "inputs.h"

typedef struct picture_run {
    const inputs *images;
    int quiet;     /* no progress and no summary */
    double began;  /* milliseconds, clock_ms */
    size_t failed; /* images that could not be read */
} picture_run;

/* Processes image `index`, which took read_ms to read; may change its pixels. Returns STATUS_OK, or another status to
 * end the run. */
typedef int picture_function(void *user, size_t index, image *picture, double read_ms);

/* Reads all images. A broken one is reported and counted; the run continues. Returns STATUS_OK, or the status that
 * ended the run. */
int pictures_process(picture_run *run, const inputs *images, int quiet, picture_function *process, void *user);

/* Prints the summary of several images, of which some could be read. results: text with the results, or "". */
void pictures_summary(const picture_run *run, const char *results);

/* Returns the exit status of a complete run. */
int pictures_status(const picture_run *run);

#endif
