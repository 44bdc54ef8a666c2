/* SPDX-License-Identifier: MIT */
/* The stb libraries as this program configures them; stb.c holds their code. */
#ifndef V5LITE_STB_H
#define V5LITE_STB_H

#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_PNM
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_MAX_DIMENSIONS 32768 /* IMAGE_MAX_SIDE */
#define STBI_FAILURE_USERMSG      /* sentences, not codes */
#define STBI_NO_STDIO
#define STBI_WRITE_NO_STDIO

#include "stb_image.h"
#include "stb_image_write.h"

#endif
