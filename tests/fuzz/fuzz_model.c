/* SPDX-License-Identifier: MIT */
/* Fuzz target: any bytes as a weights file.
 *
 * The lowest bit of the first byte repairs the file's envelope (magic, version, size, CRC), so that mutations reach the
 * tables after it. A file that opens must plan and run; the next bit runs it in many ways (net/oracle.h), which takes
 * longer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "net/oracle.h"
#include "v5lite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void repair(blob *f) {
    static const uint8_t magic[8] = {0x89, 'V', '5', 'L', '\r', '\n', 0x1A, '\n'};
    if (f->size < sizeof(v5l_file_header)) return;
    v5l_file_header *h = (v5l_file_header *)(void *)f->bytes;
    memcpy(h->magic, magic, sizeof magic);
    h->version = V5L_FORMAT_VERSION;
    h->file_size = f->size;
    blob_seal(f);
}

static void run(const v5l_model *model) {
    static uint8_t pixels[20 * 12 * 3];
    const v5l_image image = {.data = pixels, .width = 20, .height = 12};
    v5l_model_info info;
    v5l_net_options o;
    v5l_net *net;
    v5l_detection found[10];
    v5l_model_get_info(model, &info);
    v5l_net_options_default(&o);
    o.width = info.max_stride;
    o.height = 2 * info.max_stride;
    o.multi_label = info.class_count % 2;
    const size_t need = v5l_net_memory(model, &o);
    if (need == 0 || need > (size_t)64 << 20) return;
    void *memory = aligned_alloc(64, need);
    if (v5l_net_create(&net, model, &o, memory, need) != V5L_OK) abort(); /* measured, so it must work */
    v5l_net_info plan;
    v5l_net_get_info(net, &plan);
    if (plan.macs < 50000000 && v5l_net_detect(net, &image, found, 10) < 0) abort();
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    static fuzz_counts counts;
    const int repaired = data[0] % 2, in_many_ways = data[0] / 2 % 2;
    size--;
    /* The end of the file is the end of the allocation (except for rounding to the alignment that the reader
     * requires). */
    blob f = {.size = size, .allocation = aligned_alloc(16, (size + 16) / 16 * 16)};
    f.bytes = f.allocation;
    memcpy(f.bytes, data + 1, size);
    if (repaired) repair(&f);
    v5l_model model;
    if (v5l_model_open(&model, f.bytes, f.size) == V5L_OK) {
        choices c = choices_of_bytes(data, size < 64 ? size : 64);
        run(&model);
        if (in_many_ways) check_model(&model, &c, &counts);
    }
    blob_free(&f);
    return 0;
}
