/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_NPY_H
#define V5LITE_NPY_H

/* Writes data[height][width][channels] as a NumPy file: version 1.0, '<f4', C order. Complains and returns STATUS_BAD
 * if that fails. */
int npy_write(const char *path, const float *data, int height, int width, int channels);

#endif
