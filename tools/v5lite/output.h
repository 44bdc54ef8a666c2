/* SPDX-License-Identifier: MIT */
/* Output files that are complete or unchanged: written under a unique temporary name in the same directory, flushed
 * to the disk (but for output_commit_soon), then renamed. Errors, and signals that end the program, remove the
 * temporary file.
 *
 * No output replaces an input or another output (guard.h): nothing else in this program opens a file for writing. A
 * symbolic link is kept: its target is replaced or created. An existing file keeps its permissions; a
 * write-protected file is not replaced; other hard links keep the old contents. Pipes, sockets and devices are
 * written directly; /dev/stdout, /dev/stderr and /dev/fd/N are descriptors of this program. */
#ifndef V5LITE_OUTPUT_H
#define V5LITE_OUTPUT_H

#include <stdio.h>

typedef struct output {
    FILE *stream;
    const char *path;        /* borrowed */
    char *target;            /* the file that is replaced: path with links followed */
    char *temporary;         /* NULL: path is written directly */
    char *volatile *pending; /* slot of `temporary` for the signal handler */
} output;

/* Checks that an output can be written, before the work whose result it gets. Opens nothing. Reports an error and
 * returns STATUS_BAD otherwise. */
int output_check(const char *path);

/* Opens named pipes by this function from now on, which returns a descriptor or -1 with errno. After EINTR, output_open
 * returns STATUS_CLOSED and reports nothing. NULL: open(), whose wait for a reader only signals end. */
void output_open_pipes_by(int (*open_pipe)(const char *path));

/* Opens a file for writing at out->stream. Registers it with the guard, unless guard_output has: commands register
 * their outputs before their work. Reports an error and returns STATUS_BAD if that fails, or if the guard refuses. */
int output_open(output *out, const char *path);

/* Gives an unfinished file its final name at once, for readers that follow it. Reports an error and returns
 * STATUS_BAD if that fails. Needs output_commit or output_discard as before. */
int output_publish(output *out);

/* Closes and renames the file. If a write failed, removes it, reports an error and returns STATUS_BAD. */
int output_commit(output *out);

/* The same without waiting for the disk: after a loss of power the file may be incomplete. */
int output_commit_soon(output *out);

/* Removes the unfinished file. */
void output_discard(output *out);

/* Installs signal handlers: signals that end the program first remove temporary files; a write into a closed pipe or
 * past a file size limit becomes an error instead of a signal. */
void output_clean_on_signals(void);

/* Checks that `path` is a writable directory; creates it, but not its parents, if it is missing. Reports an error
 * and returns STATUS_BAD on failure. */
int output_directory(const char *path);

/* At the end of the program: forgets the directories that output_directory created; with remove_empty, after a failure,
 * removes those that are empty. */
void output_forget_directories(int remove_empty);

/* Returns directory/base with suffix; base alone if directory is NULL, the current one. malloc'ed, NULL if out of
 * memory. */
char *output_join(const char *directory, const char *base, int base_length, const char *suffix);

#endif
