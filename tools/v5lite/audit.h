/* SPDX-License-Identifier: MIT */
/* Data of an audit, gathered once for all reports. */
#ifndef V5LITE_AUDIT_H
#define V5LITE_AUDIT_H

#include "compare.h"
#include "saturation.h"
#include "session.h"
#include "sha256.h"

/* An array in the model file: offset in bytes from the start of the file, number of values, CRC-32 including padding,
 * range without the padding of output channels. */
typedef struct stored_array {
    uint64_t offset, count; /* count 0: the op has no such array */
    const char *type;       /* as in weights/FORMAT.md: "f32", "s8", "s32" */
    uint32_t crc;
    double min, max;
} stored_array;

typedef struct audit_op {
    v5l_op_info op;
    v5l_op_plan plan;
    const char *kernel_file, *function_file; /* source files of plan.kernel and plan.function; "" for a view */
    stored_array weights, bias;
} audit_op;

enum { HASH_TEXT = 2 * SHA256_BYTES + 1 };

/* File of the picture that was run. */
typedef struct audit_picture {
    const char *path; /* NULL: no picture; "-": standard input */
    char sha256[HASH_TEXT];
} audit_picture;

typedef struct audit {
    const session *session;
    const comparison *comparison; /* NULL: no comparison */
    const audit_picture *picture;
    const saturation *counts; /* [session->info.op_count]; NULL: no picture, or no int8 op */
    v5l_net_info net;
    uint32_t file_crc;
    char file_sha256[HASH_TEXT];
    audit_op *ops;                                        /* [session->info.op_count] */
    uint64_t parameters, macs, bytes_read, bytes_written; /* sums of all ops */
} audit;

/* Gathers the data of a session that has a net. The audit borrows the pointers. Reports an error and returns STATUS_BAD
 * if out of memory, or if ops share weights so much that it would take too long. Call audit_free in any case. */
int audit_gather(audit *a, const session *s, const comparison *c, const audit_picture *picture,
                 const saturation *counts);
void audit_free(audit *a);

/* Describes an op: "conv3x3s2 relu", "add*0.5", "shuffle view"; "conv3x3s1 winograd" if the file has transformed
 * weights. */
void describe_op(const v5l_op_info *op, char *text, size_t size);
const char *activation_name(v5l_activation activation);

/* Formats the types of operand A and of the output: "u8->s8", or "f32" if they are the same. */
enum { TYPES_TEXT = 12 };
void describe_types(const v5l_op_info *op, char text[TYPES_TEXT]);

/* Returns the name of a v5l_type in weights/FORMAT.md: "f32". */
const char *type_name(int type);

int span_count(const v5l_op_info *op, v5l_operand operand);

/* Writes channels of tensors: "t3[0:60] t4[0:60]/2"; /2 marks a read at half resolution. */
void write_spans(FILE *stream, const session *s, int index, v5l_operand operand);

/* Formats a SHA-256 as hexadecimal digits. */
void hash_text(const uint8_t *hash, char text[HASH_TEXT]);

#endif
