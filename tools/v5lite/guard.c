/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: large files and inode numbers */
#include "guard.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "message.h"

/* A key is the same text for all names of a file: "F device inode" if the file exists; otherwise device and inode of
 * the nearest existing directory, and the rest of the path. "D device inode .npy" is a directory into which no such
 * file may be written; "N path" is the name under which an output was registered. */
enum { INPUT = 0 }; /* outputs are numbered from 1 */

typedef struct entry {
    char *key; /* NULL: empty */
    int owner; /* INPUT, or an output's number */
    int opened;
} entry;

/* A hash table with open addressing. `capacity` is a power of two; at most half of the entries are used. */
static struct {
    entry *entries;
    size_t capacity, count;
    int outputs;
} known;

/* Of `known`: watch reads pictures on one thread and writes snapshots on another. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t hash_of(const char *key) {
    uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */
    for (; *key != 0; key++)
        hash = (hash ^ (unsigned char)*key) * 0x100000001B3u;
    return (size_t)(hash ^ hash >> 32);
}

/* Returns the entry of a key, or the empty entry for it. The capacity is not 0. */
static entry *place_of(entry *entries, size_t capacity, const char *key) {
    size_t at = hash_of(key) & (capacity - 1);
    while (entries[at].key != NULL && strcmp(entries[at].key, key) != 0)
        at = (at + 1) & (capacity - 1);
    return &entries[at];
}

static entry *find(const char *key) {
    entry *e = known.capacity > 0 ? place_of(known.entries, known.capacity, key) : NULL;
    return e != NULL && e->key != NULL ? e : NULL;
}

static int make_room(void) {
    if (2 * (known.count + 1) <= known.capacity) return 1;
    const size_t capacity = known.capacity > 0 ? 2 * known.capacity : 64;
    entry *entries = calloc(capacity, sizeof *entries);
    if (entries == NULL) return 0;
    for (size_t i = 0; i < known.capacity; i++)
        if (known.entries[i].key != NULL) *place_of(entries, capacity, known.entries[i].key) = known.entries[i];
    free(known.entries);
    known.entries = entries;
    known.capacity = capacity;
    return 1;
}

/* Adds a key and takes ownership of it; an existing key keeps its owner. Returns 0 if out of memory. */
static int add(char *key, int owner) {
    if (key == NULL) return 0;
    if (find(key) != NULL || !make_room()) {
        const int is_known = find(key) != NULL;
        free(key);
        return is_known;
    }
    *place_of(known.entries, known.capacity, key) = (entry){key, owner, 0};
    known.count++;
    return 1;
}

static int add_locked(char *key, int owner) {
    pthread_mutex_lock(&lock);
    const int is_added = add(key, owner);
    pthread_mutex_unlock(&lock);
    return is_added;
}

static char *make_key(char kind, const struct stat *status, const char *rest) {
    const size_t size = strlen(rest) + 64;
    char *key = malloc(size);
    if (key != NULL)
        snprintf(key, size, "%c %" PRIuMAX " %" PRIuMAX " %s", kind, (uintmax_t)status->st_dev,
                 (uintmax_t)status->st_ino, rest);
    return key;
}

static char *name_key(const char *path) {
    char *key = malloc(strlen(path) + 3);
    if (key != NULL) sprintf(key, "N %s", path);
    return key;
}

/* Removes empty and "." parts. */
static void normalise(char *path) {
    char *to = path;
    for (const char *from = path; *from != 0;) {
        const size_t length = strcspn(from, "/");
        if (length > 0 && !(length == 1 && *from == '.')) {
            if (to != path) *to++ = '/';
            memmove(to, from, length);
            to += length;
        }
        from += length + (from[length] == '/');
    }
    *to = 0;
}

/* Returns the key of a missing file: of the nearest existing directory, returned in *parent, and the rest of the
 * path. */
static char *key_of_missing(const char *path, struct stat *parent) {
    char *copy = strdup(path), *key = NULL;
    if (copy == NULL) return NULL;
    for (size_t length = strlen(path);;) {
        while (length > 0 && path[length - 1] != '/')
            length--;
        memcpy(copy, path, length);
        copy[length] = 0;
        if (stat(length > 0 ? copy : ".", parent) == 0) {
            memmove(copy, path + length, strlen(path + length) + 1);
            normalise(copy);
            key = make_key('F', parent, copy);
            break;
        }
        if (length == 0) break;
        while (length > 0 && path[length - 1] == '/')
            length--;
    }
    free(copy);
    return key;
}

