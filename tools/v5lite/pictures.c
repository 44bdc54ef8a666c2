/* SPDX-License-Identifier: MIT */
#include "pictures.h"

#include <stdio.h>

#include "message.h"
#include "progress.h"
#include "session.h"

static int process_one(picture_run *run, size_t index, picture_function *process, void *user) {
    image picture;
    const char *path = run->images->paths[index], *why;
    if (run->images->count > 1 && !run->quiet)
        progress_show(index + 1, run->images->count, (clock_ms() - run->began) / 1e3, path);
    const double began = clock_ms();
    if (!image_read(path, &picture, &why)) {
        run->failed++;
        report_error("cannot read image", path, "%s", why);
        return STATUS_OK;
    }
    const int status = process(user, index, &picture, clock_ms() - began);
    image_free(&picture);
    return status;
}

int pictures_process(picture_run *run, const inputs *images, int quiet, picture_function *process, void *user) {
    int status = STATUS_OK;
    *run = (picture_run){.images = images, .quiet = quiet, .began = clock_ms()};
    for (size_t i = 0; i < images->count && status == STATUS_OK; i++)
        status = process_one(run, i, process, user);
    progress_clear();
    return status;
}

void pictures_summary(const picture_run *run, const char *results) {
    char unread[48] = "";
    const double seconds = (clock_ms() - run->began) / 1e3;
    const size_t done = run->images->count - run->failed;
    if (run->quiet || !run->images->several || done == 0) return;
    if (run->failed > 0) snprintf(unread, sizeof unread, ", %zu not read", run->failed);
    fprintf(stderr, "v5lite: done: %zu pictures%s: %s%.2f s, %.1f pictures/s\n", done, unread, results, seconds,
            seconds > 0 ? (double)done / seconds : 0.0);
}

int pictures_status(const picture_run *run) {
    if (run->failed == 0) return STATUS_OK;
    return run->failed < run->images->count ? STATUS_PARTIAL : STATUS_BAD;
}
