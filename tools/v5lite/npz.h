/* SPDX-License-Identifier: MIT */
/* NumPy archives of arrays: untrusted zip files, with stored or deflated members. */
#ifndef V5LITE_NPZ_H
#define V5LITE_NPZ_H

#include <stddef.h>
#include <stdint.h>

typedef struct npz_member {
    const char *name; /* name_length arbitrary bytes, not terminated */
    size_t name_length;
    const uint8_t *packed;    /* inside the archive; at least END_BYTES (npz.c) follow */
    size_t packed_size, size; /* size: bytes unpacked */
    uint32_t crc;
    int deflated;
} npz_member;

/* Iterates over an archive without unpacking. Borrows the bytes. */
typedef struct npz {
    const uint8_t *bytes;
    size_t size;
    size_t at;         /* offset of the next entry of the directory */
    int left, all;     /* remaining members; all members */
    size_t packed;     /* bytes of members so far, with their records */
    uint64_t unpacked; /* their unpacked bytes */
} npz;

/* Limits of an archive. Members do not overlap, so that time and memory are linear in its size. */
enum { NPZ_MAX_MEMBERS = 8192, NPZ_MAX_MEMBER = 1 << 29 };
#define NPZ_MAX_UNPACKED ((uint64_t)1 << 32) /* sum of all members */

/* Opens an archive. This and the functions below return NULL, or the reason of a refusal. */
const char *npz_open(npz *archive, const uint8_t *bytes, size_t size);

/* Returns the next of `left` members. */
const char *npz_next(npz *archive, npz_member *member);

/* Unpacks member->size bytes into malloc'ed *bytes, and compares the checksum. */
const char *npz_unpack(const npz_member *member, uint8_t **bytes);

#endif
