/* SPDX-License-Identifier: MIT */
/* The letterbox by itself, and detection in its result: on another thread, or by other hardware. */
#include "kernels/float_mode.h"
#include "letterbox.h"
#include "net.h"

int v5l_net_detect_letterboxed(v5l_net *net, const uint8_t *picture, int width, int height, v5l_detection *detections,
                               int capacity) {
    if (net == NULL || picture == NULL || detections == NULL || capacity < 1) return V5L_E_ARGUMENT;
    const v5l_net_options *o = &net->options;
    const v5l_image image = {.data = picture, .width = width, .height = height};
    const v5l_image input = {.data = picture, .width = o->width, .height = o->height};
    const v5l_letterbox whole = {
        .resized_width = o->width, .resized_height = o->height, .width = o->width, .height = o->height};
    int found = v5l_check_image(&image);
    if (found != V5L_OK) return found;
    const uint64_t mode = v5l_float_mode_enter();
    found = v5l_net_run(net, &input, &whole, &image, detections, capacity);
    v5l_float_mode_leave(mode);
    return found;
}

#if !defined(V5L_NO_LETTERBOX)

/* Returns the bytes of the picture, a multiple of 64: the working rows follow it. */
static size_t picture_bytes(const v5l_net *net) {
    v5l_bump bump = {NULL, 0};
    (void)v5l_bump_take(&bump, (uint64_t)net->options.width * (uint64_t)net->options.height * 3);
    return (size_t)bump.used;
}

size_t v5l_net_letterbox_bytes(const v5l_net *net) {
    return net == NULL ? 0 : picture_bytes(net) + (size_t)v5l_letterbox_scratch(net->options.width);
}

v5l_status v5l_net_letterbox(const v5l_net *net, const v5l_image *image, void *memory) {
    if (net == NULL || image == NULL || memory == NULL) return V5L_E_ARGUMENT;
    if ((uintptr_t)memory % V5L_ALIGN != 0) return V5L_E_ALIGNMENT;
    v5l_status status = v5l_check_image(image);
    if (status != V5L_OK) return status;
    v5l_letterbox box;
    v5l_letterbox_source source;
    const uint64_t mode = v5l_float_mode_enter();
    if (v5l_letterbox_place(&box, image, &net->options)) {
        v5l_letterbox_begin(&source, net->plan.kernels, image, &box, v5l_advance(memory, picture_bytes(net)));
        v5l_letterbox_rows(&source, (uint8_t *)memory, 0, box.height);
    } else {
        status = V5L_E_IMAGE;
    }
    v5l_float_mode_leave(mode);
    return status;
}

#endif
