/* SPDX-License-Identifier: MIT */
/* The CPU, compiler, date and kernels of a measurement or report. */
#ifndef V5LITE_MACHINE_H
#define V5LITE_MACHINE_H

#include <stdio.h>

#include "session.h"

enum { MACHINE_TEXT = 128 };

/* Returns the name of the CPU from the system, printable; "unknown" if it has none. */
void machine_cpu(char text[MACHINE_TEXT]);

/* Reads the name from text in the format of /proc/cpuinfo of Linux. */
void machine_cpu_of(FILE *cpuinfo, char text[MACHINE_TEXT]);

/* Returns the compiler that built this program, and its version. */
const char *machine_compiler(void);

/* Formats the current time, or SOURCE_DATE_EPOCH if the environment has it: "2026-11-28 05:01:33 UTC". Reports an
 * error and returns STATUS_BAD if SOURCE_DATE_EPOCH is not a number of seconds up to the year 9999. */
int machine_date(char text[MACHINE_TEXT]);

/* Lists the instruction sets of the kernels that the session's net runs, such as "avx512, avx2". */
void machine_kernels(const session *s, char text[MACHINE_TEXT]);

/* Print CPU, kernels, version and compiler: as lines, or as members of a JSON object with a comma after the last. */
void machine_report_text(const char *kernels);
void machine_report_json(const char *kernels);

#endif
