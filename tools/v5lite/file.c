/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE      /* madvise, MAP_POPULATE */
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: large files and inode numbers */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* With all pages of a mapping at once, instead of a fault for each few of them: they will all be read. */
#if defined(MAP_POPULATE)
enum { MAPPING = MAP_PRIVATE | MAP_POPULATE };
#else
enum { MAPPING = MAP_PRIVATE };
#endif

void *allocate64(size_t size) {
    if (size > SIZE_MAX - 63) return NULL;
    size_t rounded = (size + 63) & ~(size_t)63;
    return aligned_alloc(64, rounded != 0 ? rounded : 64);
}

void *allocate_large(size_t size) {
#if defined(MADV_HUGEPAGE) && !defined(__SANITIZE_ADDRESS__) /* which shall see every byte behind the end */
    const size_t page = (size_t)1 << 21, pages = (size + page / 2) / page;
    if (size <= SIZE_MAX / 2 && pages > 0) {
        const size_t whole = pages * page, bytes = size < whole ? whole : size;
        void *data = aligned_alloc(page, (bytes + page - 1) / page * page);
        if (data != NULL) (void)madvise(data, whole, MADV_HUGEPAGE); /* a wish */
        return data;
    }
#endif
    return allocate64(size);
}

/* The size to start with: that of a regular file and one byte, in which reading meets its end. */
static size_t first_capacity(const struct stat *status, size_t limit) {
    if (!S_ISREG(status->st_mode) || status->st_size < 0) return 65536;
    uintmax_t size = (uintmax_t)status->st_size;
    return size < limit ? (size_t)size + 1 : limit + 1;
}

static int grow(file_bytes *bytes, size_t *capacity, size_t limit) {
    size_t larger = *capacity < limit / 2 ? *capacity * 2 : limit + 1;
    uint8_t *data = allocate64(larger);
    if (data == NULL) return 0;
    memcpy(data, bytes->data, bytes->size);
    free(bytes->data);
    bytes->data = data;
    *capacity = larger;
    return 1;
}

static const char *read_stream(FILE *stream, size_t limit, file_bytes *out) {
    struct stat status;
    if (fstat(fileno(stream), &status) != 0) return strerror(errno);
    if (S_ISDIR(status.st_mode)) return "is a directory";
    size_t capacity = first_capacity(&status, limit);
    file_bytes bytes = {allocate64(capacity), 0, 0};
    const char *why = bytes.data == NULL ? "out of memory" : NULL;
    while (why == NULL) {
        size_t wanted = capacity - bytes.size;
        size_t got = fread(bytes.data + bytes.size, 1, wanted, stream);
        bytes.size += got;
        if (ferror(stream))
            why = strerror(errno);
        else if (bytes.size > limit)
            why = "file too large";
        else if (got < wanted)
            break;
        else if (!grow(&bytes, &capacity, limit))
            why = "out of memory";
    }
    if (why == NULL)
        *out = bytes;
    else
        free(bytes.data);
    return why;
}

const char *file_read(const char *path, size_t limit, file_bytes *out) {
    if (strcmp(path, "-") == 0) return read_stream(stdin, limit, out);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return strerror(errno);
    const char *why = read_stream(stream, limit, out);
    fclose(stream);
    return why;
}

const char *file_map(const char *path, size_t limit, file_bytes *out) {
    struct stat status;
    void *data = MAP_FAILED;
    const int file = open(path, O_RDONLY);
    if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
        (uintmax_t)status.st_size <= limit)
        data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAPPING, file, 0);
    if (file >= 0) close(file);
    if (data == MAP_FAILED) return file_read(path, limit, out); /* which has the reason, where there is one */
    *out = (file_bytes){data, (size_t)status.st_size, 1};
    return NULL; /* cppcheck-suppress memleak ; out has it */
}

void file_release(file_bytes *bytes) {
    if (bytes->mapped)
        munmap(bytes->data, bytes->size);
    else
        free(bytes->data);
    *bytes = (file_bytes){NULL, 0, 0};
}

const char *file_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const char *file_extension(const char *path) {
    const char *base = file_base(path);
    const char *dot = strrchr(base, '.');
    return dot != NULL && dot != base ? dot : base + strlen(base);
}

int file_extension_in(const char *path, const char *list) {
    const char *extension = file_extension(path);
    if (*extension == 0) return 0;
    size_t length = strlen(++extension);
    for (const char *word = list; *word != 0;) {
        size_t n = strcspn(word, "|");
        if (n == length && strncasecmp(word, extension, n) == 0) return 1;
        word += n + (word[n] == '|');
    }
    return 0;
}
