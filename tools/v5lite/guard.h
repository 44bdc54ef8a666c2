/* SPDX-License-Identifier: MIT */
/* No output is an input. This module knows every file that the command reads, and every file that it is going to write; file.c and
 * output.c tell it, so that no reader and no writer can forget to. */
#ifndef V5LITE_GUARD_H
#define V5LITE_GUARD_H

/* Notes an input before it is read, if it exists: a file under any of its names. Devices are not noted. Returns NULL, or a text
 * that says why it must not be read: memory is short, or standard output goes into this very file. */
const char *guard_input(const char *path);
const char *guard_input_file(int file);

/* Notes a directory of which all files with this extension (".npy") are inputs: no output of that kind may be put into it. */
const char *guard_input_directory(const char *path, const char *extension);

/* Notes an output before any work is done. Reports an error and returns STATUS_BAD if it is the same file as an input, would join the
 * inputs of a directory, or is another output or the file behind standard output: through links of any kind, and other spellings
 * of the path. */
int guard_output(const char *path);

/* For output.c, which opens nothing without it: true of an output noted before, and not opened yet; notes others. */
int guard_output_opens(const char *path);

/* For output.c: the output has become the file that is now at `path`. */
void guard_output_written(const char *path);

/* Forgets everything. */
void guard_forget(void);

#endif
