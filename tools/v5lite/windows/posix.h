/* SPDX-License-Identifier: MIT */
/* The POSIX that the program uses, on Windows: included before every file of a mingw-w64 build (windows.mk). Texts are
 * UTF-8, also paths and arguments; files are binary; names that a run may not have are as in POSIX. The other headers
 * of this folder replace those that mingw-w64 lacks.
 *
 * Memory: free() takes memory of aligned_alloc, too, so that all memory is of one kind here. */
#ifndef V5LITE_WINDOWS_POSIX_H
#define V5LITE_WINDOWS_POSIX_H

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <malloc.h>
#include <math.h>
#include <process.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Defined as in C11: of type float, and without conversions. */
#undef INFINITY
#undef NAN
#undef isnan
#undef isinf
#undef isfinite
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf(x)
#define isfinite(x) __builtin_isfinite(x)

/* ---- memory ---- */

void *windows_malloc(size_t size);
void *windows_calloc(size_t count, size_t size);
void *windows_realloc(void *data, size_t size);
void *windows_aligned_alloc(size_t alignment, size_t size);
char *windows_strdup(const char *text);
void windows_free(void *data);
#undef strdup
#define malloc windows_malloc
#define calloc windows_calloc
#define realloc windows_realloc
#define aligned_alloc windows_aligned_alloc
#define strdup windows_strdup
#define free windows_free

/* ---- files ---- */

typedef unsigned windows_id;
#define uid_t windows_id
#define gid_t windows_id

struct windows_stat {
    uint64_t st_dev, st_ino; /* volume and index, which are equal for all names of a file */
    int64_t st_size;
    unsigned st_mode;
    uid_t st_uid;
    gid_t st_gid;
};

int windows_stat(const char *path, struct windows_stat *status);
int windows_fstat(int file, struct windows_stat *status);
int windows_open(const char *path, int flags, ...);
FILE *windows_fopen(const char *path, const char *mode);
int windows_access(const char *path, int mode);
int windows_mkdir(const char *path, int mode);
int windows_rmdir(const char *path);
int windows_unlink(const char *path);
int windows_rename(const char *from, const char *to);
#undef stat
#undef fstat
#undef lstat
#define stat windows_stat
#define lstat windows_stat
#define fstat windows_fstat
#define open windows_open
#define fopen windows_fopen
#define access windows_access
#define mkdir windows_mkdir
#define rmdir windows_rmdir
#define unlink windows_unlink
#define rename windows_rename
#define fsync _commit
#define O_CLOEXEC _O_NOINHERIT
#define O_NONBLOCK 0x4000000 /* no file has it */
#define F_GETFD 1
#define F_GETFL 3
#ifndef ELOOP
#define ELOOP 114
#endif

/* The C runtime has made descriptors 0 to 2 already; flags are none. */
static inline int fcntl(int file, int command) {
    (void)command;
    return file >= 0 ? 0 : -1;
}
/* No path is followed: Windows resolves links itself. */
static inline int readlink(const char *path, char *link, size_t size) {
    (void)path, (void)link, (void)size;
    errno = EINVAL;
    return -1;
}
static inline unsigned windows_piece(size_t size) { return size < 1u << 30 ? (unsigned)size : 1u << 30; }
static inline ssize_t windows_read(int file, void *to, size_t size) { return _read(file, to, windows_piece(size)); }
static inline ssize_t windows_write(int file, const void *from, size_t size) {
    return _write(file, from, windows_piece(size));
}
#define read windows_read
#define write windows_write

static inline int fchown(int file, uid_t owner, gid_t group) {
    (void)file, (void)owner, (void)group;
    return 0;
}
static inline int fchmod(int file, unsigned mode) {
    (void)file, (void)mode;
    return 0;
}
static inline int pipe(int ends[2]) { return _pipe(ends, 65536, _O_BINARY | _O_NOINHERIT); }

/* ---- signals: SIGINT and SIGTERM alone ---- */

enum { SIGHUP = 101, SIGQUIT, SIGALRM, SIGPIPE, SIGXCPU, SIGXFSZ, SIGUSR1, SIGUSR2 };
typedef unsigned windows_signals;
#undef sigset_t
#define sigset_t windows_signals
struct sigaction {
    void (*sa_handler)(int number);
    sigset_t sa_mask;
};
#undef SIG_SETMASK
#define SIG_SETMASK 2
#undef pthread_sigmask
#define pthread_sigmask windows_sigmask

static inline void sigfillset(sigset_t *set) { *set = ~0u; }
static inline int windows_sigmask(int how, const sigset_t *set, sigset_t *before) {
    (void)how, (void)set;
    if (before != NULL) *before = 0;
    return 0;
}
int windows_sigaction(int number, const struct sigaction *action, struct sigaction *old);
#define sigaction(number, action, old) windows_sigaction(number, action, old)
void (*windows_signal(int number, void (*handler)(int)))(int);
#define signal windows_signal

/* ---- memory of tests, environment, time ---- */

enum { _SC_PAGESIZE = 1 };
static inline long sysconf(int what) { return what == _SC_PAGESIZE ? 4096 : -1; }
static inline int setenv(const char *name, const char *value, int replace) {
    (void)replace;
    return _putenv_s(name, value);
}
static inline int unsetenv(const char *name) { return _putenv_s(name, ""); }

struct tm *windows_gmtime(const time_t *seconds, struct tm *utc);
#undef gmtime_r
#define gmtime_r windows_gmtime

/* The main function of windows/main.c calls that of the program, with arguments in UTF-8. */
#if defined(V5LITE_PROGRAM)
#define main windows_main
#endif

#endif
