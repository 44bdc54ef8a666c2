/* SPDX-License-Identifier: MIT */
/* Directories whose names are UTF-8. */
#ifndef V5LITE_WINDOWS_DIRENT_H
#define V5LITE_WINDOWS_DIRENT_H

enum { WINDOWS_MAX_NAME = 3 * 260 + 1 };

struct dirent {
    char d_name[WINDOWS_MAX_NAME];
};
typedef struct windows_directory DIR;

DIR *opendir(const char *path);
struct dirent *readdir(DIR *directory);
int closedir(DIR *directory);

#endif
