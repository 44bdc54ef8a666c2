/* SPDX-License-Identifier: MIT */
/* The threads of POSIX as macOS and Android declare them, without pthread_setaffinity_np, for targets whose headers are
 * not installed: amalgam_targets.sh. Such programs are compiled only. */
#ifndef PTHREAD_H
#define PTHREAD_H

#include <signal.h>

typedef struct {
    long opaque[8];
} pthread_mutex_t, pthread_cond_t;
typedef struct pthread *pthread_t;
#define PTHREAD_MUTEX_INITIALIZER {{0}}

int pthread_mutex_init(pthread_mutex_t *mutex, const void *attributes);
int pthread_mutex_lock(pthread_mutex_t *mutex);
int pthread_mutex_unlock(pthread_mutex_t *mutex);
int pthread_mutex_destroy(pthread_mutex_t *mutex);
int pthread_cond_init(pthread_cond_t *condition, const void *attributes);
int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int pthread_cond_signal(pthread_cond_t *condition);
int pthread_cond_destroy(pthread_cond_t *condition);
int pthread_create(pthread_t *thread, const void *attributes, void *(*start)(void *), void *argument);
int pthread_join(pthread_t thread, void **result);

#endif
