/* SPDX-License-Identifier: MIT */
/* State that sources share that read a stream of bytes: the reader, buffers for frames, and times. */
#ifndef V5LITE_STREAM_H
#define V5LITE_STREAM_H

#include <stdatomic.h>

#include "pnm.h"
#include "reader.h"
#include "source.h"

/* Limits of a stream: bytes of a frame, of a JPEG frame, and of a header line. */
enum { STREAM_MAX_FRAME = 1 << 28, STREAM_MAX_JPEG = 16 << 20, STREAM_MAX_LINE = 1024 };

/* Rate of streams of which nobody states one: that of ffmpeg. */
enum { STREAM_USUAL_FPS = 25 };

typedef struct stream_slot {
    uint8_t *bytes;
    atomic_int taken; /* `next` runs in one thread, `release` in another */
} stream_slot;

typedef struct stream {
    reader reader;
    stream_slot slots[SOURCE_SLOTS];
    size_t slot_bytes, frame_bytes;     /* of a buffer; of the stream, for a frame of pixels */
    pnm_info pnm;                       /* P4 .. P7: the first header */
    int is_counted;                     /* bytes before the next JPEG belong to a broken frame that was counted */
    uint64_t frames;                    /* so far, broken ones included */
    uint64_t first_us;                  /* captured_us of the first frame */
    uint64_t rate_frames, rate_seconds; /* frames a second, as a fraction; 0: frames have the time of their arrival */
} stream;

/* Continue source_open for a kind of stream, of which source->state is an open stream. Report an error and return
 * STATUS_BAD on failure. */
int y4m_open(source *s, const source_options *options);
int mjpeg_open(source *s, const source_options *options);
int pnm_open(source *s, const source_options *options);
int raw_open(source *s, const source_options *options);

/* Allocates the buffers of all slots, for frames of as many bytes. Reports an error and returns STATUS_BAD if that
 * fails, or if a frame takes more than STREAM_MAX_FRAME. */
int stream_allocate(source *s, size_t slot_bytes);

/* Sets the rate: that of the options if they have one, else the stream's, else the usual one for files, else none. */
void stream_set_rate(source *s, const source_options *options, uint64_t frames, uint64_t seconds);

/* Takes a free slot. At most SOURCE_SLOTS frames are unreleased, so there is one while a frame is being read. */
stream_slot *stream_take(stream *t);

/* Fills in what all frames have, and counts the frame. */
void stream_stamp(stream *t, frame *out, stream_slot *slot);

/* Gives a slot back unused, and counts a broken frame. */
source_status stream_broken(stream *t, stream_slot *slot);

/* Returns 1 if the bytes ended because of a stop request or an error: what was read last is no broken frame. */
int stream_stopped(const stream *t);

/* Ends the opening of a stream whose first bytes did not come. Returns STATUS_BAD after reporting an error of reading;
 * or STATUS_OK after a stop request, and `next` finds the end. */
int stream_unopened(source *s);

/* Returns the status at the end of the bytes: SOURCE_END, or SOURCE_FAILED after reporting an error of reading. */
source_status stream_end(const source *s);

void stream_release(source *s, const frame *f);
void stream_close(source *s);

/* Reads a frame of frame_bytes bytes in the layout of s->format. A truncated one is broken; has_header: also one
 * without bytes, since its header was read. */
source_status stream_next_pixels(source *s, frame *out, int has_header);

/* Skips the rest of the stream, the start of a frame's header, and counts a broken frame. */
source_status stream_cut_header(stream *t);

#endif
