/* SPDX-License-Identifier: MIT */
/* Access to the live view: the address it listens at, the Host header, the token. */
#ifndef V5LITE_ACCESS_H
#define V5LITE_ACCESS_H

enum { ACCESS_TOKEN_MAX = 128, ACCESS_ADDRESS_SIZE = 64 };

typedef struct access_rules {
    const char *token;               /* NULL: none */
    int socket;                      /* listens; -1: none */
    int is_loopback;                 /* only this machine can connect */
    char where[ACCESS_ADDRESS_SIZE]; /* address and port, as in an URL */
} access_rules;

/* Listens at "[ADDRESS:]PORT". Checks the token. Reports an error and returns STATUS_BAD if that fails. */
int access_listen(access_rules *a, const char *address, const char *token);

/* Nonzero if a request with this Host header is for us. A page of another site, whose name was changed to resolve to
 * this machine (DNS rebinding), cannot choose the header. host: NULL if there is none. */
int access_host(const access_rules *a, const char *host);

/* Nonzero if no token is needed, or the value of ?token= or of the header Authorization is right. Takes the same time
 * for each wrong token of a length. Either may be NULL. */
int access_token(const access_rules *a, const char *query, const char *authorization);

#endif
