/* SPDX-License-Identifier: MIT */
/* Where and by what a figure or a report was made. */
#ifndef V5LITE_MACHINE_H
#define V5LITE_MACHINE_H

#include <stdio.h>

#include "session.h"

enum { MACHINE_TEXT = 128 };

/* The name of the CPU as the system has it, printable; "unknown" where it has none. */
void machine_cpu(char text[MACHINE_TEXT]);

/* The same from a text in the form of Linux' /proc/cpuinfo. */
void machine_cpu_of(FILE *cpuinfo, char text[MACHINE_TEXT]);

/* The compiler that built this program, and its version. */
const char *machine_compiler(void);

/* "2026-11-28 05:01:33 UTC": now, or SOURCE_DATE_EPOCH if the environment has it. Reports an error and returns STATUS_BAD if that is not a
 * number of seconds until the end of year 9999. */
int machine_date(char text[MACHINE_TEXT]);

/* The instruction sets of the kernels that the session's net runs, with a comma between: "avx512, avx2". */
void machine_kernels(const session *s, char text[MACHINE_TEXT]);

/* CPU, kernels, version and compiler: lines of text, or members of a JSON object with a comma after the last one. */
void machine_report_text(const char *kernels);
void machine_report_json(const char *kernels);

#endif
