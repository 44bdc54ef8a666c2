/* SPDX-License-Identifier: MIT */
/* A list of pictures, or those of a folder, in order. Each may have its own size. */
#include "source_pictures.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "image_file.h"
#include "inputs.h"
#include "stop.h"
#include "stream.h" /* STREAM_USUAL_FPS */

typedef struct picture_slot {
    image picture;
    atomic_int taken;
} picture_slot;

typedef struct picture_list {
    inputs inputs;
    size_t next;
    double fps;
    picture_slot slots[SOURCE_SLOTS];
} picture_list;

/* Frees the slot's last picture here, not in `release`: only one thread may use pixel_memory.h. */
static picture_slot *take(picture_list *l) {
    int i = 0;
    while (i < SOURCE_SLOTS - 1 && atomic_load(&l->slots[i].taken))
        i++;
    image_free(&l->slots[i].picture);
    return &l->slots[i];
}

static source_status pictures_next(source *s, frame *out) {
    picture_list *l = s->state;
    const char *why;
    if (l->next == l->inputs.count || stop_requested()) return SOURCE_END;
    const size_t index = l->next++;
    const char *path = l->inputs.paths[index];
    picture_slot *slot = take(l);
    if (!image_read(path, &slot->picture, &why)) {
        report_error("cannot read image", path, "%s", why);
        return SOURCE_BROKEN;
    }
    atomic_store(&slot->taken, 1);
    *out = (frame){.path = path, .number = index + 1, .captured_us = clock_us(), .slot = slot};
    out->time_us = (uint64_t)((double)index * 1e6 / l->fps);
    out->image = (v5l_image){
        .data = slot->picture.pixels, .width = slot->picture.width, .height = slot->picture.height, .format = V5L_RGB};
    return SOURCE_FRAME;
}

static void pictures_release(source *s, const frame *f) {
    (void)s;
    picture_slot *slot = f->slot;
    atomic_store(&slot->taken, 0);
}

static void pictures_close(source *s) {
    picture_list *l = s->state;
    for (int i = 0; i < SOURCE_SLOTS; i++)
        image_free(&l->slots[i].picture);
    inputs_free(&l->inputs);
    free(l);
}

static const source_calls calls = {.next = pictures_next, .release = pictures_release, .close = pictures_close};

int pictures_open(source *s, const source_options *options) {
    picture_list *l = calloc(1, sizeof *l);
    if (l == NULL) return report_error("out of memory", s->name, "expected fewer images");
    s->state = l;
    s->kind = "pictures";
    s->calls = &calls;
    s->reports_broken = 1;
    l->fps = options->fps > 0 ? (double)options->fps : STREAM_USUAL_FPS;
    s->fps = l->fps;
    return inputs_expand(&l->inputs, options->recursive, options->count, options->operands);
}
