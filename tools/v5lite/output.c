/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64 /* 32-bit systems: large files and inode numbers */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "guard.h"
#include "message.h"

/* ---- temporary files and signals ---- */

enum { MAX_PENDING = 4 }; /* outputs open at the same time */

static char *volatile pending[MAX_PENDING];

/* SIGPIPE and SIGXFSZ are ignored: the write fails instead and is reported. */
static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGXCPU, SIGUSR1, SIGUSR2};

/* Signal handler: calls only async-signal-safe functions. */
static void clean_and_end(int number) {
    for (int i = 0; i < MAX_PENDING; i++)
        if (pending[i] != NULL) unlink(pending[i]);
    signal(number, SIG_DFL);
    raise(number);
}

void output_clean_on_signals(void) {
    struct sigaction old, action = {.sa_handler = clean_and_end};
    sigfillset(&action.sa_mask);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (sigaction(ending[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* nohup */
            sigaction(ending[i], &action, NULL);
}

static char *volatile *free_slot(void) {
    for (int i = 0; i < MAX_PENDING; i++)
        if (pending[i] == NULL) return &pending[i];
    return NULL;
}

/* Returns 64 bits that are unlikely in another run, also with the same process id on another machine. O_EXCL detects
 * the rest. */
static uint64_t unlikely_number(void) {
    static uint64_t state;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    state += (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec + (uint64_t)getpid() * 0x9E3779B97F4A7C15u;
    state ^= (uint64_t)(uintptr_t)&now; /* randomised by most systems */
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9u;
    state = (state ^ state >> 27) * 0x94D049BB133111EBu;
    return state ^= state >> 31;
}

/* Opens a new file in the directory of out->target, registered for the signal handler. Returns -1 with errno on
 * failure. The name does not contain the target's, which may have the maximum length. */
static int open_temporary(output *out) {
    enum { TRIES = 100 };
    const int directory = (int)(file_base(out->target) - out->target); /* with its '/' */
    const size_t size = (size_t)directory + 40;
    int file = -1;
    sigset_t all, before;
    out->temporary = malloc(size);
    out->pending = free_slot();
    if (out->temporary == NULL || out->pending == NULL) {
        errno = out->pending == NULL ? EMFILE : ENOMEM;
        return -1;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < TRIES && file < 0; i++) {
        snprintf(out->temporary, size, "%.*s.v5lite-%016" PRIx64 ".tmp", directory, out->target, unlikely_number());
        file = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0 && errno != EEXIST) break;
    }
    if (file >= 0) *out->pending = out->temporary;
    const int reason = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return file;
}

/* Copies the permissions of the file to be replaced, and its owner as far as allowed. */
static void keep_mode(int file, const struct stat *old) {
    if (fchown(file, old->st_uid, old->st_gid) != 0 && fchown(file, (uid_t)-1, old->st_gid) != 0) errno = 0;
    (void)fchmod(file, old->st_mode & 0777);
}

/* ---- opening ---- */

static int (*open_pipe)(const char *path);

void output_open_pipes_by(int (*function)(const char *path)) { open_pipe = function; }

static int open_directly(const char *path, int is_pipe) {
    const int descriptor = file_descriptor_of(path);
    if (descriptor == STDOUT_FILENO) fflush(stdout); /* keeps the order with earlier results */
    if (descriptor >= 0) return dup(descriptor);
    return is_pipe && open_pipe != NULL ? open_pipe(path) : open(path, O_WRONLY | O_CLOEXEC);
}

/* Returns 0 if a file can be created next to `target`, else an errno value. */
static int check_directory(const char *target) {
    const int length = (int)(file_base(target) - target);
    char *directory = length > 0 ? output_join(NULL, target, length, "") : strdup(".");
    if (directory == NULL) return ENOMEM;
    const int reason = access(directory, W_OK | X_OK) == 0 ? 0 : errno;
    free(directory);
    return reason;
}

/* Returns 0, or the errno value with which output_open would fail. */
static int reason_against(const char *path) {
    struct stat old;
    const int exists = stat(path, &old) == 0, missing = errno, descriptor = file_descriptor_of(path);
    if (descriptor >= 0) return fcntl(descriptor, F_GETFL) == -1 ? EBADF : 0;
    if (!exists && missing != ENOENT) return missing;
    if (exists && S_ISDIR(old.st_mode)) return EISDIR;
    if (exists && access(path, W_OK) != 0) return errno;
    if (exists && !S_ISREG(old.st_mode)) return 0;
    char *target = file_target(path);
    const int reason = target != NULL ? check_directory(target) : ENOMEM;
    free(target);
    return reason;
}

int output_check(const char *path) {
    const int reason = reason_against(path);
    return reason == 0 ? STATUS_OK : report_error("cannot write", path, "%s", strerror(reason));
}

static int open_file(output *out) {
    struct stat old;
    errno = 0;
    const int exists = stat(out->path, &old) == 0;
    if (file_descriptor_of(out->path) >= 0 || (exists && !S_ISREG(old.st_mode)))
        return open_directly(out->path, exists && S_ISFIFO(old.st_mode));
    if ((!exists && errno == ELOOP) || (exists && access(out->path, W_OK) != 0)) return -1;
    out->target = file_target(out->path);
    if (out->target == NULL) return -1;
    const int file = open_temporary(out);
    if (file >= 0 && exists) keep_mode(file, &old);
    return file;
}

static void release(output *out) {
    if (out->pending != NULL) *out->pending = NULL;
    free(out->temporary);
    free(out->target);
}

/* Removes the temporary file, then forgets its name. */
static void drop(output *out) {
    if (out->temporary != NULL) unlink(out->temporary);
    release(out);
}

int output_open(output *out, const char *path) {
    *out = (output){.path = path};
    if (guard_output_opens(path) != STATUS_OK) return STATUS_BAD;
    const int file = open_file(out);
    if (file >= 0) out->stream = fdopen(file, "wb");
    if (out->stream != NULL) return STATUS_OK;
    const int reason = errno;
    if (file >= 0) {
        close(file);
        drop(out);
    } else {
        release(out);
    }
    if (reason == EINTR && open_pipe != NULL) return STATUS_CLOSED;
    return report_error("cannot write", path, "%s", reason != 0 ? strerror(reason) : "out of memory");
}

/* ---- ending ---- */

/* Flushes the data to the disk before the rename. Returns 0 on failure; files without disk pass. */
static int synchronise(FILE *stream) {
    return fsync(fileno(stream)) == 0 || errno == EINVAL || errno == ENOSYS || errno == EROFS;
}

/* Finds the errno of an earlier write: appends zeros to the file, which is going to be removed, until the error
 * repeats. */
static int reason_of_failure(FILE *stream) {
    enum { TRIES = 64 };
    static const char zeros[4096];
    for (int i = 0; i < TRIES; i++)
        if (write(fileno(stream), zeros, sizeof zeros) < 0) return errno;
    return 0;
}

/* Closes the stream, after waiting for the disk if `waits`. Returns 0; or 1 with the reason in errno, 0 if unknown. */
static int finish(const output *out, int waits) {
    errno = 0;
    int failed = fflush(out->stream) != 0 || ferror(out->stream);
    failed = failed || (waits && out->temporary != NULL && !synchronise(out->stream));
    int reason = errno;
    if (failed && reason == 0 && out->temporary != NULL) reason = reason_of_failure(out->stream);
    if (fclose(out->stream) != 0 && !failed) {
        failed = 1;
        reason = errno;
    }
    errno = reason;
    return failed;
}

static int rename_temporary(output *out) {
    if (out->temporary == NULL) return 1;
    if (rename(out->temporary, out->target) != 0) return 0;
    guard_output_written(out->path);
    return 1;
}

int output_publish(output *out) {
    errno = 0;
    if (fflush(out->stream) != 0 || !rename_temporary(out))
        return report_error("cannot write", out->path, "%s", errno != 0 ? strerror(errno) : "earlier write failed");
    if (out->temporary == NULL) return STATUS_OK;
    *out->pending = NULL;
    out->pending = NULL;
    free(out->temporary);
    out->temporary = NULL;
    return STATUS_OK;
}

static int commit(output *out, int waits) {
    const int failed = finish(out, waits) || !rename_temporary(out);
    const int reason = errno;
    const char *path = out->path;
    if (!failed) {
        release(out);
        return STATUS_OK;
    }
    drop(out);
    return report_error("cannot write", path, "%s", reason != 0 ? strerror(reason) : "earlier write failed");
}

int output_commit(output *out) { return commit(out, 1); }

int output_commit_soon(output *out) { return commit(out, 0); }

void output_discard(output *out) {
    fclose(out->stream);
    drop(out);
}

/* ---- places ---- */

/* A directory that this program made. */
typedef struct made {
    struct made *before;
    char path[];
} made;

static made *last_made;

/* Without memory the directory stays. */
static void remember(const char *path) {
    const size_t size = strlen(path) + 1;
    made *m = malloc(sizeof *m + size);
    if (m == NULL) return;
    memcpy(m->path, path, size);
    m->before = last_made;
    last_made = m;
}

void output_forget_directories(int remove_empty) {
    while (last_made != NULL) {
        made *m = last_made;
        if (remove_empty) rmdir(m->path);
        last_made = m->before;
        free(m);
    }
}

int output_directory(const char *path) {
    struct stat status;
    if (mkdir(path, 0777) == 0)
        remember(path);
    else if (errno != EEXIST)
        return report_error("cannot create directory", path, "%s", strerror(errno));
    if (stat(path, &status) != 0) return report_error("cannot use directory", path, "%s", strerror(errno));
    if (!S_ISDIR(status.st_mode)) return report_error("cannot use directory", path, "expected a directory");
    if (access(path, W_OK | X_OK) != 0) return report_error("cannot write into directory", path, "%s", strerror(errno));
    return STATUS_OK;
}

char *output_join(const char *directory, const char *base, int base_length, const char *suffix) {
    const char *before = directory != NULL ? directory : "";
    const char *slash = *before == 0 || before[strlen(before) - 1] == '/' ? "" : "/";
    size_t size = strlen(before) + (size_t)base_length + strlen(suffix) + 2;
    char *path = malloc(size);
    if (path != NULL) snprintf(path, size, "%s%s%.*s%s", before, slash, base_length, base, suffix);
    return path;
}
