/* SPDX-License-Identifier: MIT */
#include "npz.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "crc32.h"
#include "stb.h"

/* Sizes of the fixed parts of zip records: end of the directory, entry of the directory, local header of a member. */
enum {
    END_BYTES = 22,
    ENTRY_BYTES = 46,
    LOCAL_BYTES = 30,
    MAX_COMMENT = 65535,
    STORED = 0,
    DEFLATED = 8,
    ENCRYPTED = 1
};

/* Deflate expands a byte to at most 1032: a member that claims more is broken, and no memory is allocated for it. */
enum { MAX_RATIO = 1032 };

static const char truncated[] = "archive truncated or damaged";
static const char too_large[] = "archive with more than 65534 members or 4 GB (zip64)";

/* Finds the end record. A comment of the length that it states follows. */
static const uint8_t *find_end(const uint8_t *bytes, size_t size) {
    for (size_t comment = 0; comment <= MAX_COMMENT && comment + END_BYTES <= size; comment++) {
        const uint8_t *end = bytes + size - comment - END_BYTES;
        if (memcmp(end, "PK\5\6", 4) == 0 && read16_le(end + 20) == comment) return end;
    }
    return NULL;
}

const char *npz_open(npz *archive, const uint8_t *bytes, size_t size) {
    const uint8_t *end = find_end(bytes, size);
    if (end == NULL) return "not an .npz archive";
    const size_t count = read16_le(end + 10), directory = read32_le(end + 12), at = read32_le(end + 16);
    if (count == 0xFFFF || directory == 0xFFFFFFFFu || at == 0xFFFFFFFFu) return too_large;
    const size_t before_end = (size_t)(end - bytes);
    if (read16_le(end + 8) != count || at > before_end || directory > before_end - at) return truncated;
    if (count > NPZ_MAX_MEMBERS) return "archive with more than 8192 members";
    *archive = (npz){.bytes = bytes, .size = at + directory, .at = at, .left = (int)count, .all = (int)count};
    return NULL;
}

/* Counts a member: `packed` bytes with its records, `size` bytes unpacked. Refuses members that overlap: their sum
 * exceeds the archive. */
static const char *count_member(npz *archive, size_t packed, size_t size) {
    if (size > NPZ_MAX_MEMBER) return "array of more than 512 MB";
    if (packed > archive->size - archive->packed) return "members overlap";
    if (size > NPZ_MAX_UNPACKED - archive->unpacked) return "arrays of more than 4 GB together";
    archive->packed += packed;
    archive->unpacked += size;
    return NULL;
}

/* The fixed part of an entry of the directory. */
typedef struct entry {
    uint32_t flags, method, crc, packed, size, local;
    size_t name, extra, comment; /* lengths of the fields that follow */
} entry;

static entry read_entry(const uint8_t *p) {
    return (entry){read16_le(p + 8),  read16_le(p + 10), read32_le(p + 16), read32_le(p + 20), read32_le(p + 24),
                   read32_le(p + 42), read16_le(p + 28), read16_le(p + 30), read16_le(p + 32)};
}

static const char *check_entry(const entry *e) {
    if (e->packed == 0xFFFFFFFFu || e->size == 0xFFFFFFFFu || e->local == 0xFFFFFFFFu) return too_large;
    if ((e->flags & ENCRYPTED) != 0) return "encrypted member";
    if (e->method != STORED && e->method != DEFLATED) return "member neither stored nor deflated";
    const int is_stored_right = e->method != STORED || e->packed == e->size;
    return is_stored_right && e->size <= (uint64_t)e->packed * MAX_RATIO ? NULL : truncated;
}

/* Returns the bytes of the local header, which repeats the entry but may have fields of other lengths; 0 if it is
 * missing, or if the member exceeds the archive. The directory and its end follow the members. */
static size_t record_bytes(const npz *archive, const entry *e) {
    if (e->local > archive->size || archive->size - e->local < LOCAL_BYTES) return 0;
    const uint8_t *const header = archive->bytes + e->local;
    if (memcmp(header, "PK\3\4", 4) != 0) return 0;
    const size_t skip = LOCAL_BYTES + read16_le(header + 26) + read16_le(header + 28), left = archive->size - e->local;
    return skip <= left && e->packed <= left - skip ? skip : 0;
}

const char *npz_next(npz *archive, npz_member *member) {
    const uint8_t *const at = archive->bytes + archive->at;
    const size_t left = archive->size - archive->at;
    if (left < ENTRY_BYTES || memcmp(at, "PK\1\2", 4) != 0) return truncated;
    const entry e = read_entry(at);
    const size_t follow = e.name + e.extra + e.comment;
    if (follow > left - ENTRY_BYTES) return truncated;
    const char *why = check_entry(&e);
    const size_t skip = why == NULL ? record_bytes(archive, &e) : 0;
    if (why == NULL && skip == 0) why = truncated;
    if (why == NULL) why = count_member(archive, skip + e.packed + ENTRY_BYTES + follow, e.size);
    if (why != NULL) return why;
    *member = (npz_member){(const char *)at + ENTRY_BYTES,
                           e.name,
                           archive->bytes + e.local + skip,
                           e.packed,
                           e.size,
                           e.crc,
                           e.method == DEFLATED};
    archive->at += ENTRY_BYTES + follow;
    archive->left--;
    return NULL;
}

/* stb also reads the four bytes of zlib's checksum, which zip does not have: any four bytes that follow will do. */
static int inflate(const npz_member *m, uint8_t *out) {
    enum { AHEAD = 4 };
    if (m->packed_size > INT_MAX - AHEAD || m->size > INT_MAX) return 0;
    return stbi_zlib_decode_noheader_buffer((char *)out, (int)m->size, (const char *)m->packed,
                                            (int)m->packed_size + AHEAD) == (int)m->size;
}

const char *npz_unpack(const npz_member *m, uint8_t **bytes) {
    const char *why = NULL;
    uint8_t *out = malloc(m->size != 0 ? m->size : 1);
    if (out == NULL) return "out of memory";
    if (!m->deflated)
        memcpy(out, m->packed, m->size);
    else if (!inflate(m, out))
        why = "damaged: cannot be inflated";
    if (why == NULL && crc32_of(out, m->size) != m->crc) why = "damaged: the checksum does not match";
    if (why != NULL)
        free(out);
    else
        *bytes = out;
    return why;
}
