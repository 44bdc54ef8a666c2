/* SPDX-License-Identifier: MIT */
/* POSIX functions other than those of files. */
#include <windows.h>
/* After windows.h: */
#include <sys/ioctl.h>
#include <sys/mman.h>

/* ---- memory ---- */

enum { ALIGNMENT = 16 };

void *windows_aligned_alloc(size_t alignment, size_t size) { return _aligned_malloc(size, alignment); }
void *windows_malloc(size_t size) { return _aligned_malloc(size != 0 ? size : 1, ALIGNMENT); }
void *windows_realloc(void *data, size_t size) { return _aligned_realloc(data, size != 0 ? size : 1, ALIGNMENT); }
void windows_free(void *data) { _aligned_free(data); }

void *windows_calloc(size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    void *data = windows_malloc(count * size);
    return data != NULL ? memset(data, 0, count * size) : NULL;
}

char *windows_strdup(const char *text) {
    const size_t size = strlen(text) + 1;
    char *copy = windows_malloc(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static DWORD access_of(int protection) {
    return protection & PROT_WRITE ? PAGE_READWRITE : protection & PROT_READ ? PAGE_READONLY : PAGE_NOACCESS;
}

void *mmap(void *where, size_t size, int protection, int flags, int file, long at) {
    (void)flags, (void)file, (void)at;
    void *pages = VirtualAlloc(where, size, MEM_RESERVE | MEM_COMMIT, access_of(protection));
    return pages != NULL ? pages : MAP_FAILED;
}

int mprotect(void *pages, size_t size, int protection) {
    DWORD before;
    return VirtualProtect(pages, size, access_of(protection), &before) ? 0 : -1;
}

int munmap(void *pages, size_t size) {
    (void)size;
    return VirtualFree(pages, 0, MEM_RELEASE) ? 0 : -1;
}

/* ---- signals, time, console ---- */

#undef signal
void (*windows_signal(int number, void (*handler)(int)))(int) {
    return number == SIGINT || number == SIGTERM ? signal(number, handler) : SIG_ERR;
}

int windows_sigaction(int number, const struct sigaction *action, struct sigaction *old) {
    void (*const before)(int) = windows_signal(number, action != NULL ? action->sa_handler : SIG_DFL);
    if (before == SIG_ERR) return -1;
    if (old != NULL) old->sa_handler = before;
    return 0;
}

struct tm *windows_gmtime(const time_t *seconds, struct tm *utc) { return _gmtime64_s(utc, seconds) == 0 ? utc : NULL; }

int ioctl(int file, int request, struct winsize *size) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (request != TIOCGWINSZ || !GetConsoleScreenBufferInfo((HANDLE)_get_osfhandle(file), &info)) return -1;
    size->ws_col = (unsigned short)info.dwSize.X;
    return 0;
}
