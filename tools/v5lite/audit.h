/* SPDX-License-Identifier: MIT */
/* All that an audit says of a net, gathered once for the reports. */
#ifndef V5LITE_AUDIT_H
#define V5LITE_AUDIT_H

#include "compare.h"
#include "session.h"
#include "sha256.h"

/* An array of the model file as it lies there: `offset` bytes from the file's start, `count` floats, their CRC-32 with padding, the
 * smallest and largest without. */
typedef struct stored_array {
    uint64_t offset, count; /* count 0: the op has none */
    uint32_t crc;
    float min, max;
} stored_array;

typedef struct audit_op {
    v5l_op_info op;
    v5l_op_plan plan;
    const char *kernel_file, *function_file; /* sources of plan.kernel and plan.function; "" for a view */
    stored_array weights, bias;
} audit_op;

enum { HASH_TEXT = 2 * SHA256_BYTES + 1 };

/* The picture that was run, as a file. */
typedef struct audit_picture {
    const char *path; /* NULL: none was run; "-": standard input */
    char sha256[HASH_TEXT];
} audit_picture;

typedef struct audit {
    const session *session;
    const comparison *comparison; /* NULL: none was asked for */
    const audit_picture *picture;
    v5l_net_info net;
    uint32_t file_crc;
    char file_sha256[HASH_TEXT];
    audit_op *ops;                                        /* [session->info.op_count] */
    uint64_t parameters, macs, bytes_read, bytes_written; /* of all ops */
} audit;

/* The session has a net. Reports an error and returns STATUS_BAD if out of memory, or if ops share weights so much that it would
 * take long. audit_free in any case. */
int audit_gather(audit *a, const session *s, const comparison *c, const audit_picture *picture);
void audit_free(audit *a);

/* "conv3x3s2 relu", "add*0.5", "shuffle view"; "conv3x3s1 winograd" where the file has the weights transformed. */
void describe_op(const v5l_op_info *op, char *text, size_t size);
const char *activation_name(v5l_activation activation);

int span_count(const v5l_op_info *op, v5l_operand operand);

/* "t3[0:60] t4[0:60]/2": channels of tensors, /2 where they are read at half resolution. */
void write_spans(FILE *stream, const session *s, int index, v5l_operand operand);

/* A SHA-256 in hexadecimal digits. */
void hash_text(const uint8_t *hash, char text[HASH_TEXT]);

#endif
