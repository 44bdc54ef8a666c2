/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/videodev2.h>

#include "suite.h"

/* ---- vivid's devices ---- */

void vivid_set(const char *device, unsigned control, int value) {
    const int file = open(device, O_RDWR);
    struct v4l2_control c = {.id = control, .value = value};
    if (file < 0 || ioctl(file, VIDIOC_S_CTRL, &c) != 0)
        fail("%s: control %x = %d: %s", device, control, value, strerror(errno));
    close(file);
}

static void write_file(const char *path, const char *text) {
    const int file = open(path, O_WRONLY);
    if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text)) fail("%s: %s", path, strerror(errno));
    close(file);
}

void vivid_unplug(void) { write_file("/sys/bus/platform/drivers/vivid/unbind", "vivid.0"); }

/* While a program still has the old device open, the new one gets other numbers. */
void vivid_plug(void) {
    for (int tries = 0; tries < 50; tries++) {
        write_file("/sys/bus/platform/drivers/vivid/bind", "vivid.0");
        if (access(CAMERA, F_OK) == 0) return;
        vivid_unplug();
        sleep_ms(100);
    }
    fail(CAMERA ": is not back");
}

/* ---- the program ---- */

static const char *const files[] = {"/tmp/output", "/tmp/errors"};

pid_t start(const char *const *words) {
    int opened[2];
    for (int i = 0; i < 2; i++)
        opened[i] = open(files[i], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    const pid_t child = fork();
    for (int i = 0; i < 2; i++)
        child == 0 ? dup2(opened[i], i + 1) : close(opened[i]);
    if (child != 0) return child;
    execv("/v5lite", (char *const *)words);
    _exit(127);
}

const char *text_of(stream_of which) {
    static char text[2][1 << 20];
    FILE *file = fopen(files[which], "r");
    const size_t size = file != NULL ? fread(text[which], 1, sizeof text[which] - 1, file) : 0;
    text[which][size] = 0;
    if (file != NULL) fclose(file);
    return text[which];
}

int lines_of(stream_of which) {
    int lines = 0;
    for (const char *c = text_of(which); *c != 0; c++)
        lines += *c == '\n';
    return lines;
}

void wait_for_lines(pid_t program, stream_of which, int lines) {
    enum { STEP_MS = 20 };
    while (lines_of(which) < lines) {
        if (waitpid(program, NULL, WNOHANG) == program)
            fail("it ended after %d lines, expected %d: %s", lines_of(which), lines, text_of(ERRORS));
        sleep_ms(STEP_MS);
    }
}

int status_of(pid_t program) {
    int status;
    if (waitpid(program, &status, 0) != program) fail("no program to wait for");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void expect_end(pid_t program, int status, const char *error) {
    const int ended = status_of(program);
    const char *errors = text_of(ERRORS);
    if (ended != status) fail("status %d, expected %d: %s", ended, status, errors);
    if (strstr(errors, error) == NULL) fail("expected '%s' in: %s", error, errors);
}
