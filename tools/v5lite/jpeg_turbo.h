/* SPDX-License-Identifier: MIT */
/* Error handling that decoder and encoder of libjpeg-turbo share: a failure leaves the library by longjmp, and memory
 * of one picture comes from one block. */
#ifndef V5LITE_JPEG_TURBO_H
#define V5LITE_JPEG_TURBO_H

#if defined(V5LITE_TURBO)

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>

typedef struct turbo {
    struct jpeg_error_mgr errors; /* the library's, with other calls */
    jmp_buf failed;
    const char *why;      /* of the failure; static text */
    int lacks_data;       /* the entropy-coded data ended early */
    int damaged;          /* it had other errors */
    unsigned char *block; /* NULL: the library's memory manager is unchanged */
    size_t size, used;
    void *(*allocate)(j_common_ptr library, int pool, size_t size); /* the library's own */
} turbo;

/* Sets the library's object up to fail into t->failed. Call before jpeg_create_decompress or jpeg_create_compress. */
void turbo_begin(turbo *t, j_common_ptr library);

/* After that call: from now on the library takes the memory of a picture from a block for pictures of this width, and
 * more from the heap. Returns 0 if out of memory. */
int turbo_reserve(turbo *t, j_common_ptr library, int width);

/* Before each picture: forgets the last one's errors and memory. */
void turbo_reset(turbo *t);

void turbo_end(turbo *t);

#endif

#endif
