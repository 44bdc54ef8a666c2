/* SPDX-License-Identifier: MIT */
/* Measures what the live view costs: of the thread that detects, for each frame, and of the server's threads.
 *
 *     make bench-preview
 *
 * Frames of 1280 x 720 come 30 times a second, as I420, which is converted and encoded, or as a camera's JPEGs, which
 * are passed on. Each client reads the picture and the events. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "jpeg_codec.h"
#include "message.h"
#include "session.h"
#include "stream/preview/preview.h"
#include "trial.h"

enum { WIDTH = 1280, HEIGHT = 720, PIXELS = WIDTH * HEIGHT, FPS = 30, FRAMES = 150, MAX_CLIENTS = 3, FOUND = 5 };

typedef struct scene {
    v5l_image image; /* I420 */
    const uint8_t *jpeg;
    size_t jpeg_size;
    jpeg_encoder *encoder;
} scene;

static int port;
static atomic_llong received; /* bytes of pictures */

static void pause_us(long us) { nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL); }

/* ---- clients ---- */

typedef struct client {
    const char *path;
    pthread_t thread;
    int socket;
} client;

static int connect_to(const char *path) {
    char request[100];
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        send(fd, request, (size_t)size, 0) != size) {
        perror(path);
        exit(1);
    }
    return fd;
}

static void *read_all(void *of) {
    client *c = of;
    char *bytes = need(malloc(1 << 16));
    for (ssize_t n; (n = recv(c->socket, bytes, 1 << 16, 0)) > 0;)
        if (c->path[1] == 's') atomic_fetch_add(&received, n);
    free(bytes);
    return NULL;
}

static void start_client(client *c, const char *path) {
    c->path = path;
    c->socket = connect_to(path);
    if (pthread_create(&c->thread, NULL, read_all, c) != 0) exit(1);
}

static void stop_client(client *c) {
    shutdown(c->socket, SHUT_RDWR);
    pthread_join(c->thread, NULL);
    close(c->socket);
}

/* ---- frames ---- */

/* CPU time of this thread: that of others does not count. */
static double thread_ms(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return 1e3 * (double)used.tv_sec + (double)used.tv_nsec / 1e6;
}

static void make_scene(scene *s) {
    uint8_t *planes = need(malloc(PIXELS * 3 / 2));
    for (int i = 0; i < PIXELS * 3 / 2; i++) {
        const int x = i % WIDTH, y = i / WIDTH;
        planes[i] = (uint8_t)(16 + (x / 6 + y / 4 + ((x ^ y) & 7)) % 200);
    }
    s->image = (v5l_image){.data = planes, .width = WIDTH, .height = HEIGHT, .row_bytes = WIDTH, .format = V5L_I420};
    s->image.more_planes[0] = planes + PIXELS;
    s->image.more_planes[1] = planes + PIXELS * 5 / 4;
    uint8_t *rgb = need(malloc(PIXELS * 3));
    s->encoder = need(jpeg_encoder_create(WIDTH, HEIGHT, 80));
    (void)v5l_image_to_rgb(&s->image, rgb);
    s->jpeg_size = jpeg_encoder_encode(s->encoder, rgb, WIDTH, HEIGHT, &s->jpeg);
}

/* Returns the milliseconds of this thread that a frame costs. */
static double show(sink *view, const watch_setup *setup, const scene *s, int is_jpeg, uint64_t number) {
    v5l_detection found[FOUND];
    const frame f = {.image = s->image,
                     .jpeg = is_jpeg ? s->jpeg : NULL,
                     .jpeg_size = s->jpeg_size,
                     .number = number,
                     .captured_us = clock_us()};
    const frame_result r = {.frame = &f, .model = setup->model, .found = found, .count = FOUND};
    for (int i = 0; i < FOUND; i++)
        found[i] = (v5l_detection){(float)(100 + 200 * i), 100, (float)(220 + 200 * i), 300, 0.9f, i};
    const double began = thread_ms();
    (void)view->calls->write(view, &r);
    return thread_ms() - began;
}

static double process_ms(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return 1e3 * (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static void measure(sink *view, const watch_setup *setup, const scene *s, int is_jpeg, int clients) {
    static uint64_t number;
    client readers[2 * MAX_CLIENTS];
    double ms[FRAMES], sum = 0, largest = 0;
    for (int i = 0; i < clients; i++) {
        start_client(&readers[2 * i], "/stream.mjpeg");
        start_client(&readers[2 * i + 1], "/events");
    }
    pause_us(200000);
    atomic_store(&received, 0);
    const double began = process_ms();
    for (int i = 0; i < FRAMES; i++) {
        ms[i] = show(view, setup, s, is_jpeg, ++number);
        sum += ms[i];
        largest = ms[i] > largest ? ms[i] : largest;
        pause_us(1000000 / FPS);
    }
    const double all = process_ms() - began;
    for (int i = 0; i < 2 * clients; i++)
        stop_client(&readers[i]);
    pause_us(200000);
    printf("%-5s %7d %10.3f %8.3f %8.3f %14.2f %12.2f\n", is_jpeg ? "JPEG" : "I420", clients, sum / FRAMES,
           median(ms, FRAMES), largest, all / FRAMES, (double)atomic_load(&received) * FPS / FRAMES / 1e6);
}

static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, size) != 0) exit(1);
    getsockname(fd, (struct sockaddr *)&address, &size);
    close(fd);
    return ntohs(address.sin_port);
}

int main(int argc, char **argv) {
    char address[16];
    session model;
    scene s;
    sink view = {0};
    if (session_open(&model, argc > 1 ? argv[1] : "weights/digits.v5l", 1, 0) != STATUS_OK) return STATUS_BAD;
    make_scene(&s);
    port = free_port();
    snprintf(address, sizeof address, "%d", port);
    const watch_options options = {.preview = address, .max_detections = 300};
    const source from = {.name = "bench", .kind = "raw", .format = {.width = WIDTH, .height = HEIGHT}};
    const stream_stats stats = {.source = &from, .model = &model.model};
    const watch_setup setup = {
        .options = &options, .model = &model.model, .source = &from, .fps = FPS, .stats = &stats};
    if (preview_open(&view, &setup) != STATUS_OK) return STATUS_BAD;
    printf("%d x %d at %d frames/s, JPEG of %zu bytes by %s\n", WIDTH, HEIGHT, FPS, s.jpeg_size, jpeg_codec_name());
    printf("                 detection thread, ms CPU a frame   all threads,\n");
    printf("frames clients      mean   median      max   ms CPU a frame   MB/s sent\n");
    for (int is_jpeg = 0; is_jpeg <= 1; is_jpeg++)
        for (int clients = 0; clients <= MAX_CLIENTS; clients += clients == 0 ? 1 : 2)
            measure(&view, &setup, &s, is_jpeg, clients);
    (void)view.calls->close(&view);
    session_close(&model);
    return 0;
}
