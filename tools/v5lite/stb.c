/* SPDX-License-Identifier: MIT */
/* Implementation of the stb libraries, in a file of its own since it does not pass our warnings. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#endif

#include "encoder_memory.h"

#define STBIW_MALLOC(size) encoder_alloc(size)
#define STBIW_REALLOC(data, size) encoder_realloc(data, size)
#define STBIW_FREE(data) encoder_free(data)

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include "stb.h"

int stb_write_png(stbi_write_func *write, void *user, int width, int height, const void *rgb) {
    volatile int written = 0; /* keeps its value after longjmp */
    if (setjmp(encoder_out_of_memory) == 0) written = stbi_write_png_to_func(write, user, width, height, 3, rgb, 0);
    encoder_free_all();
    return written;
}
