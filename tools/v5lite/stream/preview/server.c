/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access.h"
#include "clients.h"
#include "message.h"
#include "metrics.h"
#include "page.h"

/* Of a connection: bytes of its request line and headers with their tables; bytes that the system buffers, so that a
 * slow client is not sent old pictures; stack of its thread. */
enum { REQUEST_BYTES = 16384, SEND_BUFFER = 1 << 17, STACK_BYTES = 1 << 18 };

struct server {
    board *board;
    access_rules access;
    page page;
    struct MHD_Daemon *daemon;
};

/* ---- responses ---- */

static const char closed_policy[] = "default-src 'none'; frame-ancestors 'none'";

typedef struct answer {
    unsigned status;
    const char *type;
    struct MHD_Response *response; /* NULL: out of memory */
} answer;

static enum MHD_Result send_answer(struct MHD_Connection *c, const answer *a, const char *policy) {
    static const char *const headers[][2] = {
        {"Cache-Control", "no-store"},      {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"}, {"Cross-Origin-Resource-Policy", "same-origin"},
        {"X-Frame-Options", "DENY"},
    };
    if (a->response == NULL) return MHD_NO;
    enum MHD_Result added = MHD_add_response_header(a->response, "Content-Type", a->type);
    for (size_t i = 0; i < sizeof headers / sizeof *headers && added == MHD_YES; i++)
        added = MHD_add_response_header(a->response, headers[i][0], headers[i][1]);
    if (added == MHD_YES) added = MHD_add_response_header(a->response, "Content-Security-Policy", policy);
    if (added == MHD_YES && a->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        added = MHD_add_response_header(a->response, "Allow", "GET, HEAD");
    if (added == MHD_YES && a->status == MHD_HTTP_UNAUTHORIZED)
        added = MHD_add_response_header(a->response, "WWW-Authenticate", "Bearer");
    if (added == MHD_YES && a->status == MHD_HTTP_SERVICE_UNAVAILABLE)
        added = MHD_add_response_header(a->response, "Retry-After", "5");
    if (added == MHD_YES) added = MHD_queue_response(c, a->status, a->response);
    MHD_destroy_response(a->response);
    return added;
}

/* text: static. libmicrohttpd does not change it, though its parameter is not const. */
static answer say(unsigned status, const char *text) {
    return (answer){status, "text/plain; charset=utf-8",
                    MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT)};
}

/* ---- paths ---- */

typedef answer path_get(server *s, board_link *link);

static answer get_page(server *s, board_link *link) {
    (void)link;
    return (answer){MHD_HTTP_OK, "text/html; charset=utf-8",
                    MHD_create_response_from_buffer(s->page.size, s->page.text, MHD_RESPMEM_PERSISTENT)};
}

static answer stream(struct MHD_Response *response, const char *type) {
    if (response == NULL) return say(MHD_HTTP_SERVICE_UNAVAILABLE, "too many clients\n");
    return (answer){MHD_HTTP_OK, type, response};
}

static answer get_video(server *s, board_link *link) {
    return stream(clients_video(s->board, link), "multipart/x-mixed-replace; boundary=" CLIENTS_BOUNDARY);
}

static answer get_events(server *s, board_link *link) {
    return stream(clients_events(s->board, link), "text/event-stream");
}

/* Waits for a picture of a frame that comes after the request. NULL: none came. */
static slot *wait_for_picture(board *b) {
    slot *picture = NULL;
    const uint64_t until_us = clock_us() + PREVIEW_HEALTHY_US;
    pthread_mutex_lock(&b->lock);
    const uint64_t after = b->pictures.newest;
    b->snapshots++;
    while (!b->is_stopping && clock_us() < until_us && picture == NULL) {
        picture = slots_pin_newest(&b->pictures, after);
        if (picture == NULL) board_wait(b, &b->pictured, until_us);
    }
    b->snapshots--;
    pthread_mutex_unlock(&b->lock);
    return picture;
}

static answer get_snapshot(server *s, board_link *link) {
    (void)link;
    slot *picture = wait_for_picture(s->board);
    if (picture == NULL) return say(MHD_HTTP_SERVICE_UNAVAILABLE, "no frames\n");
    const answer a = {MHD_HTTP_OK, "image/jpeg",
                      MHD_create_response_from_buffer(picture->size, picture->bytes, MHD_RESPMEM_MUST_COPY)};
    pthread_mutex_lock(&s->board->lock);
    slots_unpin(picture);
    pthread_mutex_unlock(&s->board->lock);
    return a;
}

static answer get_metrics(server *s, board_link *link) {
    size_t size = 0;
    (void)link;
    char *text = metrics_text(s->board, &size);
    const answer a = {MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
                      text != NULL ? MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE) : NULL};
    return a;
}

static answer get_health(server *s, board_link *link) {
    (void)link;
    return board_is_healthy(s->board) ? say(MHD_HTTP_OK, "ok\n") : say(MHD_HTTP_SERVICE_UNAVAILABLE, "no frames\n");
}

