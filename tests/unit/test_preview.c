/* SPDX-License-Identifier: MIT */
/* Parts of the live view: buffers, who may see it, the page, and what a frame costs the detection thread.
 * tests/cli/test_watch_preview.py tests the server. */
#include "check.h"

#if defined(V5LITE_MICROHTTPD)

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "jpeg_codec.h"
#include "message.h"
#include "stream/preview/access.h"
#include "stream/preview/page.h"
#include "stream/preview/preview.h"
#include "stream/preview/slots.h"
#include "stream/preview/whole_jpeg.h"

/* ---- allocations of one thread ---- */

static _Thread_local int is_counting;
static _Thread_local int allocations;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n) {
    allocations += is_counting;
    return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t m) {
    allocations += is_counting;
    return __real_calloc(n, m);
}

void *__wrap_realloc(void *p, size_t n) {
    allocations += is_counting;
    return __real_realloc(p, n);
}

/* ---- buffers ---- */

static void publish(slots *s, int value) {
    slot *one = slots_begin(s);
    assert_non_null(one);
    assert_true(slot_reserve(one, 1));
    one->bytes[0] = (uint8_t)value;
    slots_publish(s, one);
}

static void test_a_reader_gets_the_newest_slot_once(void **state) {
    slots s;
    (void)state;
    assert_true(slots_open(&s, 3, 1));
    assert_null(slots_pin_newest(&s, 0));
    for (int i = 1; i <= 5; i++)
        publish(&s, i);
    slot *got = slots_pin_newest(&s, 0);
    assert_int_equal(got->bytes[0], 5);
    assert_null(slots_pin_newest(&s, got->number));
    slots_unpin(got);
    slots_close(&s);
}

static void test_a_pinned_slot_is_not_overwritten(void **state) {
    slots s;
    (void)state;
    assert_true(slots_open(&s, 3, 1));
    publish(&s, 1);
    slot *held = slots_pin_newest(&s, 0);
    for (int i = 2; i < 20; i++)
        publish(&s, i);
    assert_int_equal(held->bytes[0], 1);
    slot *other = slots_pin_newest(&s, 0);
    assert_int_equal(other->bytes[0], 19);
    publish(&s, 20);
    assert_null(slots_begin(&s)); /* two are read, one is the newest */
    slots_unpin(held);
    publish(&s, 21);
    slots_unpin(other);
    slots_close(&s);
}

static void test_a_reader_of_each_slot_skips_what_was_overwritten(void **state) {
    slots s;
    (void)state;
    assert_true(slots_open(&s, 4, 1));
    for (int i = 1; i <= 3; i++)
        publish(&s, i);
    uint64_t after = 0;
    for (int want = 1; want <= 3; want++) {
        slot *got = slots_pin_next(&s, after);
        assert_int_equal(got->bytes[0], want);
        after = got->number;
        slots_unpin(got);
    }
    assert_null(slots_pin_next(&s, after));
    for (int i = 4; i <= 10; i++)
        publish(&s, i);
    slot *got = slots_pin_next(&s, after);
    assert_int_equal(got->bytes[0], 7);
    slots_unpin(got);
    slots_close(&s);
}

static void test_a_cancelled_slot_is_not_seen(void **state) {
    slots s;
    (void)state;
    assert_true(slots_open(&s, 2, 1));
    publish(&s, 1);
    slots_cancel(slots_begin(&s));
    slot *got = slots_pin_newest(&s, 0);
    assert_int_equal(got->bytes[0], 1);
    slots_unpin(got);
    slots_close(&s);
}

/* ---- access ---- */

static void test_hosts_that_are_not_this_machine_are_refused(void **state) {
    static const char *const good[] = {"localhost",   "LocalHost:80", "127.0.0.1",  "127.0.0.1:8080",
                                       "127.1.2.3:1", "[::1]",        "[::1]:8080", "[::ffff:127.0.0.1]:80"};
    static const char *const bad[] = {"",
                                      "example.com",
                                      "localhost.example.com:8080",
                                      "127.0.0.1.example.com",
                                      "::1",
                                      "[::1",
                                      "[::2]:80",
                                      "192.168.0.1",
                                      "localhost@evil",
                                      "localhost:80@evil",
                                      "[::1]80",
                                      "[::ffff:10.0.0.1]",
                                      "0",
                                      ":80",
                                      "[",
                                      "127.0.0.1:80:example.com.but.so.long.that.it.does.not.fit.into.anything.at.all"};
    access_rules a = {.is_loopback = 1};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!access_host(&a, good[i])) fail_msg("%s", good[i]);
    for (size_t i = 0; i + 1 < sizeof bad / sizeof *bad; i++)
        if (access_host(&a, bad[i])) fail_msg("%s", bad[i]);
    a.is_loopback = 0;
    assert_true(access_host(&a, "camera.example.com"));
}

