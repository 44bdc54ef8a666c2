/* SPDX-License-Identifier: MIT */
/* NumPy's archives of arrays: zip files, members stored or deflated. Nothing in them is trusted. */
#ifndef V5LITE_NPZ_H
#define V5LITE_NPZ_H

#include <stddef.h>
#include <stdint.h>

typedef struct npz_member {
    const char *name; /* name_length bytes, not terminated, may be any */
    size_t name_length;
    const uint8_t *packed;    /* inside the archive, of which at least END_BYTES (npz.c) follow */
    size_t packed_size, size; /* size: unpacked */
    uint32_t crc;
    int deflated;
} npz_member;

/* Looks through an archive without unpacking anything: every member lies inside it. Borrows the bytes. */
typedef struct npz {
    const uint8_t *bytes;
    size_t size;
    size_t at;         /* of the next record of the directory */
    int left, all;     /* members still to come, of all */
    size_t packed;     /* bytes of members so far, with their records */
    uint64_t unpacked; /* of what they hold */
} npz;

/* Limits of an archive whatever it claims; besides, its members do not share bytes, so that time and memory are linear in its size. */
enum { NPZ_MAX_MEMBERS = 8192, NPZ_MAX_MEMBER = 1 << 29 };
#define NPZ_MAX_UNPACKED ((uint64_t)1 << 32) /* of all members together */

/* Each returns NULL, or a text that says why the archive or member is refused. */
const char *npz_open(npz *archive, const uint8_t *bytes, size_t size);

/* The next of `left` members. */
const char *npz_next(npz *archive, npz_member *member);

/* Unpacks into *bytes, which is malloc'ed, member->size of them, checksum compared. */
const char *npz_unpack(const npz_member *member, uint8_t **bytes);

#endif
