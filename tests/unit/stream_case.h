/* SPDX-License-Identifier: MIT */
/* Shared parts of the tests of streams: streams in memory, and what a reader makes of them. */
#ifndef STREAM_CASE_H
#define STREAM_CASE_H

#include "check.h"
#include "stream/source.h"

/* ---- bytes of a stream ---- */

typedef struct bytes {
    uint8_t at[16384];
    size_t size;
} bytes;

void add(bytes *b, const void *data, size_t size);
void add_text(bytes *b, const char *text);

/* Adds pixels that differ from frame to frame. */
void add_pixels(bytes *b, size_t size, int n);

/* Adds picture n without its last `cut` bytes. */
void add_jpeg(bytes *b, int n, size_t cut);

/* Return picture n, and streams of so many frames. */
bytes jpeg_of(int n);
bytes y4m_of(int frames);
bytes pnm_of(int frames);
bytes mjpeg_of(int frames);

/* ---- reading them ---- */

typedef struct outcome {
    int opened, frames, broken;
    source_status end;
    source source; /* closed */
    size_t jpeg_sizes[8];
    uint8_t first[8]; /* byte of each frame */
    uint64_t times[8];
} outcome;

/* Reads a stream from a pipe into which it is written at once, or byte by byte. */
outcome read_stream(const bytes *stream, source_options options, int slowly);
outcome read_plainly(const bytes *stream);
outcome read_text(const char *text);

/* Check how reading ended. expect_frames reads first. */
void expect(const outcome *o, int frames, int broken);
outcome expect_frames(const bytes *stream, int frames);
void expect_refusal(outcome o);

#endif
