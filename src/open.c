/* SPDX-License-Identifier: MIT */
/* Opens a weights file. Checks its bytes from the outside in: first the envelope (magic, version, size, checksum), then
 * the sections, the strings, each record by itself, and last (validate.c) how the records fit together. */
#include <string.h>

#include "kernels/scalar_math.h"
#include "quant.h"
#include "validate.h"

V5L_STATIC_ASSERT(sizeof(float) == 4, "binary32 floats");

static const uint8_t magic[8] = {0x89, 'V', '5', 'L', '\r', '\n', 0x1A, '\n'};

/* Processes six bytes per iteration. Builds its tables on the stack in microseconds; they fit V5L_STACK_BYTES. */
static uint32_t crc32(const unsigned char *p, size_t n) {
    uint32_t table[6][256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++)
            c = (c & 1u) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
        table[0][i] = c;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int k = 1; k < 6; k++)
            table[k][i] = table[0][table[k - 1][i] & 255u] ^ (table[k - 1][i] >> 8);
    uint32_t crc = 0xFFFFFFFFu;
    for (; n >= 6; n -= 6, p += 6) {
        crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = table[5][crc & 255u] ^ table[4][crc >> 8 & 255u] ^ table[3][crc >> 16 & 255u] ^ table[2][crc >> 24] ^
              table[1][p[4]] ^ table[0][p[5]];
    }
    for (; n > 0; n--, p++)
        crc = table[0][(crc ^ *p) & 255u] ^ (crc >> 8);
    return ~crc;
}

static int power_of_two_up_to(uint32_t x, uint32_t limit) { return x != 0 && (x & (x - 1)) == 0 && x <= limit; }

/* ---- envelope and sections ---- */

static int count_in(uint32_t count, uint32_t least, uint32_t most) { return count >= least && count <= most; }

static v5l_status check_counts(const v5l_file_header *h) {
    if (h->form > 1 || h->layout != V5L_LAYOUT_PANEL8) return V5L_E_LAYOUT;
    if (!count_in(h->class_count, 1, V5L_MAX_CLASSES)) return V5L_E_COUNT;
    if (!count_in(h->tensor_count, 2, V5L_MAX_TENSORS)) return V5L_E_COUNT;
    if (!count_in(h->op_count, 1, V5L_MAX_OPS)) return V5L_E_COUNT;
    if (!count_in(h->span_count, 1, V5L_MAX_SPANS)) return V5L_E_COUNT;
    if (!count_in(h->head_count, 1, V5L_MAX_HEADS)) return V5L_E_COUNT;
    if (h->order_count > V5L_MAX_ORDERS) return V5L_E_COUNT;
    if (!count_in(h->string_bytes, 1, V5L_MAX_STRING_BYTES)) return V5L_E_COUNT;
    if (!v5l_all_zero(h->zero1, sizeof h->zero1) || !v5l_all_zero(h->zero2, sizeof h->zero2)) return V5L_E_RESERVED;
    return V5L_OK;
}

/* Checks that sections follow one another at multiples of 64. The counts are limited, so the sums are far below
 * 2^64. */
static v5l_status check_sections(const v5l_file_header *h, const unsigned char *bytes) {
    const uint64_t size[7] = {sizeof *h,
                              (uint64_t)h->tensor_count * sizeof(v5l_file_tensor),
                              (uint64_t)h->op_count * sizeof(v5l_file_op),
                              (uint64_t)h->span_count * sizeof(v5l_file_span),
                              (uint64_t)h->head_count * sizeof(v5l_file_head),
                              (uint64_t)h->order_count * sizeof(uint16_t),
                              h->string_bytes};
    const uint64_t next[7] = {h->tensors_at, h->ops_at,     h->spans_at,  h->heads_at,
                              h->orders_at,  h->strings_at, h->weights_at};
    uint64_t at = 0;
    for (int i = 0; i < 7; i++) {
        const uint64_t end = at + size[i];
        at = (end + V5L_FORMAT_ALIGN - 1) / V5L_FORMAT_ALIGN * V5L_FORMAT_ALIGN;
        if (next[i] != at || at > h->file_size) return V5L_E_OFFSET;
        if (!v5l_all_zero(bytes + end, (size_t)(at - end))) return V5L_E_RESERVED;
    }
    return h->weights_bytes == h->file_size - at ? V5L_OK : V5L_E_OFFSET;
}

/* ---- strings ---- */

/* Returns the length of the UTF-8 sequence at s in bytes; 0 if it is malformed or a control character. The zero at the
 * end of a string is not a continuation byte, so nothing past it is read. */
