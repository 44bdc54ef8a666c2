/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <windows.h>

#include "text.h"

int windows_wide(const char *path, wchar_t wide[WINDOWS_MAX_PATH]) {
    if (strcmp(path, "/dev/null") == 0) path = "NUL";
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, WINDOWS_MAX_PATH) > 0) return 1;
    errno = GetLastError() == ERROR_INSUFFICIENT_BUFFER ? ENAMETOOLONG : ENOENT;
    return 0;
}

int windows_failed(unsigned long error) {
    static const struct {
        unsigned long error;
        int number;
    } known[] = {{ERROR_FILE_NOT_FOUND, ENOENT}, {ERROR_PATH_NOT_FOUND, ENOENT},    {ERROR_INVALID_NAME, ENOENT},
                 {ERROR_BAD_NETPATH, ENOENT},    {ERROR_ACCESS_DENIED, EACCES},     {ERROR_SHARING_VIOLATION, EBUSY},
                 {ERROR_DISK_FULL, ENOSPC},      {ERROR_FILE_EXISTS, EEXIST},       {ERROR_ALREADY_EXISTS, EEXIST},
                 {ERROR_WRITE_PROTECT, EROFS},   {ERROR_NOT_ENOUGH_MEMORY, ENOMEM}, {ERROR_DIRECTORY, ENOTDIR}};
    errno = EIO;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].error == error) errno = known[i].number;
    return -1;
}

/* ---- status ---- */

static int status_of(HANDLE handle, struct windows_stat *status) {
    FILE_STANDARD_INFO info;
    FILE_ID_INFO id;
    *status = (struct windows_stat){.st_mode = S_IFCHR};
    switch (GetFileType(handle)) {
    case FILE_TYPE_CHAR: return 0;
    case FILE_TYPE_PIPE: status->st_mode = S_IFIFO; return 0;
    default: break;
    }
    /* Not GetFileInformationByHandle, which wine has only for files that Windows opened. */
    if (!GetFileInformationByHandleEx(handle, FileStandardInfo, &info, sizeof info) ||
        !GetFileInformationByHandleEx(handle, FileIdInfo, &id, sizeof id))
        return windows_failed(GetLastError());
    uint64_t halves[2];
    memcpy(halves, &id.FileId, sizeof halves);
    status->st_mode = info.Directory ? S_IFDIR : S_IFREG;
    status->st_size = info.EndOfFile.QuadPart;
    status->st_dev = id.VolumeSerialNumber;
    status->st_ino = halves[0] ^ halves[1] * 0x9E3779B97F4A7C15u; /* the second is 0 on NTFS */
    return 0;
}

int windows_fstat(int file, struct windows_stat *status) {
    const HANDLE handle = (HANDLE)_get_osfhandle(file);
    if (handle != INVALID_HANDLE_VALUE) return status_of(handle, status);
    errno = EBADF;
    return -1;
}

int windows_stat(const char *path, struct windows_stat *status) {
    wchar_t wide[WINDOWS_MAX_PATH];
    if (!windows_wide(path, wide)) return -1;
    const HANDLE handle =
        CreateFileW(wide, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (handle == INVALID_HANDLE_VALUE) return windows_failed(GetLastError());
    const int failed = status_of(handle, status);
    CloseHandle(handle);
    return failed;
}

/* ---- names ---- */

/* A directory is opened for fstat, as POSIX does; its descriptor reads nothing. */
static int open_directory(const wchar_t *wide) {
    const HANDLE handle = CreateFileW(wide, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                      OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    return handle != INVALID_HANDLE_VALUE ? _open_osfhandle((intptr_t)handle, _O_RDONLY) : -1;
}

int windows_open(const char *path, int flags, ...) {
    wchar_t wide[WINDOWS_MAX_PATH];
    if (!windows_wide(path, wide)) return -1;
    const DWORD attributes = GetFileAttributesW(wide);
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) &&
        (flags & (_O_WRONLY | _O_RDWR)) == 0)
        return open_directory(wide);
    return _wopen(wide, flags | _O_BINARY, _S_IREAD | _S_IWRITE);
}

FILE *windows_fopen(const char *path, const char *mode) {
    wchar_t wide[WINDOWS_MAX_PATH], wide_mode[8];
    const size_t length = strlen(mode);
    if (!windows_wide(path, wide)) return NULL;
    for (size_t i = 0; i < 8; i++)
        wide_mode[i] = i < length ? (wchar_t)mode[i] : i == length && strchr(mode, 'b') == NULL ? L'b' : 0;
    return _wfopen(wide, wide_mode);
}

int windows_access(const char *path, int mode) {
    wchar_t wide[WINDOWS_MAX_PATH];
    return windows_wide(path, wide) ? _waccess(wide, mode & (R_OK | W_OK)) : -1;
}

int windows_mkdir(const char *path, int mode) {
    wchar_t wide[WINDOWS_MAX_PATH];
    (void)mode;
    return windows_wide(path, wide) ? _wmkdir(wide) : -1;
}

int windows_rmdir(const char *path) {
    wchar_t wide[WINDOWS_MAX_PATH];
    return windows_wide(path, wide) ? _wrmdir(wide) : -1;
}

int windows_unlink(const char *path) {
    wchar_t wide[WINDOWS_MAX_PATH];
    return windows_wide(path, wide) ? _wunlink(wide) : -1;
}

int windows_rename(const char *from, const char *to) {
    wchar_t wide_from[WINDOWS_MAX_PATH], wide_to[WINDOWS_MAX_PATH];
    if (!windows_wide(from, wide_from) || !windows_wide(to, wide_to)) return -1;
    if (MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) return 0;
    return windows_failed(GetLastError());
}
