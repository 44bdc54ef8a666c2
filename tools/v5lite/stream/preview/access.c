/* SPDX-License-Identifier: MIT */
#include "access.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "args.h"
#include "message.h"

enum { BACKLOG = 16 };

typedef union endpoint {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} endpoint;

/* ---- address ---- */

/* Parses an address without port. Returns 0 if it is none. */
static int parse_host(const char *text, endpoint *out) {
    memset(out, 0, sizeof *out);
    const size_t length = strlen(text);
    if (length > 2 && length < ACCESS_ADDRESS_SIZE && text[0] == '[' && text[length - 1] == ']') {
        char inner[ACCESS_ADDRESS_SIZE];
        snprintf(inner, sizeof inner, "%.*s", (int)(length - 2), text + 1);
        out->v6.sin6_family = AF_INET6;
        return inet_pton(AF_INET6, inner, &out->v6.sin6_addr) == 1;
    }
    out->v4.sin_family = AF_INET;
    return inet_pton(AF_INET, strcmp(text, "localhost") == 0 ? "127.0.0.1" : text, &out->v4.sin_addr) == 1;
}

static int parse(const char *text, endpoint *out) {
    char host[ACCESS_ADDRESS_SIZE] = "127.0.0.1";
    int port;
    const char *colon = strrchr(text, ':');
    if (colon != NULL) {
        if (colon - text >= (long)sizeof host) return 0;
        snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    }
    if (!args_integer(colon != NULL ? colon + 1 : text, 0, 65535, &port) || !parse_host(host, out)) return 0;
    if (out->any.sa_family == AF_INET6)
        out->v6.sin6_port = htons((uint16_t)port);
    else
        out->v4.sin_port = htons((uint16_t)port);
    return 1;
}

static int is_loopback(const endpoint *e) {
    const struct in6_addr *v6 = &e->v6.sin6_addr;
    if (e->any.sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(v6) || (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127);
    return ntohl(e->v4.sin_addr.s_addr) >> 24 == 127;
}

static void write_where(access_rules *a, const endpoint *e) {
    char host[INET6_ADDRSTRLEN] = "";
    const int is_v6 = e->any.sa_family == AF_INET6;
    inet_ntop(e->any.sa_family, is_v6 ? (const void *)&e->v6.sin6_addr : (const void *)&e->v4.sin_addr, host,
              sizeof host);
    snprintf(a->where, sizeof a->where, is_v6 ? "[%s]:%d" : "%s:%d", host,
             ntohs(is_v6 ? e->v6.sin6_port : e->v4.sin_port));
}

/* ---- listening ---- */

static int check_token(const char *token) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    if (token == NULL) return STATUS_OK;
    const size_t length = strlen(token);
    if (length > 0 && length <= ACCESS_TOKEN_MAX && strspn(token, allowed) == length) return STATUS_OK;
    return report_error("bad value", "--preview-token", "expected 1 to %d letters, digits and - . _ ~",
                        ACCESS_TOKEN_MAX);
}

/* Binds the socket and reads back the address, in which the system has chosen port 0. Returns 0 with errno. */
static int bind_to(int fd, endpoint *e) {
    const int yes = 1;
    socklen_t size = e->any.sa_family == AF_INET6 ? sizeof e->v6 : sizeof e->v4;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, &e->any, size) != 0 || listen(fd, BACKLOG) != 0) return 0;
    size = sizeof *e;
    return getsockname(fd, &e->any, &size) == 0;
}

int access_listen(access_rules *a, const char *address, const char *token) {
    endpoint e;
    *a = (access_rules){.token = token, .socket = -1};
    if (check_token(token) != STATUS_OK) return STATUS_BAD;
    if (!parse(address, &e))
        return report_error("bad value", address,
                            "expected [ADDRESS:]PORT after --preview, such as 8080, 0.0.0.0:8080 or [::1]:8080");
    const int fd = socket(e.any.sa_family, SOCK_STREAM, 0);
    if (fd < 0 || !bind_to(fd, &e)) {
        const int reason = errno;
        if (fd >= 0) close(fd);
        return report_error("cannot listen", address, "%s", strerror(reason));
    }
    a->socket = fd;
    a->is_loopback = is_loopback(&e);
    write_where(a, &e);
    if (!a->is_loopback && token == NULL)
        report_error("warning", a->where, "anyone who reaches this address can watch: expected --preview-token");
    return STATUS_OK;
}

/* ---- requests ---- */

int access_host(const access_rules *a, const char *host) {
    char name[ACCESS_ADDRESS_SIZE];
    endpoint e;
    if (!a->is_loopback || host == NULL) return 1; /* browsers always send one */
    /* The port may be another one: that of a tunnel. */
    const char *end = host[0] == '[' ? strchr(host, ']') : strchr(host, ':');
    const size_t length = end == NULL ? strlen(host) : (size_t)(end - host) + (host[0] == '[');
    const char *port = host + length;
    if (length >= sizeof name || (*port != 0 && (*port != ':' || strspn(port + 1, "0123456789") != strlen(port + 1))))
        return 0;
    snprintf(name, sizeof name, "%.*s", (int)length, host);
    return strcasecmp(name, "localhost") == 0 || (parse_host(name, &e) && is_loopback(&e));
}

static int equal(const char *token, const char *given) {
    const size_t length = strlen(token), given_length = strlen(given);
    unsigned differs = length != given_length;
    for (size_t i = 0; i < given_length; i++)
        differs |= (unsigned)(unsigned char)given[i] ^ (unsigned char)token[i % length];
    return differs == 0;
}

int access_token(const access_rules *a, const char *query, const char *authorization) {
    static const char bearer[] = "Bearer ";
    if (a->token == NULL) return 1;
    const int by_query = query != NULL && equal(a->token, query);
    const int by_header = authorization != NULL && strncasecmp(authorization, bearer, sizeof bearer - 1) == 0 &&
                          equal(a->token, authorization + sizeof bearer - 1);
    return by_query || by_header;
}
