/* SPDX-License-Identifier: MIT */
/* Refuses outputs that would replace inputs. file.c and output.c register every file that the command reads or is
 * going to write, so that no command can omit it. Callable from any thread. */
#ifndef V5LITE_GUARD_H
#define V5LITE_GUARD_H

/* Registers an input before it is read, if it exists, under all of its names; devices are not registered. Returns
 * NULL, or the reason why it must not be read: out of memory, or standard output is redirected into this file. */
const char *guard_input(const char *path);
const char *guard_input_file(int file);

/* Registers a directory in which all files with this extension (".npy") are inputs: no such output may be written
 * into it. */
const char *guard_input_directory(const char *path, const char *extension);

/* Registers an output before any work is done. Reports an error and returns STATUS_BAD if it is the same file as an
 * input, another output or the file of standard output, or would be added to a directory of inputs. Recognises links
 * of any kind and other spellings of the path. */
int guard_output(const char *path);

/* For output.c, before it opens a file: accepts an output that is registered and not opened yet, and registers
 * others. */
int guard_output_opens(const char *path);

/* For output.c: the output is complete and is now the file at `path`. */
void guard_output_written(const char *path);

/* Removes all registrations. */
void guard_forget(void);

#endif
