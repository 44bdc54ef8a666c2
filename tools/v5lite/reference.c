/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "reference.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guard.h"
#include "message.h"
#include "output.h"

static const char suffix[] = ".npy";
static const size_t max_archive_bytes = (size_t)1 << 30;

enum { SUFFIX_LENGTH = sizeof suffix - 1, MAX_ARRAYS = NPZ_MAX_MEMBERS };

static int has_suffix(const char *name, size_t length) {
    return length > SUFFIX_LENGTH && memcmp(name + length - SUFFIX_LENGTH, suffix, SUFFIX_LENGTH) == 0;
}

/* Copies the name of a file or member without its suffix, malloc'ed. Returns NULL if out of memory. */
static char *array_name(const char *name, size_t length) {
    char *copy = malloc(length - SUFFIX_LENGTH + 1);
    if (copy == NULL) return NULL;
    memcpy(copy, name, length - SUFFIX_LENGTH);
    copy[length - SUFFIX_LENGTH] = 0;
    return copy;
}

static int open_archive(reference *r) {
    npz archive;
    const char *why = file_read(r->path, max_archive_bytes, &r->file);
    if (why == NULL) why = npz_open(&archive, r->file.data, r->file.size);
    if (why != NULL)
        return report_error("cannot read reference", r->path, "%s: expected an .npz file or a directory of .npy files",
                            why);
    r->names = calloc((size_t)archive.all + 1, sizeof *r->names);
    r->members = calloc((size_t)archive.all + 1, sizeof *r->members);
    if (r->names == NULL || r->members == NULL) return report_error("cannot read reference", r->path, "out of memory");
    while (archive.left > 0) {
        npz_member *m = &r->members[r->count];
        why = npz_next(&archive, m);
        if (why != NULL) return report_error("cannot read reference", r->path, "%s", why);
        if (!has_suffix(m->name, m->name_length)) continue;
        r->names[r->count] = array_name(m->name, m->name_length);
        if (r->names[r->count] == NULL) return report_error("cannot read reference", r->path, "out of memory");
        r->count++;
    }
    return STATUS_OK;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Adds a file of the directory and takes ownership of its malloc'ed name. Skips pipes and the like, which may never
 * end. */
static const char *add_file(reference *r, char *name) {
    struct stat status;
    char *path = output_join(r->path, name, (int)strlen(name), suffix);
    const char *why = path == NULL ? "out of memory" : guard_input(path);
    const int is_file = why == NULL && stat(path, &status) == 0 && S_ISREG(status.st_mode);
    if (why == NULL && !is_file) report_error("skipped", path, "expected a regular file");
    free(path);
    if (is_file)
        r->names[r->count++] = name;
    else
        free(name);
    return why;
}

/* Lists the arrays of the directory. Returns NULL, or the reason of a failure. */
static const char *list_directory(reference *r, DIR *directory) {
    const char *why = NULL;
    while (why == NULL) {
        errno = 0; /* distinguishes the end of the directory from an error */
        /* readdir_r is deprecated, and no other thread uses this stream. */
        const struct dirent *entry = readdir(directory); /* cppcheck-suppress readdirCalled */
        if (entry == NULL) return errno != 0 ? strerror(errno) : NULL;
        if (!has_suffix(entry->d_name, strlen(entry->d_name))) continue;
        if (r->count == MAX_ARRAYS) return "has more than 8192 arrays";
        char *name = array_name(entry->d_name, strlen(entry->d_name));
        why = name != NULL ? add_file(r, name) : "out of memory";
    }
    return why;
}

static int open_directory(reference *r) {
    DIR *directory = opendir(r->path);
    if (directory == NULL) return report_error("cannot read reference", r->path, "%s", strerror(errno));
    const char *why = guard_input_directory(r->path, suffix);
    r->names = calloc(MAX_ARRAYS, sizeof *r->names);
    if (r->names == NULL) why = "out of memory";
    if (why == NULL) why = list_directory(r, directory);
    closedir(directory);
    if (why != NULL) return report_error("cannot read reference", r->path, "%s", why);
    qsort(r->names, (size_t)r->count, sizeof *r->names, by_name);
    return STATUS_OK;
}

int reference_open(reference *r, const char *path) {
    struct stat status;
    *r = (reference){.path = path};
    int opened = stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? open_directory(r) : open_archive(r);
    if (opened == STATUS_OK && r->count == 0)
        return report_error("cannot read reference", path, "has no array, expected some named *.npy");
    return opened;
}

int reference_load(const reference *r, int i, reference_array *out) {
    reference_array a = {.file = {NULL, 0}};
    char *path = NULL;
    const char *why;
    if (r->members != NULL) {
        why = npz_unpack(&r->members[i], &a.file.data);
        a.file.size = r->members[i].size;
    } else {
        path = output_join(r->path, r->names[i], (int)strlen(r->names[i]), suffix);
        why = path != NULL ? file_read(path, NPZ_MAX_MEMBER, &a.file) : "out of memory";
    }
    free(path);
    const int read = why == NULL;
    if (read) why = npy_parse(a.file.data, a.file.size, &a.array);
    if (why != NULL) {
        if (read) reference_release(&a);
        char where[400];
        snprintf(where, sizeof where, "%.180s: %.180s", r->path, r->names[i]);
        return report_error("cannot read array", where, "%s", why);
    }
    *out = a;
    return STATUS_OK;
}

void reference_release(reference_array *array) { file_release(&array->file); }

void reference_close(reference *r) {
    for (int i = 0; i < r->count; i++)
        free(r->names[i]);
    free(r->names);
    free(r->members);
    file_release(&r->file);
}
