/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: large files and inode numbers */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "message.h"

/* The temporary name does not contain the final one: that could be as long as names may be. */
static char *temporary_name(const char *path) {
    int directory = (int)(file_base(path) - path); /* with its '/' */
    size_t size = (size_t)directory + 40;
    char *name = malloc(size);
    if (name != NULL) snprintf(name, size, "%.*s.v5lite-%ld.tmp", directory, path, (long)getpid());
    return name;
}

/* A device or a pipe is written to as it is: renaming would put a file in its place. */
static int is_special(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int output_open(output *out, const char *path) {
    const int special = is_special(path);
    *out = (output){NULL, path, special ? NULL : temporary_name(path)};
    if (!special && out->temporary == NULL) return complain("cannot write", path, "out of memory");
    out->stream = special ? fopen(path, "wb") : fopen(out->temporary, "wbx");
    if (out->stream == NULL) {
        complain("cannot write", path, "%s", strerror(errno));
        free(out->temporary);
        return STATUS_BAD;
    }
    return STATUS_OK;
}

int output_commit(output *out) {
    errno = 0;
    int failed = ferror(out->stream);
    failed |= fclose(out->stream) != 0;
    failed = failed || (out->temporary != NULL && rename(out->temporary, out->path) != 0);
    if (failed) {
        int reason = errno;
        if (out->temporary != NULL) remove(out->temporary);
        complain("cannot write", out->path, "%s", reason != 0 ? strerror(reason) : "earlier write failed");
    }
    free(out->temporary);
    return failed ? STATUS_BAD : STATUS_OK;
}

void output_discard(output *out) {
    fclose(out->stream);
    if (out->temporary != NULL) remove(out->temporary);
    free(out->temporary);
}

int output_directory(const char *path) {
    struct stat status;
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return complain("cannot create directory", path, "%s", strerror(errno));
    if (stat(path, &status) != 0) return complain("cannot use directory", path, "%s", strerror(errno));
    if (!S_ISDIR(status.st_mode)) return complain("cannot use directory", path, "expected a directory");
    if (access(path, W_OK | X_OK) != 0) return complain("cannot write into directory", path, "%s", strerror(errno));
    return STATUS_OK;
}

char *output_join(const char *directory, const char *base, int base_length, const char *suffix) {
    const char *before = directory != NULL ? directory : "";
    const char *slash = *before == 0 || before[strlen(before) - 1] == '/' ? "" : "/";
    size_t size = strlen(before) + (size_t)base_length + strlen(suffix) + 2;
    char *path = malloc(size);
    if (path != NULL) snprintf(path, size, "%s%s%.*s%s", before, slash, base_length, base, suffix);
    return path;
}