static uint32_t utf8_sequence(const unsigned char *s) {
    if (s[0] < 0x80) return s[0] >= 0x20 && s[0] != 0x7F ? 1 : 0;
    const uint32_t bytes = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    uint32_t code = s[0] & (0x7Fu >> bytes);
    for (uint32_t i = 1; i < bytes; i++) {
        if ((s[i] & 0xC0) != 0x80) return 0;
        code = code << 6 | (s[i] & 0x3Fu);
    }
    static const uint32_t least[5] = {0, 0, 0xA0, 0x800, 0x10000}; /* below U+00A0: overlong, or C1 */
    const int surrogate = code >= 0xD800 && code <= 0xDFFF;
    return s[0] >= 0xC2 && s[0] <= 0xF4 && code >= least[bytes] && code <= 0x10FFFF && !surrogate ? bytes : 0;
}

/* Checks every string of the section, used or not: short, well-formed, without control characters. */
static v5l_status check_strings(const v5l_model *m) {
    const uint32_t bytes = v5l_header(m)->string_bytes;
    const unsigned char *s = (const unsigned char *)v5l_strings(m);
    if (s[bytes - 1] != 0) return V5L_E_STRING;
    uint32_t length = 0, i = 0;
    while (i < bytes) {
        const uint32_t step = s[i] == 0 ? 1 : utf8_sequence(&s[i]);
        length = s[i] == 0 ? 0 : length + step;
        if (step == 0 || length > V5L_MAX_STRING) return V5L_E_STRING;
        i += step;
    }
    return V5L_OK;
}

static v5l_status check_names(const v5l_model *m) {
    const v5l_file_header *h = v5l_header(m);
    const char *s = v5l_strings(m);
    if (h->exporter >= h->string_bytes) return V5L_E_OFFSET;
    uint32_t at = h->names;
    for (uint32_t i = 0; i < h->class_count; i++) {
        if (at >= h->string_bytes) return V5L_E_OFFSET;
        while (s[at] != 0)
            at++; /* terminates: the section's last byte is zero */
        at++;
    }
    return V5L_OK;
}

/* ---- records, one by one ---- */

/* Returns whether a tensor may have its type. S8 and F16 are for maps; one pixel has no use for them. */
static int is_type_allowed(const v5l_file_tensor *t, int is_picture) {
#if !defined(V5L_NO_S8)
    if (t->type == V5L_TYPE_S8) return !is_picture && t->stride != 0;
#endif
#if !defined(V5L_NO_F16)
    if (t->type == V5L_TYPE_F16) return !is_picture && t->stride != 0;
#endif
    return t->type == (is_picture ? V5L_TYPE_U8 : V5L_TYPE_F32);
}

static v5l_status check_tensors(const v5l_model *m) {
    const v5l_file_header *h = v5l_header(m);
    const v5l_file_tensor *t = v5l_tensors(m);
    const v5l_type narrow = v5l_narrow_type(m);
    uint32_t max_stride = 1;
    for (uint32_t i = 0; i < h->tensor_count; i++) {
        if (t[i].channels < 1 || t[i].channels > V5L_MAX_CHANNELS) return V5L_E_TENSOR;
        if (t[i].stride != 0 && !power_of_two_up_to(t[i].stride, V5L_MAX_STRIDE)) return V5L_E_TENSOR;
        if (!is_type_allowed(&t[i], i == 0)) return V5L_E_TENSOR;
        if (v5l_is_narrow(t[i].type) && t[i].type != (uint16_t)narrow) return V5L_E_TENSOR; /* S8 and F16 */
        if (t[i].stride > max_stride) max_stride = t[i].stride;
    }
    if (t[0].channels != 3 || t[0].stride != 1) return V5L_E_TENSOR;
    return h->max_stride == max_stride ? V5L_OK : V5L_E_TENSOR;
}

static v5l_status check_spans(const v5l_model *m) {
    const v5l_file_header *h = v5l_header(m);
    const v5l_file_span *s = v5l_spans(m);
    for (uint32_t i = 0; i < h->span_count; i++) {
        if (s[i].tensor >= h->tensor_count) return V5L_E_SPAN;
        const v5l_file_tensor *t = &v5l_tensors(m)[s[i].tensor];
        if (s[i].count < 1 || s[i].count > t->channels || s[i].first > t->channels - s[i].count) return V5L_E_SPAN;
        if (s[i].upsample > 1 || (s[i].upsample == 1 && t->stride < 2)) return V5L_E_SPAN;
    }
    return V5L_OK;
}

/* Checks all weights in one pass. Arrays may share bytes, so one check per array would not be linear in the file
 * size. Files with narrow tensors have other values too, but no shared bytes: v5l_validate_payload checks them last. */
