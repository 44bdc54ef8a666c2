/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_WINDOWS_IOCTL_H
#define V5LITE_WINDOWS_IOCTL_H

struct winsize {
    unsigned short ws_col;
};
enum { TIOCGWINSZ = 1 };

/* Returns the columns of the console. */
int ioctl(int file, int request, struct winsize *size);

#endif
