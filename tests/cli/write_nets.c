/* SPDX-License-Identifier: MIT */
/* Writes small quantised networks for the tests of the program:  write_nets DIRECTORY */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

static void small(builder *b) { builder_small_net_s8(b); }
static void chain(builder *b) { builder_chain_net_s8(b); }
static void square(builder *b) { builder_square_net_s8(b, 22, 0); }
static void shared(builder *b) { builder_square_net_s8(b, 22, 1); }

static const struct {
    const char *name;
    void (*make)(builder *b);
} nets[] = {{"small", small}, {"chain", chain}, {"square", square}, {"shared", shared}};

int main(int argc, char **argv) {
    builder *b = calloc(1, sizeof *b);
    if (argc != 2 || b == NULL) return 2;
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        char path[4096];
        memset(b, 0, sizeof *b);
        nets[i].make(b);
        blob file = builder_finish(b);
        snprintf(path, sizeof path, "%s/%s.v5l", argv[1], nets[i].name);
        FILE *stream = fopen(path, "wb");
        if (stream == NULL || fwrite(file.bytes, 1, file.size, stream) != file.size || fclose(stream) != 0) return 1;
        blob_free(&file);
    }
    free(b);
    return 0;
}
