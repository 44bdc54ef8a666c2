/* SPDX-License-Identifier: MIT */
/* Finds the digits in a picture, without an operating system: reads weights and picture in place from flash, and puts
 * the net into unused RAM. The same file runs on every board (board.h), and hosted (host.c). */
#include "board.h"
#include "print.h"
#include "v5lite.h"

extern const unsigned char digits[]; /* weights/digits.v5l, by tools/embed.py */
extern const uint32_t digits_size;
extern const v5l_image picture; /* tests/images/digits.png, by picture.py; in a product it comes from a camera */

enum { SIDE = 256, MOST = 32 }; /* side of the network input in pixels; most detections */

/* Prints one line: the subject, and what happened. */
static int refuse(int status, const char *what, v5l_status reason) {
    print_text(what);
    print_text(": ");
    print_text(v5l_status_text(reason));
    print_text("\n");
    return status;
}

static void print_model(const v5l_model *model) {
    v5l_model_info info;
    v5l_model_get_info(model, &info);
    print_text("model: ");
    print_number((size_t)info.class_count);
    print_text(" classes, ");
    print_number(info.file_bytes);
    print_text(" bytes read in place at ");
    print_address(digits);
    print_text("\n");
}

/* The weights must lie in the image, with no copy in RAM. */
static int read_in_place(const v5l_net *net) {
    const board_memory m = board_memory_now();
    v5l_net_info info;
    v5l_net_get_info(net, &info);
    return digits >= m.flash && digits + digits_size <= m.flash_end && info.winograd_bytes == 0;
}

static void print_memory(const v5l_net *net) {
    const board_memory m = board_memory_now();
    v5l_net_info info;
    v5l_net_get_info(net, &info);
    print_text("flash: ");
    print_number((size_t)(m.flash_end - m.flash));
    print_text(" bytes: model ");
    print_number(digits_size);
    print_text(", picture ");
    print_number((size_t)picture.width * (size_t)picture.height * 3);
    print_text("\nRAM: net ");
    print_number(info.memory_bytes);
    print_text(" of ");
    print_number((size_t)(m.memory_end - m.memory));
    print_text(" bytes, variables ");
    print_number(m.data_bytes);
    print_text(", stack ");
    print_number(m.stack_used);
    print_text(" of ");
    print_number(m.stack_bytes);
    print_text("\n");
}

/* Prints score, class, corners in pixels; and the bits of the five floats. */
static void print_detection(const v5l_model *model, const v5l_detection *d) {
    const float values[5] = {d->score, d->x0, d->y0, d->x1, d->y1};
    print_fixed(values[0], 6);
    print_text(" ");
    print_text(v5l_model_class_name(model, d->class_id));
    for (int i = 1; i < 5; i++) {
        print_text(" ");
        print_fixed(values[i], 4);
    }
    print_text(" ");
    for (int i = 0; i < 5; i++) {
        print_text(" ");
        print_bits(values[i]);
    }
    print_text("\n");
}

int main(void) {
    v5l_model model;
    v5l_status status = v5l_model_open(&model, digits, digits_size);
    if (status != V5L_OK) return refuse(STATUS_MODEL, "model", status);
    print_model(&model);

    const board_memory m = board_memory_now();
    v5l_net_options options;
    v5l_net_options_default(&options);
    options.width = options.height = SIDE;
    options.agnostic = 1;
    v5l_net *net;
    status = v5l_net_create(&net, &model, &options, m.memory, (size_t)(m.memory_end - m.memory));
    if (status == V5L_E_MEMORY) {
        print_text("net: needs ");
        print_number(v5l_net_memory(&model, &options));
        print_text(" bytes, of which there are ");
        print_number((size_t)(m.memory_end - m.memory));
        print_text("\n");
        return STATUS_NET;
    }
    if (status != V5L_OK) return refuse(STATUS_NET, "net", status);
    if (!read_in_place(net)) {
        print_text("model: not read in place: expected the weights in flash, and no copy\n");
        return STATUS_PLACE;
    }

    v5l_detection found[MOST];
    const int n = v5l_net_detect(net, &picture, found, MOST);
    if (n < 0) return refuse(STATUS_PICTURE, "picture", (v5l_status)n);
    for (int i = 0; i < n; i++)
        print_detection(&model, &found[i]);
    print_memory(net);
    return STATUS_FOUND;
}
