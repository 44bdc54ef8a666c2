/* SPDX-License-Identifier: MIT */
/* As in C libraries of microcontrollers: some types and initialisers, and no threads of POSIX. */
#ifndef PTHREAD_H
#define PTHREAD_H

typedef unsigned pthread_mutex_t;
#define PTHREAD_MUTEX_INITIALIZER 0u

#endif
