/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: large files and inode numbers */
#include "targets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "guard.h"
#include "image_file.h"
#include "message.h"
#include "output.h"

/* Makes directory/NAME.EXTENSION for each input. An empty extension stands for that of a PNG or JPEG input, or .png. */
static int make_paths(targets *out, const inputs *in, const char *directory, const char *extension) {
    *out = (targets){calloc(in->count, sizeof *out->paths), in->count};
    for (size_t i = 0; i < in->count; i++) {
        const char *path = in->paths[i];
        const char *base = strcmp(path, "-") == 0 ? "stdin" : file_base(path);
        int stem = (int)(file_extension(base) - base);
        const char *suffix = extension;
        if (*suffix == 0) {
            int keep = file_extension_in(base, "png|jpg|jpeg");
            suffix = keep ? "" : ".png";
            stem = keep ? (int)strlen(base) : stem;
        }
        char *made = out->paths != NULL ? output_join(directory, base, stem, suffix) : NULL;
        if (made == NULL) return report_error("cannot name outputs", "memory", "out of memory");
        out->paths[i] = made;
    }
    return STATUS_OK;
}

int targets_text(targets *out, const inputs *in, const char *directory) {
    return make_paths(out, in, directory, ".txt");
}

int targets_pictures(targets *out, const inputs *in, const char *where, int *is_directory) {
    struct stat info;
    int exists_as_directory = stat(where, &info) == 0 && S_ISDIR(info.st_mode);
    const size_t length = strlen(where);
    *is_directory = exists_as_directory || *file_extension(where) == 0 || (length > 0 && where[length - 1] == '/');
    if (strcmp(where, "-") == 0) /* stdout is for detections */
        return report_error("bad value", "-", "expected a file or a directory for --draw");
    if (*is_directory) return make_paths(out, in, where, "");
    if (!file_extension_in(where, IMAGE_OUTPUT_EXTENSIONS))
        return report_error("bad value", where,
                            "expected for --draw " IMAGE_OUTPUT_EXPECTED ", or a directory, written as %s/", where);
    if (in->several) return report_error("bad value", where, "expected a directory for --draw with several images");
    *out = (targets){calloc(1, sizeof *out->paths), 1};
    if (out->paths != NULL) out->paths[0] = strdup(where);
    if (out->paths == NULL || out->paths[0] == NULL)
        return report_error("cannot name outputs", "memory", "out of memory");
    return STATUS_OK;
}

/* Returns the first bad status. */
static int for_each(const targets *out, int (*check)(const char *path)) {
    int status = STATUS_OK;
    for (size_t i = 0; out->paths != NULL && i < out->count && status == STATUS_OK; i++)
        status = check(out->paths[i]);
    return status;
}

int targets_guard(const targets *out) { return for_each(out, guard_output); }

int targets_check(const targets *out) { return for_each(out, output_check); }

void targets_free(targets *out) {
    for (size_t i = 0; out->paths != NULL && i < out->count; i++)
        free(out->paths[i]);
    free(out->paths);
}