static v5l_status check_values(const v5l_model *m) {
    if (v5l_narrow_type(m) != V5L_TYPE_F32) return V5L_OK;
    return v5l_all_finite(v5l_weights(m, 0), v5l_header(m)->weights_bytes / sizeof(float)) ? V5L_OK : V5L_E_VALUE;
}

static v5l_status check_array(const v5l_model *m, uint64_t offset, uint64_t count, uint32_t element_bytes) {
    const uint64_t bytes = v5l_header(m)->weights_bytes;
    if (offset % V5L_FORMAT_ALIGN != 0 || offset > bytes || count > bytes) return V5L_E_OFFSET;
    return count * element_bytes <= bytes - offset ? V5L_OK : V5L_E_OFFSET;
}

static v5l_status check_window(const v5l_file_op *op, int windowed) {
    if (!windowed)
        return op->kernel_h == 0 && op->kernel_w == 0 && op->stride == 0 && op->pad == 0 ? V5L_OK : V5L_E_RESERVED;
    if (!power_of_two_up_to(op->stride, V5L_MAX_OP_STRIDE)) return V5L_E_GEOMETRY;
    const int kernel[2] = {op->kernel_h, op->kernel_w};
    for (int i = 0; i < 2; i++) {
        if (kernel[i] < 1 || kernel[i] > V5L_MAX_KERNEL || op->pad >= kernel[i]) return V5L_E_GEOMETRY;
        const int slack = 2 * op->pad - kernel[i] + op->stride;
        if (slack < 0 || slack >= op->stride) return V5L_E_GEOMETRY;
    }
    return V5L_OK;
}

static int range_in(uint32_t first, uint32_t count, uint32_t limit) { return first <= limit && count <= limit - first; }

static v5l_status check_op_spans(const v5l_model *m, const v5l_file_op *op) {
    const uint32_t spans = v5l_header(m)->span_count;
    const int is_view = v5l_is_view(op);
    if (op->a_count < 1 || op->a_count > V5L_MAX_OPERAND_SPANS) return V5L_E_COUNT;
    if (v5l_reads_b(op) ? op->b_count != 1 : op->b_count != 0 || op->b_first != 0) return V5L_E_COUNT;
    if (is_view ? op->out_count != 0 || op->out_first != 0 : op->out_count < 1 || op->out_count > V5L_MAX_OPERAND_SPANS)
        return V5L_E_COUNT;
    if (!range_in(op->a_first, op->a_count, spans) || !range_in(op->b_first, op->b_count, spans) ||
        !range_in(op->out_first, op->out_count, spans))
        return V5L_E_OFFSET;
    return V5L_OK;
}

static v5l_status check_op_payload(const v5l_model *m, const v5l_file_op *op) {
    if (check_array(m, op->quant, 0, 1) != V5L_OK) return V5L_E_OFFSET; /* its size follows from the shape */
    if (!v5l_has_weights(op)) {
        if (op->weights || op->weight_count || op->bias || op->bias_count) return V5L_E_RESERVED;
        return V5L_OK;
    }
    const v5l_status status = check_array(m, op->weights, op->weight_count, v5l_type_bytes(v5l_op_type(m, op)));
    return status != V5L_OK ? status : check_array(m, op->bias, op->bias_count, sizeof(float));
}

/* Checks that flags, activation and head suit the kind of the op, and that it has a name. */
static v5l_status check_kind(const v5l_model *m, const v5l_file_op *op) {
    if (op->kind < V5L_OP_CONV || op->kind > V5L_OP_SCALE) return V5L_E_KIND;
    const int structural = op->kind >= V5L_OP_SPLIT && op->kind <= V5L_OP_UPSAMPLE;
    const int activates = op->kind == V5L_OP_CONV || op->kind == V5L_OP_DWCONV || op->kind == V5L_OP_ADD;
    const int flags = op->kind == V5L_OP_CONV ? V5L_FLAG_SHARED_PANELS | V5L_FLAG_WINOGRAD
                      : structural            ? V5L_FLAG_VIEW
                                              : 0;
    if ((op->flags & ~flags) != 0) return V5L_E_KIND;
    if (op->activation > (activates ? V5L_ACT_HARDSWISH : V5L_ACT_NONE)) return V5L_E_KIND;
    if (op->kind == V5L_OP_DETECT ? op->head >= v5l_header(m)->head_count : op->head != 0) return V5L_E_HEAD;
    if (op->name >= v5l_header(m)->string_bytes || v5l_strings(m)[op->name] == 0) return V5L_E_STRING;
    return V5L_OK;
}

