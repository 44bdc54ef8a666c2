/* SPDX-License-Identifier: MIT */
/* Functions that v5lite.js calls: one detector in one WebAssembly instance, without imports.
 *
 * Linear memory: stack, data, then from v5l_web_free() on what v5lite.js places there: the model's bytes, the net, the
 * net for raw heads, and for each call detections, picture and heads. Addresses of models are aligned to 16, of nets
 * to 64. Statuses are those of v5lite.h. */
#include <string.h>

#include "v5lite.h"

#define EXPORT(name) __attribute__((export_name(#name)))

extern unsigned char __heap_base; /* wasm-ld's: the first byte after stack and data */

enum { WIDTH, HEIGHT, MEMORY, MACS, MAX_STRIDE, CLASSES, HEADS, OPS, PARAMETERS, WEIGHT_BYTES, FILE_BYTES, NUMBERS };
enum { PLAIN, OBSERVED, NETS };

static struct {
    v5l_model model;
    v5l_net_options options;
    v5l_net *nets[NETS]; /* OBSERVED: runs op by op, to keep what the heads' ops write */
    const char *option;  /* the one at fault, or NULL */
    float *heads;        /* where raw outputs of heads go */
    double numbers[NUMBERS];
} web;

/* clang writes calls of both, and with -mbulk-memory turns the builtins into instructions. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes) { return __builtin_memcpy(to, from, bytes); }
void *memset(void *to, int value, size_t bytes) { return __builtin_memset(to, value, bytes); }

/* Returns the floats of a head's raw output. */
static size_t head_floats(int head) {
    v5l_model_info model;
    v5l_head_info info;
    v5l_model_get_info(&web.model, &model);
    if (v5l_model_get_head(&web.model, head, &info) != V5L_OK) return 0;
    const size_t pixels = (size_t)(web.options.width / info.stride) * (size_t)(web.options.height / info.stride);
    return pixels * (size_t)info.anchor_count * (size_t)(5 + model.class_count);
}

/* Copies raw outputs of DETECT to web.heads, one after the other in the order of the heads. */
static void keep_heads(void *user, int op, const v5l_view *output) {
    (void)user;
    v5l_op_info info;
    if (output == NULL || v5l_model_get_op(&web.model, op, &info) != V5L_OK || info.kind != V5L_OP_DETECT) return;
    float *at = web.heads;
    for (int head = 0; head < info.head; head++)
        at += head_floats(head);
    v5l_view_copy(output, at);
}

static v5l_net_options options_of(int net) {
    v5l_net_options options = web.options;
    if (net == OBSERVED) options.observer.op = keep_heads;
    return options;
}

EXPORT(free) void *v5l_web_free(void) { return &__heap_base; }

EXPORT(version) const char *v5l_web_version(void) { return V5L_VERSION; }

EXPORT(text) const char *v5l_web_text(int status) { return v5l_status_text((v5l_status)status); }

EXPORT(option) const char *v5l_web_option(void) { return web.option; }

/* Forgets an earlier model and its nets. */
EXPORT(open) int v5l_web_open(const void *bytes, size_t size) {
    memset(&web, 0, sizeof web);
    v5l_net_options_default(&web.options);
    return v5l_model_open(&web.model, bytes, size);
}

EXPORT(set_input) void v5l_web_set_input(int width, int height) {
    web.options.width = width;
    web.options.height = height;
}

EXPORT(set_limits) void v5l_web_set_limits(float confidence, float iou, int max_detections) {
    web.options.confidence = confidence;
    web.options.iou = iou;
    web.options.max_detections = max_detections;
}

/* classes: class_count bytes that stay, or NULL. */
EXPORT(set_classes) void v5l_web_set_classes(int multi_label, int agnostic, const uint8_t *classes) {
    web.options.multi_label = multi_label;
    web.options.agnostic = agnostic;
    web.options.classes = classes;
}

/* Returns the bytes of the net PLAIN or OBSERVED, or a negative status. A double holds every size. */
EXPORT(net_bytes) double v5l_web_net_bytes(int net) {
    const v5l_net_options options = options_of(net);
    size_t bytes = 0;
    const v5l_status status = v5l_net_check(&web.model, &options, &bytes, &web.option);
    return status == V5L_OK ? (double)bytes : (double)status;
}

EXPORT(create) int v5l_web_create(int net, void *memory, size_t bytes) {
    const v5l_net_options options = options_of(net);
    return v5l_net_create(&web.nets[net], &web.model, &options, memory, bytes);
}

/* data: a picture without gaps between rows and planes. detections: `capacity` of them. heads: NULL, or where the raw
 * outputs of the heads go. Returns the number of detections or a negative status. */
EXPORT(detect)
int v5l_web_detect(const uint8_t *data, int width, int height, int format, int yuv_matrix, int yuv_range,
                   v5l_detection *detections, int capacity, float *heads) {
    const v5l_image image = {.data = data,
                             .width = width,
                             .height = height,
                             .format = (v5l_pixel_format)format,
                             .yuv_matrix = (v5l_yuv_matrix)yuv_matrix,
                             .yuv_range = (v5l_yuv_range)yuv_range};
    web.heads = heads;
    return v5l_net_detect(web.nets[heads == NULL ? PLAIN : OBSERVED], &image, detections, capacity);
}

/* Returns NUMBERS doubles in the order of the enum. Those of the net are 0 before it is created. */
EXPORT(numbers) const double *v5l_web_numbers(void) {
    v5l_model_info model;
    v5l_model_get_info(&web.model, &model);
    v5l_net_info net;
    v5l_net_get_info(web.nets[PLAIN], &net);
    const double numbers[NUMBERS] = {[WIDTH] = net.width,
                                     [HEIGHT] = net.height,
                                     [MEMORY] = (double)net.memory_bytes,
                                     [MACS] = (double)net.macs,
                                     [MAX_STRIDE] = model.max_stride,
                                     [CLASSES] = model.class_count,
                                     [HEADS] = model.head_count,
                                     [OPS] = model.op_count,
                                     [PARAMETERS] = (double)model.parameter_count,
                                     [WEIGHT_BYTES] = (double)model.weight_bytes,
                                     [FILE_BYTES] = (double)model.file_bytes};
    memcpy(web.numbers, numbers, sizeof numbers);
    return web.numbers;
}

EXPORT(exporter) const char *v5l_web_exporter(void) {
    v5l_model_info info;
    v5l_model_get_info(&web.model, &info);
    return info.exporter;
}

EXPORT(source_sha256) const uint8_t *v5l_web_source_sha256(void) {
    v5l_model_info info;
    v5l_model_get_info(&web.model, &info);
    return info.source_sha256;
}

EXPORT(class_name) const char *v5l_web_class_name(int class_id) { return v5l_model_class_name(&web.model, class_id); }

EXPORT(head_stride) int v5l_web_head_stride(int head) {
    v5l_head_info info;
    return v5l_model_get_head(&web.model, head, &info) == V5L_OK ? info.stride : 0;
}

EXPORT(head_anchor_count) int v5l_web_head_anchor_count(int head) {
    v5l_head_info info;
    return v5l_model_get_head(&web.model, head, &info) == V5L_OK ? info.anchor_count : 0;
}

/* Returns pairs of width and height, input pixels. */
EXPORT(head_anchors) const float *v5l_web_head_anchors(int head) {
    v5l_head_info info;
    return v5l_model_get_head(&web.model, head, &info) == V5L_OK ? info.anchors : NULL;
}
