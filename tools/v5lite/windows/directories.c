/* SPDX-License-Identifier: MIT */
#include <windows.h>

#include "dirent.h"
#include "text.h"

struct windows_directory {
    HANDLE search;
    WIN32_FIND_DATAW found; /* the next entry, if `more` */
    int more;
    struct dirent entry;
};

DIR *opendir(const char *path) {
    wchar_t pattern[WINDOWS_MAX_PATH];
    if (!windows_wide(*path != 0 ? path : ".", pattern)) return NULL;
    const size_t length = wcslen(pattern);
    if (length + 3 > WINDOWS_MAX_PATH) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    wcscpy(pattern + length, L"/*");
    DIR *directory = malloc(sizeof *directory);
    if (directory == NULL) return NULL;
    directory->search = FindFirstFileW(pattern, &directory->found);
    directory->more = directory->search != INVALID_HANDLE_VALUE;
    if (directory->more) return directory;
    (void)windows_failed(GetLastError());
    free(directory);
    return NULL;
}

struct dirent *readdir(DIR *directory) {
    while (directory->more) {
        const int size = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, directory->found.cFileName, -1,
                                             directory->entry.d_name, WINDOWS_MAX_NAME, NULL, NULL);
        directory->more = FindNextFileW(directory->search, &directory->found);
        if (size > 0) return &directory->entry; /* others have no name in UTF-8 */
    }
    return NULL;
}

int closedir(DIR *directory) {
    FindClose(directory->search);
    free(directory);
    return 0;
}