static void test_only_the_whole_token_is_right(void **state) {
    const access_rules open = {0}, a = {.token = "secret-1"};
    static const char *const wrong[] = {"",         "secret-",          "secret-11", "secret-2",
                                        "Secret-1", "secret-1secret-1", " secret-1"};
    (void)state;
    assert_true(access_token(&open, NULL, NULL));
    assert_false(access_token(&a, NULL, NULL));
    assert_true(access_token(&a, "secret-1", NULL));
    assert_true(access_token(&a, NULL, "Bearer secret-1"));
    assert_true(access_token(&a, "no", "bearer secret-1"));
    assert_false(access_token(&a, NULL, "Basic secret-1"));
    assert_false(access_token(&a, NULL, "Bearer"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char header[64];
        snprintf(header, sizeof header, "Bearer %s", wrong[i]);
        if (access_token(&a, wrong[i], NULL) || access_token(&a, NULL, header)) fail_msg("'%s'", wrong[i]);
    }
}

static void test_the_page_has_its_script_and_style(void **state) {
    page p;
    (void)state;
    assert_true(page_open(&p));
    assert_int_equal(strlen(p.text), p.size);
    assert_null(strstr(p.text, "@CSS@"));
    assert_null(strstr(p.text, "@JS@"));
    assert_non_null(strstr(p.text, "createImageBitmap"));
    assert_null(strstr(p.text, "http://"));
    assert_null(strstr(p.text, "https://"));
    assert_non_null(strstr(p.policy, "frame-ancestors 'none'")); /* its end: it fits */
    page_close(&p);
}

/* ---- JPEG ---- */

enum { WIDTH = 320, HEIGHT = 240 };

static uint8_t scene[WIDTH * HEIGHT * 3];

static size_t find_marker(const uint8_t *bytes, size_t size, int marker) {
    for (size_t i = 0; i + 1 < size; i++)
        if (bytes[i] == 0xFF && bytes[i + 1] == marker) return i;
    return size;
}

static void test_a_jpeg_without_tables_and_end_is_completed(void **state) {
    enum { DHT = 0xC4, EOI = 0xD9 };
    static uint8_t bare[WIDTH * HEIGHT];
    const uint8_t *whole;
    slot to = {0};
    (void)state;
    jpeg_encoder *e = jpeg_encoder_create(WIDTH, HEIGHT, 80);
    const size_t size = jpeg_encoder_encode(e, scene, WIDTH, HEIGHT, &whole);
    assert_true(size > 0 && size < sizeof bare);
    memcpy(bare, whole, size);
    size_t left = size - 2; /* no end marker */
    for (size_t at; (at = find_marker(bare, left, DHT)) < left;) {
        const size_t length = 2 + (size_t)(bare[at + 2] << 8 | bare[at + 3]);
        memmove(bare + at, bare + at + length, left - at - length);
        left -= length;
    }
    assert_true(copy_whole_jpeg(&to, bare, left));
    assert_true(find_marker(to.bytes, to.size, DHT) < to.size);
    assert_int_equal(find_marker(to.bytes, to.size, EOI), to.size - 2);
    assert_true(copy_whole_jpeg(&to, whole, size)); /* a whole one stays as it is */
    assert_int_equal(to.size, size);
    assert_memory_equal(to.bytes, whole, size);
    assert_false(copy_whole_jpeg(&to, whole, 1));
    assert_false(copy_whole_jpeg(&to, scene, sizeof scene));
    free(to.bytes);
    jpeg_encoder_free(e);
}

/* ---- the sink ---- */

typedef struct view {
    builder builder;
    blob file;
    v5l_model model;
    watch_options options;
    source source;
    stream_stats stats;
    watch_setup setup;
    sink sink;
} view;

static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static int ask(int port, const char *path) {
    char request[200];
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    const int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    assert_int_equal(send(fd, request, (size_t)size, 0), size);
    return fd;
}

/* Opens the live view of fabricated frames. */
static view *view_open(const char *address) {
    view *v = calloc(1, sizeof *v);
    assert_non_null(v);
    builder_small_net(&v->builder);
    v->file = builder_finish(&v->builder);
    assert_int_equal(v5l_model_open(&v->model, v->file.bytes, (uint32_t)v->file.size), V5L_OK);
    v->options = (watch_options){.preview = address, .max_detections = 10};
    v->source = (source){.name = "test", .kind = "raw", .format = {.width = WIDTH, .height = HEIGHT}};
    v->stats = (stream_stats){.source = &v->source, .model = &v->model};
    v->setup = (watch_setup){.options = &v->options, .model = &v->model, .source = &v->source, .stats = &v->stats};
    assert_int_equal(preview_open(&v->sink, &v->setup), STATUS_OK);
    return v;
}

static void view_write(view *v, uint64_t number) {
    const v5l_detection found = {.x0 = 10, .y0 = 20, .x1 = 50, .y1 = 60, .score = 0.5f};
    const frame f = {
        .number = number,
        .captured_us = clock_us(),
        .image = {.data = scene, .width = WIDTH, .height = HEIGHT, .row_bytes = WIDTH * 3, .format = V5L_RGB}};
    const frame_result r = {.frame = &f, .model = &v->model, .found = &found, .count = 1};
    assert_int_equal(v->sink.calls->write(&v->sink, &r), STATUS_OK);
}

static void view_close(view *v) {
    assert_int_equal(v->sink.calls->close(&v->sink), STATUS_OK);
    blob_free(&v->file);
    free(v);
}

/* Reads until the bytes contain a text. */
static void expect(int fd, const char *text) {
    char got[4096];
    size_t size = 0;
    for (;;) {
        if (size > sizeof got / 2) { /* keeps the last quarter: a text may be there in part */
            const size_t kept = sizeof got / 4;
            memmove(got, got + size - kept, kept);
            size = kept;
        }
        const ssize_t n = recv(fd, got + size, sizeof got - 1 - size, 0);
        if (n <= 0) break;
        size += (size_t)n;
        got[size] = 0;
        for (size_t i = 0; i < size; i++)
            if (got[i] == 0) got[i] = '.';
        if (strstr(got, text) != NULL) return;
    }
    fail_msg("no '%s'", text);
}

static void test_frames_cost_the_detection_thread_no_allocation(void **state) {
    char address[16];
    const int port = free_port();
    (void)state;
    snprintf(address, sizeof address, "%d", port);
    view *v = view_open(address);
    const int video = ask(port, "/stream.mjpeg"), events = ask(port, "/events");
    expect(events, "event: counts"); /* both clients have been accepted */
    uint64_t number = 0;
    const uint64_t until = clock_us() + 700000;
    while (clock_us() < until) {
        is_counting = number > 0;
        view_write(v, ++number);
        is_counting = 0;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    assert_int_equal(allocations, 0);
    expect(video, "Content-Type: image/jpeg");
    char last[40]; /* is not overwritten by later ones */
    snprintf(last, sizeof last, "\"frame\": %llu,", (unsigned long long)number);
    expect(events, last);
    close(video);
    close(events);
    view_close(v);
}

static void test_it_closes_while_clients_wait_and_read_nothing(void **state) {
    char address[16];
    const int port = free_port();
    (void)state;
    snprintf(address, sizeof address, "[::1]:%d", port);
    view *v = view_open(address + (access("/proc/net/if_inet6", F_OK) == 0 ? 0 : 6));
    view_close(v);
    snprintf(address, sizeof address, "%d", port);
    v = view_open(address);
    int clients[6];
    for (int i = 0; i < 6; i++)
        clients[i] = ask(port, i % 3 == 0 ? "/stream.mjpeg" : i % 3 == 1 ? "/snapshot.jpg" : "/events");
    const uint64_t until = clock_us() + 300000;
    for (uint64_t number = 1; clock_us() < until; number++)
        view_write(v, number);
    const uint64_t began = clock_us();
    view_close(v);
    assert_true(clock_us() - began < 2000000);
    for (int i = 0; i < 6; i++)
        close(clients[i]);
}

static void test_bad_options_are_refused(void **state) {
    static const char *const addresses[] = {
        "",       "x",     "70000",   "-1",    "8080x",      ":8080",       "example.com:80", "1.2.3:80",
        "::1:80", "[::1]", "[::1]80", "[]:80", "127.0.0.1:", "256.0.0.1:1", "203.0.113.7:0"};
    static const char *const tokens[] = {"", "a b", "a&b", "\xc3\xa9"};
    access_rules a;
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        if (access_listen(&a, addresses[i], NULL) != STATUS_BAD) fail_msg("'%s'", addresses[i]);
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        assert_int_equal(access_listen(&a, "0", tokens[i]), STATUS_BAD);
}

int main(void) {
    for (size_t i = 0; i < sizeof scene; i++)
        scene[i] = (uint8_t)(i / 7 % 256);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reader_gets_the_newest_slot_once),
        cmocka_unit_test(test_a_pinned_slot_is_not_overwritten),
        cmocka_unit_test(test_a_reader_of_each_slot_skips_what_was_overwritten),
        cmocka_unit_test(test_a_cancelled_slot_is_not_seen),
        cmocka_unit_test(test_hosts_that_are_not_this_machine_are_refused),
        cmocka_unit_test(test_only_the_whole_token_is_right),
        cmocka_unit_test(test_the_page_has_its_script_and_style),
        cmocka_unit_test(test_a_jpeg_without_tables_and_end_is_completed),
        cmocka_unit_test(test_frames_cost_the_detection_thread_no_allocation),
        cmocka_unit_test(test_it_closes_while_clients_wait_and_read_nothing),
        cmocka_unit_test(test_bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) { return check_skip_all("the live view: no libmicrohttpd: install libmicrohttpd-dev"); }

#endif
