/* SPDX-License-Identifier: MIT */
/* Output files that are complete or as they were: written under a temporary name in the same directory, which no other run has,
 * brought to the disk, then renamed. The temporary file goes with any error, and with any signal that ends the program.
 *
 * No output replaces an input or another output (guard.h): nothing else in this program opens a file for writing.
 * A symbolic link stays: the file that it leads to is replaced, or made. An existing file keeps its permissions, and one that is
 * write-protected is not replaced; other hard links to it keep the old contents. A pipe, a socket or a device is written to as
 * it is; /dev/stdout, /dev/stderr and /dev/fd/N are the descriptors that this program has. */
#ifndef V5LITE_OUTPUT_H
#define V5LITE_OUTPUT_H

#include <stdio.h>

typedef struct output {
    FILE *stream;
    const char *path;        /* borrowed */
    char *target;            /* what is replaced: path, links followed */
    char *temporary;         /* NULL: path is written to directly */
    char *volatile *pending; /* where signals find `temporary` */
} output;

/* Opens a file for writing at out->stream. Reports an error and returns STATUS_BAD if that fails, or if the guard refuses; else STATUS_OK.
 * A file that guard_output has not noted before is noted now: note the outputs of a command before its work. */
int output_open(output *out, const char *path);

/* Ends the file and gives it its name, or removes it if any write failed. Reports an error and returns STATUS_BAD then. */
int output_commit(output *out);

/* Removes the unfinished file. */
void output_discard(output *out);

/* From now on a signal that ends the program removes temporary files first; a write into a closed pipe, or past a limit on the size of
 * files, is an error and no signal. */
void output_clean_on_signals(void);

/* Makes sure that `path` is a directory that can be written to, creating it (not its parents) if it is missing.
 * Reports an error and returns STATUS_BAD otherwise. */
int output_directory(const char *path);

/* directory/base, or base alone in the current directory (NULL): malloc'ed, NULL if out of memory. */
char *output_join(const char *directory, const char *base, int base_length, const char *suffix);

#endif
