/* SPDX-License-Identifier: MIT */
/* Detects with the reference kernels, for the tests of tools/web:
 *
 *     web_reference MODEL SIZE CONFIDENCE AGNOSTIC FORMAT WIDTH HEIGHT < pixels
 *
 * FORMAT: a number of v5l_pixel_format. Writes, as they are in memory, the number of detections (int32_t), the
 * detections, and the floats of the raw heads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "v5lite.h"

enum { MAX_FOUND = 300 };

static v5l_model model;
static v5l_detection found[MAX_FOUND];

static _Noreturn void fail(const char *what, const char *text) {
    fprintf(stderr, "web_reference: %s: %s\n", what, text);
    exit(2);
}

static int integer(const char *text) { return (int)strtol(text, NULL, 10); }

/* Reads a stream to its end, to memory aligned to 64. */
static void *read_all(FILE *f, size_t *bytes) {
    const size_t most = (size_t)64 << 20;
    char *data = aligned_alloc(64, most);
    if (f == NULL || data == NULL) fail("input", "cannot read it");
    *bytes = fread(data, 1, most, f);
    return data;
}

static void write_head(void *user, int op, const v5l_view *output) {
    (void)user;
    v5l_op_info info;
    if (output == NULL || v5l_model_get_op(&model, op, &info) != V5L_OK || info.kind != V5L_OP_DETECT) return;
    const size_t count = (size_t)output->height * (size_t)output->width * (size_t)output->channels;
    float *values = malloc(count * sizeof *values);
    if (values == NULL) fail("heads", "no memory");
    v5l_view_copy(output, values);
    fwrite(values, sizeof *values, count, stdout);
    free(values);
}

static int32_t detect(const v5l_net_options *options, const v5l_image *image) {
    const size_t bytes = v5l_net_memory(&model, options);
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    v5l_net *net = NULL;
    const v5l_status status = v5l_net_create(&net, &model, options, memory, bytes);
    if (status != V5L_OK) fail("net", v5l_status_text(status));
    const int count = v5l_net_detect(net, image, found, MAX_FOUND);
    if (count < 0) fail("image", v5l_status_text((v5l_status)count));
    free(memory);
    return count;
}

int main(int argc, char **argv) {
    if (argc != 8) fail("arguments", "expected MODEL SIZE CONFIDENCE AGNOSTIC FORMAT WIDTH HEIGHT");
    size_t bytes;
    FILE *file = fopen(argv[1], "rb");
    void *data = read_all(file, &bytes);
    const v5l_status status = v5l_model_open(&model, data, bytes);
    if (status != V5L_OK) fail(argv[1], v5l_status_text(status));
    v5l_net_options options;
    v5l_net_options_default(&options);
    options.width = options.height = integer(argv[2]);
    options.confidence = strtof(argv[3], NULL);
    options.agnostic = integer(argv[4]);
    options.cpu_mask = V5L_CPU_REF;
    void *pixels = read_all(stdin, &bytes);
    const v5l_image image = {.data = pixels,
                             .width = integer(argv[6]),
                             .height = integer(argv[7]),
                             .format = (v5l_pixel_format)integer(argv[5])};
    const int32_t count = detect(&options, &image);
    fwrite(&count, sizeof count, 1, stdout);
    fwrite(found, sizeof *found, (size_t)count, stdout);
    options.observer.op = write_head;
    (void)detect(&options, &image);
    free(pixels);
    free(data);
    fclose(file);
    return 0;
}