static const struct path {
    const char *name;
    path_get *get;
    const char *endless; /* type of a response without end, which HEAD does not start */
} paths[] = {
    {"/", get_page, NULL},
    {"/stream.mjpeg", get_video, "multipart/x-mixed-replace; boundary=" CLIENTS_BOUNDARY},
    {"/events", get_events, "text/event-stream"},
    {"/snapshot.jpg", get_snapshot, NULL},
    {"/metrics", get_metrics, NULL},
    {"/healthz", get_health, NULL},
};

/* ---- requests ---- */

/* Returns what is wrong with a request as an answer, or one of status 0. */
static answer check(const server *s, struct MHD_Connection *c, const char *method) {
    const char *host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");
    const char *token = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "token");
    const char *authorization = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return say(MHD_HTTP_METHOD_NOT_ALLOWED, "expected GET or HEAD\n");
    if (!access_host(&s->access, host)) return say(MHD_HTTP_FORBIDDEN, "expected the address of this machine\n");
    if (!access_token(&s->access, token, authorization))
        return say(MHD_HTTP_UNAUTHORIZED, "expected ?token=... or Authorization: Bearer ...\n");
    return (answer){0, NULL, NULL};
}

static answer get(server *s, const char *path, int is_head, board_link *link) {
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (strcmp(path, paths[i].name) != 0) continue;
        if (!is_head || paths[i].endless == NULL) return paths[i].get(s, link);
        return (answer){MHD_HTTP_OK, paths[i].endless, clients_headers()};
    }
    return say(MHD_HTTP_NOT_FOUND, "expected /, /stream.mjpeg, /events, /snapshot.jpg, /metrics or /healthz\n");
}

/* Called once with the headers, then with each part of a body, then at the end of the request. */
static enum MHD_Result on_request(void *of, struct MHD_Connection *c, const char *path, const char *method,
                                  const char *version, const char *body, size_t *body_size, void **seen) {
    server *s = of;
    (void)version;
    (void)body;
    const int is_first = *seen == NULL;
    *seen = s;
    answer a = {0, NULL, NULL};
    if (is_first) {
        a = check(s, c, method);
        if (a.status == 0) return MHD_YES;
    } else if (*body_size != 0) {
        *body_size = 0;
        return MHD_NO; /* closes the connection: no request here has a body */
    } else {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        a = get(s, path, strcmp(method, "HEAD") == 0, info != NULL ? info->socket_context : NULL);
    }
    return send_answer(c, &a, a.type != NULL && strncmp(a.type, "text/html", 9) == 0 ? s->page.policy : closed_policy);
}

/* ---- connections ---- */

static board_link *open_link(board *b, int socket) {
    const int bytes = SEND_BUFFER;
    for (int i = 0; i < PREVIEW_MAX_CONNECTIONS; i++) {
        board_link *link = &b->links[i];
        if (link->is_open) continue;
        *link = (board_link){1, socket, clock_us() + PREVIEW_DEADLINE_US};
        (void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
        return link;
    }
    shutdown(socket, SHUT_RDWR);
    return NULL;
}

static void on_connection(void *of, struct MHD_Connection *c, void **of_socket,
                          enum MHD_ConnectionNotificationCode what) {
    board *b = ((server *)of)->board;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    pthread_mutex_lock(&b->lock);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *of_socket = info != NULL ? open_link(b, info->connect_fd) : NULL;
    } else if (*of_socket != NULL) {
        ((board_link *)*of_socket)->is_open = 0;
    }
    pthread_mutex_unlock(&b->lock);
}

/* The next request of the connection may come. */
static void on_completed(void *of, struct MHD_Connection *c, void **seen, enum MHD_RequestTerminationCode why) {
    board *b = ((server *)of)->board;
    (void)why;
    *seen = NULL;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    board_link *link = info != NULL ? info->socket_context : NULL;
    pthread_mutex_lock(&b->lock);
    if (link != NULL) link->deadline_us = clock_us() + PREVIEW_DEADLINE_US;
    pthread_mutex_unlock(&b->lock);
}

/* ---- server ---- */

static int listen_and_serve(server *s) {
    const watch_options *o = s->board->setup->options;
    if (!page_open(&s->page)) return report_error("out of memory", "--preview", "expected more memory");
    if (access_listen(&s->access, o->preview, o->preview_token) != STATUS_OK) return STATUS_BAD;
    s->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC, 0, NULL, NULL,
        on_request, s, MHD_OPTION_LISTEN_SOCKET, s->access.socket, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)PREVIEW_MAX_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_END);
    if (s->daemon == NULL) return report_error("cannot start", "--preview", "expected memory and threads");
    fprintf(stderr, "v5lite: preview: http://%s/%s\n", s->access.where, o->preview_token != NULL ? "?token=..." : "");
    return STATUS_OK;
}

server *server_start(board *b) {
    server *s = calloc(1, sizeof *s);
    if (s == NULL) {
        (void)report_error("out of memory", "--preview", "expected more memory");
        return NULL;
    }
    s->board = b;
    s->access.socket = -1;
    if (listen_and_serve(s) == STATUS_OK) return s;
    server_stop(s);
    return NULL;
}

void server_stop(server *s) {
    if (s == NULL) return;
    if (s->daemon != NULL)
        MHD_stop_daemon(s->daemon); /* closes the socket */
    else if (s->access.socket >= 0)
        close(s->access.socket);
    page_close(&s->page);
    free(s);
}
