/* SPDX-License-Identifier: MIT */
/* A V4L2 device: opening it, its modes, and buffers that it fills. */
#ifndef V5LITE_CAMERA_DEVICE_H
#define V5LITE_CAMERA_DEVICE_H

#include "camera_choice.h"

#if defined(V5LITE_V4L2)

#include <linux/videodev2.h>
#include <poll.h>

/* Calls of the system; tests have others. As the calls of the same names, but ioctl is repeated after EINTR. */
typedef struct camera_calls {
    int (*open)(const char *path);
    int (*close)(int file);
    int (*ioctl)(int file, unsigned long request, void *argument);
    void *(*map)(int file, size_t size, uint32_t offset); /* NULL: failed */
    void (*unmap)(void *at, size_t size);
    int (*poll)(struct pollfd *files, int count, int milliseconds);
} camera_calls;

extern const camera_calls camera_system;

typedef struct camera_buffer {
    uint8_t *memory[CAMERA_MEMORIES];
    size_t size[CAMERA_MEMORIES];
} camera_buffer;

/* Six, so that the driver has three if as many are held. */
enum { CAMERA_BUFFERS = 6, CAMERA_MIN_BUFFERS = 4 };

typedef struct camera_device {
    const camera_calls *calls;
    int file;      /* -1: closed */
    uint32_t type; /* V4L2_BUF_TYPE_VIDEO_CAPTURE or ..._MPLANE */
    camera_layout layout;
    camera_interval interval; /* that the driver states */
    camera_buffer buffers[CAMERA_BUFFERS];
    int count;     /* of buffers */
    char why[320]; /* the reason of the last failure */
} camera_device;

/* Opens a camera. Returns 0, with the reason in d->why, on failure; as do all functions below. Close it in any case. */
int camera_open(camera_device *d, const camera_calls *calls, const char *path);

/* Sets *best to the mode that fits a wish best. pixel_format: the name of a format, or NULL for any. */
int camera_choose(camera_device *d, const camera_wish *wish, const char *pixel_format, camera_mode *best);

/* Sets the mode, maps the buffers and starts the stream. */
int camera_start(camera_device *d, const camera_mode *mode);

/* Gives a buffer back to the driver. */
int camera_queue(camera_device *d, int buffer);

/* Takes the next filled buffer. errno is EAGAIN if none is filled. planes: what *taken points to. */
int camera_dequeue(camera_device *d, struct v4l2_buffer *taken, struct v4l2_plane planes[CAMERA_MEMORIES]);

/* Stops the stream, unmaps the buffers and closes the device. */
void camera_close(camera_device *d);

#endif

#endif
