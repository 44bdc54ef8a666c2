/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: large files and inode numbers */
#include "inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "guard.h"
#include "image_file.h"
#include "message.h"
#include "output.h"

static int compare_texts(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Appends a path and takes ownership of it. */
static int append(inputs *in, char *path) {
    if (path != NULL && in->count == in->capacity) {
        const size_t larger = in->capacity > 0 ? 2 * in->capacity : 16;
        char **paths = realloc(in->paths, larger * sizeof *paths);
        if (paths != NULL) {
            in->paths = paths;
            in->capacity = larger;
        }
    }
    if (path == NULL || in->count == in->capacity) {
        free(path);
        return report_error("cannot list images", "memory", "out of memory");
    }
    in->paths[in->count++] = path;
    return STATUS_OK;
}

/* Appends an image, which no output may replace. */
static int add(inputs *in, char *path) {
    const char *why = path != NULL ? guard_input(path) : NULL;
    if (why == NULL) return append(in, path);
    report_error("cannot read image", path, "%s", why);
    free(path);
    return STATUS_BAD;
}

typedef enum entry_kind { ENTRY_OTHER, ENTRY_PICTURE, ENTRY_DIRECTORY } entry_kind;

/* Classifies an entry of a directory. A dangling link counts as a picture, and is reported when it is read. A pipe,
 * socket or device does not count, since reading it could block forever. */
static entry_kind kind_of(const char *path) {
    struct stat info;
    if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode)) return ENTRY_DIRECTORY;
    if (!file_extension_in(path, IMAGE_EXTENSIONS)) return ENTRY_OTHER;
    return stat(path, &info) != 0 || S_ISREG(info.st_mode) ? ENTRY_PICTURE : ENTRY_OTHER;
}

/* Adds an entry to the pictures, or to the directories still to be listed. */
static int add_entry(inputs *in, inputs *directories, const char *directory, const char *name, int recursive) {
    if (name[0] == '.') return STATUS_OK; /* hidden, or "." or ".." */
    char *path = output_join(directory, name, (int)strlen(name), "");
    const entry_kind kind = path != NULL ? kind_of(path) : ENTRY_PICTURE;
    if (kind == ENTRY_PICTURE) return add(in, path);
    if (kind == ENTRY_DIRECTORY && recursive) return append(directories, path);
    free(path);
    return STATUS_OK;
}

static int list_directory(inputs *in, inputs *directories, const char *directory, int recursive) {
    int status = STATUS_OK;
    DIR *entries = opendir(directory);
    if (entries == NULL) return report_error("cannot read directory", directory, "%s", strerror(errno));
    while (status == STATUS_OK) {
        errno = 0; /* distinguishes the end of the directory from an error */
        /* readdir_r is deprecated, and no other thread uses this stream. */
        const struct dirent *entry = readdir(entries); /* cppcheck-suppress readdirCalled */
        if (entry == NULL && errno != 0)
            status = report_error("cannot read directory", directory, "%s", strerror(errno));
        if (entry == NULL) break;
        status = add_entry(in, directories, directory, entry->d_name, recursive);
    }
    closedir(entries);
    return status;
}

/* Adds the pictures of a directory. Does not follow links to directories below it, so that loops do no harm. */
static int add_directory(inputs *in, const char *directory, int recursive) {
    const size_t first = in->count;
    inputs directories = {.count = 0};
    int status = append(&directories, strdup(directory));
    for (size_t i = 0; i < directories.count && status == STATUS_OK; i++)
        status = list_directory(in, &directories, directories.paths[i], recursive);
    inputs_free(&directories);
    if (status == STATUS_OK && in->count == first)
        status = report_error("no images", directory,
                              "expected files named *.jpg, jpeg, png, bmp, ppm, pgm, pbm, pnm or pam%s",
                              recursive ? "" : ", or --recursive");
    if (status == STATUS_OK) qsort(in->paths + first, in->count - first, sizeof *in->paths, compare_texts);
    return status;
}

int inputs_expand(inputs *in, int recursive, int count, char *const *arguments) {
    int from_stdin = 0, status = STATUS_OK;
    *in = (inputs){.several = count > 1};
    for (int i = 0; i < count && status == STATUS_OK; i++) {
        struct stat info;
        int is_stdin = strcmp(arguments[i], "-") == 0;
        if (is_stdin && from_stdin++)
            status = report_error("bad argument", "-", "expected standard input to be named once");
        else if (!is_stdin && stat(arguments[i], &info) == 0 && S_ISDIR(info.st_mode)) {
            in->several = 1;
            status = add_directory(in, arguments[i], recursive);
        } else
            status = add(in, strdup(arguments[i])); /* a missing file is reported when it is read */
    }
    return status;
}

void inputs_free(inputs *in) {
    for (size_t i = 0; i < in->count; i++)
        free(in->paths[i]);
    free(in->paths);
}

int find_duplicate(char *const *texts, size_t count, const char **found) {
    char **sorted = malloc((count + 1) * sizeof *sorted);
    *found = NULL;
    if (sorted == NULL) return 0;
    memcpy(sorted, texts, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_texts);
    for (size_t i = 1; i < count && *found == NULL; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0) *found = sorted[i];
    free(sorted);
    return 1;
}
