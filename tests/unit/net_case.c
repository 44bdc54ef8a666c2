/* SPDX-License-Identifier: MIT */
#include "net_case.h"

builder b;
blob file;
v5l_model model;
v5l_net_options options;
static uint8_t pixels[48 * 40 * 3];
const v5l_image image = {.data = pixels, .width = 48, .height = 40};

void reopen(void) {
    blob_free(&file);
    file = builder_finish(&b);
    assert_int_equal(v5l_model_open(&model, file.bytes, file.size), V5L_OK);
}

int open_net(void **state) {
    (void)state;
    builder_small_net(&b);
    reopen();
    v5l_net_options_default(&options);
    options.width = 64;
    options.height = 32;
    options.confidence = 0.05f;
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(127.0f * builder_random(&b) + 128.0f);
    return 0;
}

int close_net(void **state) {
    (void)state;
    blob_free(&file);
    file = (blob){NULL, 0, NULL};
    return 0;
}

void ignore_op(void *user, int op, const v5l_view *output) { (void)user, (void)op, (void)output; }
