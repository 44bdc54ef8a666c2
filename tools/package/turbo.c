/* SPDX-License-Identifier: MIT */
/* Links if this compiler finds libjpeg-turbo: tools/package/libraries.mk. */
#include <stdio.h>

#include <jpeglib.h>

#if !defined(LIBJPEG_TURBO_VERSION)
#error another library of this interface
#endif

int main(void) {
    struct jpeg_error_mgr errors;
    return jpeg_std_error(&errors) != &errors;
}
