/* SPDX-License-Identifier: MIT */
/* The stb libraries, configured for this program; stb.c has their implementation. */
#ifndef V5LITE_STB_H
#define V5LITE_STB_H

#include "pixel_memory.h"

#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_MAX_DIMENSIONS 32768 /* IMAGE_MAX_SIDE */
#define STBI_FAILURE_USERMSG      /* text instead of codes */
#define STBI_NO_STDIO
#define STBI_WRITE_NO_STDIO
#define STBI_MALLOC(size) pixel_alloc(size)
#define STBI_REALLOC(pointer, size) pixel_realloc(pointer, size)
#define STBI_FREE(pointer) pixel_free(pointer)

#include "stb_image.h"
#include "stb_image_write.h"

/* stbi_write_png_to_func for RGB. Returns 0 if out of memory, possibly after some calls of write. */
int stb_write_png(stbi_write_func *write, void *user, int width, int height, const void *rgb);

#endif
