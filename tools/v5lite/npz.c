/* SPDX-License-Identifier: MIT */
#include "npz.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "stb.h"

/* Records of a zip file by their fixed parts: end of the directory, an entry of it, and what is before a member's bytes. */
enum {
    END_BYTES = 22,
    ENTRY_BYTES = 46,
    LOCAL_BYTES = 30,
    MAX_COMMENT = 65535,
    STORED = 0,
    DEFLATED = 8,
    ENCRYPTED = 1
};

/* Deflate makes of one byte 1032 at most: what claims more is broken, however much memory it asks for. */
enum { MAX_RATIO = 1032 };

static const char truncated[] = "archive truncated or damaged";
static const char too_large[] = "archive with more than 65534 members or 4 GB (zip64)";

static uint32_t read16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static uint32_t read32(const uint8_t *p) { return read16(p) | read16(p + 2) << 16; }

/* The last record of the directory: behind it there is a comment, of the length that it states. */
static const uint8_t *find_end(const uint8_t *bytes, size_t size) {
    for (size_t comment = 0; comment <= MAX_COMMENT && comment + END_BYTES <= size; comment++) {
        const uint8_t *end = bytes + size - comment - END_BYTES;
        if (memcmp(end, "PK\5\6", 4) == 0 && read16(end + 20) == comment) return end;
    }
    return NULL;
}

const char *npz_open(npz *archive, const uint8_t *bytes, size_t size) {
    const uint8_t *end = find_end(bytes, size);
    if (end == NULL) return "not an .npz archive";
    const size_t count = read16(end + 10), directory = read32(end + 12), at = read32(end + 16);
    if (count == 0xFFFF || directory == 0xFFFFFFFFu || at == 0xFFFFFFFFu) return too_large;
    const size_t before_end = (size_t)(end - bytes);
    if (read16(end + 8) != count || at > before_end || directory > before_end - at) return truncated;
    if (count > NPZ_MAX_MEMBERS) return "archive with more than 8192 members";
    *archive = (npz){.bytes = bytes, .size = at + directory, .at = at, .left = (int)count, .all = (int)count};
    return NULL;
}

/* Counts a member of `packed` bytes with its records, and of `size` unpacked. Members that share bytes make more of an archive than
 * it has. */
static const char *count_member(npz *archive, size_t packed, size_t size) {
    if (size > NPZ_MAX_MEMBER) return "array of more than 512 MB";
    if (packed > archive->size - archive->packed) return "members overlap";
    if (size > NPZ_MAX_UNPACKED - archive->unpacked) return "arrays of more than 4 GB together";
    archive->packed += packed;
    archive->unpacked += size;
    return NULL;
}

const char *npz_next(npz *archive, npz_member *member) {
    const uint8_t *const entry = archive->bytes + archive->at;
    const size_t left = archive->size - archive->at;
    if (left < ENTRY_BYTES || memcmp(entry, "PK\1\2", 4) != 0) return truncated;
    const size_t name = read16(entry + 28), extra = read16(entry + 30), comment = read16(entry + 32);
    if (name + extra + comment > left - ENTRY_BYTES) return truncated;
    const uint32_t method = read16(entry + 10), packed = read32(entry + 20), size = read32(entry + 24);
    const size_t local = read32(entry + 42);
    if (packed == 0xFFFFFFFFu || size == 0xFFFFFFFFu || local == 0xFFFFFFFFu) return too_large;
    if ((read16(entry + 8) & ENCRYPTED) != 0) return "encrypted member";
    if (method != STORED && method != DEFLATED) return "member neither stored nor deflated";
    if (method == STORED && packed != size) return truncated;
    if (size > (uint64_t)packed * MAX_RATIO) return truncated;
    /* The record before the bytes repeats all this, and may have a name and extra fields of other lengths. Directory and end
     * follow the members. */
    if (local > archive->size || archive->size - local < LOCAL_BYTES) return truncated;
    const uint8_t *const header = archive->bytes + local;
    if (memcmp(header, "PK\3\4", 4) != 0) return truncated;
    const size_t skip = LOCAL_BYTES + read16(header + 26) + read16(header + 28);
    if (skip > archive->size - local || packed > archive->size - local - skip) return truncated;
    const char *why = count_member(archive, skip + packed + ENTRY_BYTES + name + extra + comment, size);
    if (why != NULL) return why;
    *member = (npz_member){
        (const char *)entry + ENTRY_BYTES, name, header + skip, packed, size, read32(entry + 16), method == DEFLATED};
    archive->at += ENTRY_BYTES + name + extra + comment;
    archive->left--;
    return NULL;
}

/* stb reads ahead and asks for the four bytes of zlib's checksum, which zip does not have: some of what follows are as good. */
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
