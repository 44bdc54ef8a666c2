/* SPDX-License-Identifier: MIT */
/* Compiled with the library into the Python package's shared library. Tells Python where the fields of the headers'
 * structs lie, so that no second description of them can drift, and does in C what needs structs by value or a
 * callback. */
#include "v5lite_track.h"

#include <stddef.h>

/* ---- Layouts and values of the headers -------------------------------------------------------------------------- */

/* kind: 'i', 'u', 'f' (signed, unsigned, float), 'p' (a pointer), 's' (a whole struct), 'v' (a constant). offset: of a
 * constant its value. */
typedef struct v5lpy_entry {
    const char *name;
    int64_t offset, size;
    int kind;
} v5lpy_entry;

/* clang-format off */
/* uint64_t and size_t are different types of these on different systems; enums are one of the first two. */
#define KIND(x) \
    _Generic((x), int: 'i', unsigned: 'u', long: 'i', unsigned long: 'u', long long: 'i', unsigned long long: 'u', \
             float: 'f', default: 'p')
#define FIELD(type, field) \
    {#type "." #field, offsetof(type, field), sizeof(((type *)0)->field), KIND(((type *)0)->field)},
#define STRUCT(type) {#type, 0, sizeof(type), 's'},
#define VALUE(name) {#name, name, 0, 'v'},

static const v5lpy_entry entries[] = {
    STRUCT(v5l_model)
    STRUCT(v5l_model_info)
    FIELD(v5l_model_info, planned)
    FIELD(v5l_model_info, class_count)
    FIELD(v5l_model_info, head_count)
    FIELD(v5l_model_info, op_count)
    FIELD(v5l_model_info, max_stride)
    FIELD(v5l_model_info, parameter_count)
    FIELD(v5l_model_info, weight_bytes)
    FIELD(v5l_model_info, file_bytes)
    FIELD(v5l_model_info, exporter)
    FIELD(v5l_model_info, source_sha256)
    STRUCT(v5l_head_info)
    FIELD(v5l_head_info, stride)
    FIELD(v5l_head_info, anchor_count)
    FIELD(v5l_head_info, anchors)
    STRUCT(v5l_op_info)
    FIELD(v5l_op_info, name)
    FIELD(v5l_op_info, kind)
    FIELD(v5l_op_info, view)
    FIELD(v5l_op_info, activation)
    FIELD(v5l_op_info, kernel_h)
    FIELD(v5l_op_info, kernel_w)
    FIELD(v5l_op_info, stride)
    FIELD(v5l_op_info, padding)
    FIELD(v5l_op_info, groups)
    FIELD(v5l_op_info, in_channels)
    FIELD(v5l_op_info, out_channels)
    FIELD(v5l_op_info, parameter_count)
    FIELD(v5l_op_info, in_type)
    FIELD(v5l_op_info, out_type)
    STRUCT(v5l_net_options)
    FIELD(v5l_net_options, width)
    FIELD(v5l_net_options, height)
    FIELD(v5l_net_options, confidence)
    FIELD(v5l_net_options, iou)
    FIELD(v5l_net_options, max_detections)
    FIELD(v5l_net_options, max_candidates)
    FIELD(v5l_net_options, multi_label)
    FIELD(v5l_net_options, agnostic)
    FIELD(v5l_net_options, classes)
    FIELD(v5l_net_options, direct)
    STRUCT(v5l_net_info)
    FIELD(v5l_net_info, width)
    FIELD(v5l_net_info, height)
    FIELD(v5l_net_info, threads)
    FIELD(v5l_net_info, memory_bytes)
    FIELD(v5l_net_info, arena_bytes)
    FIELD(v5l_net_info, input_bytes)
    FIELD(v5l_net_info, winograd_bytes)
    FIELD(v5l_net_info, scratch_bytes)
    FIELD(v5l_net_info, tables_bytes)
    FIELD(v5l_net_info, macs)
    STRUCT(v5l_detection)
    FIELD(v5l_detection, x0)
    FIELD(v5l_detection, y0)
    FIELD(v5l_detection, x1)
    FIELD(v5l_detection, y1)
    FIELD(v5l_detection, score)
    FIELD(v5l_detection, class_id)
    STRUCT(v5l_tracker_options)
    FIELD(v5l_tracker_options, max_tracks)
    FIELD(v5l_tracker_options, max_boxes)
    FIELD(v5l_tracker_options, high_score)
    FIELD(v5l_tracker_options, low_score)
    FIELD(v5l_tracker_options, start_score)
    FIELD(v5l_tracker_options, high_iou)
    FIELD(v5l_tracker_options, low_iou)
    FIELD(v5l_tracker_options, tentative_iou)
    FIELD(v5l_tracker_options, confirm_boxes)
    FIELD(v5l_tracker_options, max_lost_us)
    FIELD(v5l_tracker_options, agnostic)
    STRUCT(v5l_track)
    FIELD(v5l_track, id)
    FIELD(v5l_track, slot)
    FIELD(v5l_track, class_id)
    FIELD(v5l_track, box)
    FIELD(v5l_track, x0)
    FIELD(v5l_track, y0)
    FIELD(v5l_track, x1)
    FIELD(v5l_track, y1)
    FIELD(v5l_track, score)
    FIELD(v5l_track, velocity_x)
    FIELD(v5l_track, velocity_y)
    FIELD(v5l_track, boxes)
    FIELD(v5l_track, age_us)
    FIELD(v5l_track, unseen_us)
    VALUE(V5L_E_ARGUMENT)
    VALUE(V5L_E_INPUT_SIZE)
    VALUE(V5L_E_IMAGE)
    VALUE(V5L_E_TOO_LARGE)
    VALUE(V5L_E_DIRECT)
    VALUE(V5L_E_BOX)
    VALUE(V5L_E_SIZE)
    VALUE(V5L_E_VALUE)
    VALUE(V5L_RGB)
    VALUE(V5L_BGR)
    VALUE(V5L_RGBA)
    VALUE(V5L_BGRA)
    VALUE(V5L_GRAY)
    VALUE(V5L_ACT_NONE)
    VALUE(V5L_ACT_RELU)
    VALUE(V5L_ACT_SILU)
    VALUE(V5L_ACT_HARDSWISH)
    VALUE(V5L_TYPE_F32)
    VALUE(V5L_TYPE_U8)
    VALUE(V5L_TYPE_F16)
    VALUE(V5L_TYPE_S8)
    VALUE(V5L_MAX_THREADS)
};
/* clang-format on */

/* Returns the name of an entry and sets the rest of it: offset, size, kind. NULL after the last one. */
const char *v5lpy_get_entry(int index, int64_t values[3]);
const char *v5lpy_get_entry(int index, int64_t values[3]) {
    if (index < 0 || (size_t)index >= sizeof entries / sizeof entries[0]) return NULL;
    values[0] = entries[index].offset;
    values[1] = entries[index].size;
    values[2] = entries[index].kind;
    return entries[index].name;
}

const char *v5lpy_version(void);
const char *v5lpy_version(void) { return V5L_VERSION; }

/* ---- Detection --------------------------------------------------------------------------------------------------- */

/* v5l_net_detect for a picture of one plane. */
int v5lpy_detect(v5l_net *net, const void *data, int width, int height, int row_bytes, int format, v5l_detection *out,
                 int capacity);
int v5lpy_detect(v5l_net *net, const void *data, int width, int height, int row_bytes, int format, v5l_detection *out,
                 int capacity) {
    const v5l_image image = {
        .data = data, .width = width, .height = height, .row_bytes = row_bytes, .format = (v5l_pixel_format)format};
    return v5l_net_detect(net, &image, out, capacity);
}

/* user: the model, then where the logits of each head go. */
static void copy_head(void *user, int op, const v5l_view *output) {
    void *const *table = user;
    v5l_op_info info;
    if (output != NULL && v5l_model_get_op(table[0], op, &info) == V5L_OK && info.kind == V5L_OP_DETECT)
        v5l_view_copy(output, table[1 + info.head]);
}

/* Makes nets of these options copy their heads: table[0] is the model, table[1 + head] the floats of a head. The table
 * must outlive the net. */
void v5lpy_copy_heads(v5l_net_options *options, void **table);
void v5lpy_copy_heads(v5l_net_options *options, void **table) {
    options->observer = (v5l_observer){.user = table, .op = copy_head};
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

/* v5l_pool_..., which a library without threads lacks: then v5lpy_pool_memory returns 0 for any number. */
size_t v5lpy_pool_memory(int threads);
v5l_status v5lpy_pool_create(v5l_pool **pool, int threads, void *memory, size_t size);
void v5lpy_pool_use(v5l_net_options *options, v5l_pool *pool);
void v5lpy_pool_destroy(v5l_pool *pool);

#if defined(V5L_NO_THREADS)
size_t v5lpy_pool_memory(int threads) { return (void)threads, 0; }
v5l_status v5lpy_pool_create(v5l_pool **pool, int threads, void *memory, size_t size) {
    (void)pool, (void)threads, (void)memory, (void)size;
    return V5L_E_ARGUMENT;
}
void v5lpy_pool_use(v5l_net_options *options, v5l_pool *pool) { (void)options, (void)pool; }
void v5lpy_pool_destroy(v5l_pool *pool) { (void)pool; }
#else
size_t v5lpy_pool_memory(int threads) { return v5l_pool_memory(threads); }
v5l_status v5lpy_pool_create(v5l_pool **pool, int threads, void *memory, size_t size) {
    return v5l_pool_create(pool, threads, memory, size);
}
void v5lpy_pool_use(v5l_net_options *options, v5l_pool *pool) { options->parallel = v5l_pool_hook(pool); }
void v5lpy_pool_destroy(v5l_pool *pool) { v5l_pool_destroy(pool); }
#endif
