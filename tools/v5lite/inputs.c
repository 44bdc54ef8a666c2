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

/* Takes ownership of path. */
static int add(inputs *in, char *path) {
    const char *why = path != NULL ? guard_input(path) : NULL;
    if (why != NULL) {
        complain("cannot read image", path, "%s", why);
        free(path);
        return STATUS_BAD;
    }
    char **paths = path != NULL ? realloc(in->paths, (in->count + 1) * sizeof *paths) : NULL;
    if (paths == NULL) {
        free(path);
        return complain("cannot list images", "memory", "out of memory");
    }
    in->paths = paths;
    in->paths[in->count++] = path;
    return STATUS_OK;
}

static int add_directory(inputs *in, const char *directory) {
    size_t first = in->count;
    int status = STATUS_OK;
    DIR *entries = opendir(directory);
    if (entries == NULL) return complain("cannot read directory", directory, "%s", strerror(errno));
    while (status == STATUS_OK) {
        errno = 0; /* tells the end of the directory from an error */
        /* readdir_r is deprecated; no other thread has this stream. */
        const struct dirent *entry = readdir(entries); /* cppcheck-suppress readdirCalled */
        if (entry == NULL && errno != 0) status = complain("cannot read directory", directory, "%s", strerror(errno));
        if (entry == NULL) break;
        if (file_extension_in(entry->d_name, IMAGE_EXTENSIONS))
            status = add(in, output_join(directory, entry->d_name, (int)strlen(entry->d_name), ""));
    }
    closedir(entries);
    if (status == STATUS_OK && in->count == first)
        status = complain("no images", directory, "expected files named *.jpg, jpeg, png, bmp, ppm or pgm");
    if (status == STATUS_OK) qsort(in->paths + first, in->count - first, sizeof *in->paths, compare_texts);
    return status;
}

int inputs_expand(inputs *in, int count, char *const *arguments) {
    int from_stdin = 0, status = STATUS_OK;
    *in = (inputs){NULL, 0, count > 1};
    for (int i = 0; i < count && status == STATUS_OK; i++) {
        struct stat info;
        int is_stdin = strcmp(arguments[i], "-") == 0;
        if (is_stdin && from_stdin++)
            status = complain("bad argument", "-", "expected standard input to be named once");
        else if (!is_stdin && stat(arguments[i], &info) == 0 && S_ISDIR(info.st_mode)) {
            in->several = 1;
            status = add_directory(in, arguments[i]);
        } else
            status = add(in, strdup(arguments[i])); /* a missing file is reported when its turn comes */
    }
    return status;
}

void inputs_free(inputs *in) {
    for (size_t i = 0; i < in->count; i++)
        free(in->paths[i]);
    free(in->paths);
}

const char *find_duplicate(char *const *texts, size_t count) {
    const char *found = NULL;
    char **sorted = malloc((count + 1) * sizeof *sorted);
    if (sorted == NULL) return texts[0]; /* refuse rather than let one output replace another */
    memcpy(sorted, texts, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_texts);
    for (size_t i = 1; i < count && found == NULL; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0) found = sorted[i];
    free(sorted);
    return found;
}
