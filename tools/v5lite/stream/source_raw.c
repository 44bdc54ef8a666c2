/* SPDX-License-Identifier: MIT */
/* Frames without any header, as ffmpeg -f rawvideo writes them. */
#include <string.h>

#include "image_file.h"
#include "pixel_names.h"
#include "stream.h"

static source_status raw_next(source *s, frame *out) { return stream_next_pixels(s, out, 0); }

/* The planes of ffmpeg's gbrp are G, B, R. */
static source_status gbrp_next(source *s, frame *out) {
    const source_status status = raw_next(s, out);
    if (status != SOURCE_FRAME) return status;
    const uint8_t *green = out->image.data;
    out->image.data = out->image.more_planes[1];
    out->image.more_planes[1] = out->image.more_planes[0];
    out->image.more_planes[0] = green;
    return SOURCE_FRAME;
}

static const source_calls calls = {.next = raw_next, .release = stream_release, .close = stream_close};
static const source_calls gbrp_calls = {.next = gbrp_next, .release = stream_release, .close = stream_close};

int raw_open(source *s, const source_options *options) {
    s->kind = "raw";
    s->calls = strcmp(options->pixel_format, "gbrp") == 0 ? &gbrp_calls : &calls;
    if (!pixel_format_of(options->pixel_format, &s->format))
        return report_error("bad value", options->pixel_format, "expected one of %s", pixel_names);
    if (options->size.width < 1 || options->size.height < 1)
        return report_error("missing option", "--video-size", "expected WxH of the frames with --pixel-format");
    if (options->size.width > IMAGE_MAX_SIDE || options->size.height > IMAGE_MAX_SIDE)
        return report_error("bad value", "--video-size", "expected at most %d a side", IMAGE_MAX_SIDE);
    s->format.width = options->size.width;
    s->format.height = options->size.height;
    stream_set_rate(s, options, 0, 0);
    return stream_allocate(s, pixel_frame_bytes(&s->format));
}
