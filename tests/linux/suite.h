/* SPDX-License-Identifier: MIT */
/* Tests that run as the first process of a kernel, whose cameras are those of the driver vivid. */
#ifndef SUITE_H
#define SUITE_H

#include <stddef.h>
#include <sys/types.h>

typedef struct test {
    const char *name;
    void (*run)(void);
} test;

extern const test camera_tests[], watch_tests[], digit_tests[]; /* each ends with a name NULL */

/* Ends the test that runs, which has failed, with the reason. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

void sleep_ms(int milliseconds);

/* ---- vivid's devices ---- */

/* Made by the module's parameters (init.c): cameras with one memory plane and with several, an HDMI input with an
 * output that it can be connected to. */
#define CAMERA "/dev/video0"
#define CAMERA_WITH_PLANES "/dev/video1"
#define HDMI_INPUT "/dev/video2"
#define HDMI_OUTPUT "/dev/video3"

/* Numbers of vivid's own controls. */
enum {
    VIVID_PATTERN = 0x00f0f000,
    VIVID_TEXT,
    VIVID_COLORSPACE = 0x00f0f019,
    VIVID_ENCODING = 0x00f0f01b,
    VIVID_RANGE,
    VIVID_LOOP = 0x00f0f025,
    VIVID_PERCENT_DROPPED = 0x00f0f040,
    VIVID_INJECT_BROKEN = 0x00f0f042,
    VIVID_INJECT_FATAL = 0x00f0f046,
};
enum { PATTERN_BARS_100 = 1, TEXT_NONE = 2 };

void vivid_set(const char *device, unsigned control, int value);

/* Take the hardware away, as pulling the cable of a camera does, and give it back. */
void vivid_unplug(void);
void vivid_plug(void);

/* ---- the program ---- */

/* Starts /v5lite with these words, which end with NULL. Its output goes to files. */
pid_t start(const char *const *words);

/* What it has written so far. */
typedef enum stream_of { OUTPUT, ERRORS } stream_of;
const char *text_of(stream_of which);
int lines_of(stream_of which);

/* Waits until the program has written this many lines. */
void wait_for_lines(pid_t program, stream_of which, int lines);

/* Waits for the program's end. Returns its status, or 128 + the signal that ended it. */
int status_of(pid_t program);

/* Fails if the program has not ended with this status, or if its errors lack this text. */
void expect_end(pid_t program, int status, const char *error);

#endif
