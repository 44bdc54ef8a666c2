/* SPDX-License-Identifier: MIT */
/* The HTTP server: libmicrohttpd with a thread for each connection. */
#ifndef V5LITE_SERVER_H
#define V5LITE_SERVER_H

#include "board.h"

typedef struct server server;

/* Starts to listen at the address of the options, and prints it on stderr. Reports an error and returns NULL if that
 * fails. */
server *server_start(board *b);

/* Closes all connections and ends the threads, after board_stop. NULL: does nothing. */
void server_stop(server *s);

#endif