static int has_3x3_window(const v5l_file_op *op) {
    return op->kernel_h == 3 && op->kernel_w == 3 && op->stride == 1 && op->pad == 1;
}

static v5l_status check_op(const v5l_model *m, const v5l_file_op *op) {
    v5l_status status = check_kind(m, op);
    if (status != V5L_OK) return status;
    status = check_window(op, v5l_has_weights(op) || op->kind == V5L_OP_MAXPOOL);
    if (status != V5L_OK) return status;
    if (v5l_has_winograd_weights(op) && !has_3x3_window(op)) return V5L_E_GEOMETRY;
    const int grouped = v5l_has_weights(op) || op->kind == V5L_OP_SHUFFLE;
    if (grouped ? !count_in(op->groups, 1, V5L_MAX_CHANNELS) : op->groups != 0) return V5L_E_GEOMETRY;
    if (!v5l_all_finite(&op->alpha, 1)) return V5L_E_VALUE;
    if (op->kind != V5L_OP_ADD && !v5l_all_zero((const uint8_t *)&op->alpha, sizeof op->alpha)) return V5L_E_RESERVED;
    status = check_op_spans(m, op);
    return status != V5L_OK ? status : check_op_payload(m, op);
}

static v5l_status check_head(const v5l_model *m, const v5l_file_head *head) {
    if (head->tensor >= v5l_header(m)->tensor_count) return V5L_E_HEAD;
    if (head->anchor_count < 1 || head->anchor_count > V5L_MAX_ANCHORS) return V5L_E_COUNT;
    if (head->zero1 != 0 || !v5l_all_zero(head->zero2, sizeof head->zero2)) return V5L_E_RESERVED;
    const uint32_t floats = 2 * head->anchor_count;
    const v5l_status status = check_array(m, head->anchors, floats, sizeof(float));
    if (status != V5L_OK) return status;
    const float *anchor = (const float *)v5l_weights(m, head->anchors);
    for (uint32_t i = 0; i < floats; i++)
        if (!v5l_is_positive(anchor[i])) return V5L_E_VALUE;
    return V5L_OK;
}

static v5l_status check_records(const v5l_model *m) {
    const v5l_file_header *h = v5l_header(m);
    v5l_status status = check_tensors(m);
    if (status == V5L_OK) status = check_spans(m);
    uint32_t spans = 0;
    for (uint32_t i = 0; i < h->op_count && status == V5L_OK; i++) {
        const v5l_file_op *op = &v5l_ops(m)[i];
        status = check_op(m, op);
        spans += op->a_count + op->b_count + op->out_count; /* at most 129 per checked op */
    }
    if (status == V5L_OK && spans > h->span_count) status = V5L_E_COUNT;
    for (uint32_t i = 0; i < h->head_count && status == V5L_OK; i++)
        status = check_head(m, &v5l_heads(m)[i]);
    return status;
}

/* Checks that the bytes are a whole file of this format. Reads past the magic only if the header is complete. */
static v5l_status check_envelope(const void *bytes, size_t size) {
    const v5l_file_header *h = (const v5l_file_header *)bytes;
    if (size < sizeof h->magic) return V5L_E_SIZE;
    for (size_t i = 0; i < sizeof magic; i++)
        if (h->magic[i] != magic[i]) return V5L_E_MAGIC;
    if (size < sizeof *h) return V5L_E_SIZE;
    if (h->version != V5L_FORMAT_VERSION) return V5L_E_VERSION;
    if (h->file_size != size) return V5L_E_SIZE;
    return crc32((const unsigned char *)bytes + 16, size - 16) == h->crc ? V5L_OK : V5L_E_CRC;
}

v5l_status v5l_model_open(v5l_model *model, const void *bytes, size_t size) {
    if (model == NULL || bytes == NULL) return V5L_E_ARGUMENT;
    if ((uintptr_t)bytes % 16 != 0) return V5L_E_ALIGNMENT;
    const v5l_model m = {(const unsigned char *)bytes, size};
    const v5l_file_header *h = (const v5l_file_header *)bytes;
    v5l_status status = check_envelope(bytes, size);
    if (status == V5L_OK) status = check_counts(h);
    if (status == V5L_OK) status = check_sections(h, m.bytes);
    if (status == V5L_OK) status = check_strings(&m);
    if (status == V5L_OK) status = check_names(&m);
    if (status == V5L_OK) status = check_values(&m);
    if (status == V5L_OK) status = check_records(&m);
    if (status == V5L_OK) status = v5l_validate_program(&m);
    if (status == V5L_OK) *model = m;
    return status;
}
