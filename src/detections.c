/* SPDX-License-Identifier: MIT */
#include "detections.h"

#include "nms.h"

/* Maps network pixels back to the picture. */
typedef struct {
    float left, top, gain; /* padding, and network pixels per pixel of the picture */
    float width, height;   /* of the picture */
} picture_map;

/* Does not round the padding, as the original's scale_coords does not. It may differ by up to half a network pixel from
 * the position where the letterbox drew the picture. */
static picture_map map_to(const v5l_image *image, const v5l_net_options *options) {
    const double by_width = (double)options->width / image->width, by_height = (double)options->height / image->height;
    const double gain = by_width < by_height ? by_width : by_height;
    const picture_map map = {.left = (float)((options->width - image->width * gain) / 2.0),
                             .top = (float)((options->height - image->height * gain) / 2.0),
                             .gain = (float)gain,
                             .width = (float)image->width,
                             .height = (float)image->height};
    return map;
}

static float clamp(float v, float limit) { return v > 0.0f ? (v < limit ? v : limit) : 0.0f; }

static v5l_detection to_picture(const picture_map *m, const v5l_candidate *c) {
    const v5l_detection d = {clamp((c->x0 - m->left) / m->gain, m->width),
                             clamp((c->y0 - m->top) / m->gain, m->height),
                             clamp((c->x1 - m->left) / m->gain, m->width),
                             clamp((c->y1 - m->top) / m->gain, m->height),
                             c->score,
                             (int)c->class_id};
    return d;
}

int v5l_detections_from(v5l_candidates *list, const v5l_net_options *options, const v5l_image *image,
                        v5l_detection *detections, int capacity) {
    const picture_map map = map_to(image, options);
    const uint32_t total = list->count;
    const int max = options->max_detections < capacity ? options->max_detections : capacity;
    const uint32_t kept = v5l_nms(list, options->iou, options->agnostic, (uint32_t)max);
    for (uint32_t k = 0; k < kept; k++)
        detections[k] = to_picture(&map, &list->items[total - 1 - k]);
    return (int)kept;
}