/* Makes the keys of an output and of its directory, malloc'ed. *out is NULL for a device, which may always be
 * written; *directory is NULL if it does not exist yet. Returns 0 if out of memory. */
static int keys_of(const char *path, char **out, char **directory) {
    struct stat status, parent;
    *out = *directory = NULL;
    const int exists = stat(path, &status) == 0;
    if (exists && S_ISCHR(status.st_mode)) return 1;
    char *target = file_target(path);
    char *missing = target != NULL ? key_of_missing(target, &parent) : NULL;
    if (missing == NULL) {
        free(target);
        return 0;
    }
    const int is_direct = strchr(missing, '/') == NULL;
    if (is_direct) *directory = make_key('D', &parent, file_extension(target));
    *out = exists ? make_key('F', &status, "") : missing;
    if (exists) free(missing);
    free(target);
    return *out != NULL && (!is_direct || *directory != NULL);
}

static int no_memory(const char *path) { return report_error("cannot check outputs", path, "out of memory"); }

/* Returns whether standard output is redirected into this file. */
static int is_results_file(const struct stat *status) {
    struct stat output;
    return S_ISREG(status->st_mode) && fstat(STDOUT_FILENO, &output) == 0 && output.st_dev == status->st_dev &&
           output.st_ino == status->st_ino;
}

static const char *register_input(const struct stat *status) {
    if (S_ISCHR(status->st_mode)) return NULL;
    if (is_results_file(status)) return "standard output would change it, expected another place for results";
    return add_locked(make_key('F', status, ""), INPUT) ? NULL : "out of memory";
}

const char *guard_input(const char *path) {
    struct stat status;
    if (strcmp(path, "-") == 0) return guard_input_file(STDIN_FILENO);
    return stat(path, &status) == 0 ? register_input(&status) : NULL;
}

const char *guard_input_file(int file) {
    struct stat status;
    return fstat(file, &status) == 0 ? register_input(&status) : NULL;
}

const char *guard_input_directory(const char *path, const char *extension) {
    struct stat status;
    if (stat(path, &status) != 0) return NULL;
    return add_locked(make_key('D', &status, extension), INPUT) ? NULL : "out of memory";
}

/* Returns the reason why output `number` must not be written there, or NULL. */
static const char *conflict(const char *path, const char *key, const char *directory, int number) {
    static const char twice[] = "one output would replace another";
    struct stat status;
    const entry *file = find(key);
    if (directory != NULL && find(directory) != NULL) return "output would join the inputs of its directory";
    if (file != NULL && file->owner == INPUT) return "output would replace an input";
    if (file != NULL && file->owner != number) return twice;
    return file_descriptor_of(path) < 0 && stat(path, &status) == 0 && is_results_file(&status) ? twice : NULL;
}

/* Registers the output as `number`, unless it must not be written. */
static int register_output(const char *path, int number) {
    char *key, *directory;
    int status = keys_of(path, &key, &directory) ? STATUS_OK : no_memory(path);
    const char *why = status == STATUS_OK && key != NULL ? conflict(path, key, directory, number) : NULL;
    if (why != NULL) status = report_error(why, path, "expected another place for outputs");
    if (status == STATUS_OK && key != NULL) {
        if (!add(key, number)) status = no_memory(path);
        key = NULL;
    }
    free(key);
    free(directory);
    return status;
}

int guard_output(const char *path) {
    pthread_mutex_lock(&lock);
    const int number = ++known.outputs;
    int status = register_output(path, number);
    if (status == STATUS_OK && !add(name_key(path), number)) status = no_memory(path);
    pthread_mutex_unlock(&lock);
    return status;
}

int guard_output_opens(const char *path) {
    char *name = name_key(path);
    if (name == NULL) return no_memory(path);
    pthread_mutex_lock(&lock);
    entry *registered = find(name);
    const int is_new = registered == NULL || registered->opened;
    if (!is_new) registered->opened = 1;
    const int status = register_output(path, is_new ? ++known.outputs : registered->owner);
    pthread_mutex_unlock(&lock);
    free(name);
    return status;
}

void guard_output_written(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0 || S_ISCHR(status.st_mode)) return;
    pthread_mutex_lock(&lock);
    (void)add(make_key('F', &status, ""), ++known.outputs); /* out of memory: its other names pass */
    pthread_mutex_unlock(&lock);
}

void guard_forget(void) {
    for (size_t i = 0; i < known.capacity; i++)
        free(known.entries[i].key);
    free(known.entries);
    memset(&known, 0, sizeof known);
}
