/* SPDX-License-Identifier: MIT */
/* Fuzz target: any bytes as choices for a net, a picture, and how to run it (generate.h, images.h, oracle.h). */
#include "fuzz_net.h"

#include <string.h>

#include "exact.h"
#include "fail.h"
#include "generate.h"

blob fuzz_net_file(choices *c, v5l_type type) {
    static builder b;
    const uint32_t kind = choose(c, 100);
    generate_net(&b, c, type);
    if (kind >= 50 && kind < 90) mutate_records(&b, c);
    blob f = builder_finish(&b);
    if (kind >= 90) mutate_bytes(&f, c);
    return f;
}

void fuzz_net(choices *c, v5l_type type, fuzz_counts *counts) {
    blob f = fuzz_net_file(c, type);
    exact file = exact_alloc(f.size, 64);
    memcpy(file.at, f.bytes, f.size);
    v5l_model model, again;
    const v5l_status status = v5l_model_open(&model, file.at, f.size);
    REQUIRE(v5l_status_text(status)[0] != '\0', "status %d has no text", (int)status);
    counts->inputs++;
    counts->status[-status % 64]++;
    if (status == V5L_OK) {
        counts->opened++;
        check_model(&model, c, counts);
        REQUIRE(v5l_model_open(&again, file.at, f.size) == V5L_OK, "the file has been changed");
    }
    exact_free(&file);
    blob_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static fuzz_counts counts;
    choices c = choices_of_bytes(data, size);
    fuzz_net(&c, fuzz_net_type(size > 0 ? data[0] >> 6 : 0), &counts);
    return 0;
}
