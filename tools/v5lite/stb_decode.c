/* SPDX-License-Identifier: MIT */
#include "stb_decode.h"

#include <string.h>

#include "pixel_memory.h"

/* Converts 16-bit samples to 8 bits, in place. */
static void reduce(uint8_t *samples, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint16_t wide;
        memcpy(&wide, samples + 2 * i, sizeof wide);
        samples[i] = (uint8_t)((wide * 255u + 32767u) / 65535u);
    }
}

const char *stb_decode(byte_source *source, int wide, int width, int height, uint8_t **pixels) {
    int w, h, channels;
    const unsigned failures = pixel_memory_failures();
    stbi_convert_iphone_png_to_rgb(1); /* PNG of Apple: B G R, */
    stbi_set_unpremultiply_on_load(1); /* premultiplied by alpha */
    uint8_t *made = wide ? (uint8_t *)stbi_load_16_from_callbacks(&source_calls, source, &w, &h, &channels, 3)
                         : stbi_load_from_callbacks(&source_calls, source, &w, &h, &channels, 3);
    const char *why = NULL;
    if (source->past_end)
        why = "file truncated";
    else if (made == NULL && pixel_memory_refused())
        why = "damaged picture: it expands to more than its header says";
    else if (made == NULL && pixel_memory_failures() != failures)
        why = "out of memory"; /* stb_image states no reason for some allocations */
    else if (made == NULL)
        why = stbi_failure_reason() != NULL ? stbi_failure_reason() : "broken picture";
    else if (w != width || h != height)
        why = "broken picture: two sizes";
    if (why != NULL) {
        pixel_free(made);
        return why;
    }
    if (wide) reduce(made, (size_t)width * (size_t)height * 3);
    *pixels = made;
    return NULL;
}
