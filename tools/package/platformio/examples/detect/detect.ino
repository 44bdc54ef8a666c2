/* SPDX-License-Identifier: MIT */
/* Detects in a gray picture. model.h is written by tools/embed.py from a .v5l file, with --name model. */
#include "model.h"

#include <v5lite.h>

static uint8_t picture[96 * 96]; /* of the camera */
alignas(64) static uint8_t memory[160 * 1024];
static v5l_net *net;

void setup() {
    Serial.begin(115200);
    v5l_model opened;
    v5l_status status = v5l_model_open(&opened, model, model_size);
    v5l_net_options options;
    v5l_net_options_default(&options);
    options.width = options.height = 96;
    if (status == V5L_OK) status = v5l_net_create(&net, &opened, &options, memory, sizeof memory);
    if (status != V5L_OK) Serial.println(v5l_status_text(status));
}

void loop() {
    if (net == NULL) return;
    v5l_image image = {};
    image.data = picture;
    image.width = image.height = 96;
    image.format = V5L_GRAY;
    v5l_detection found[8];
    const int count = v5l_net_detect(net, &image, found, 8);
    for (int i = 0; i < count && i < 8; i++) Serial.println(found[i].score);
}
