/* SPDX-License-Identifier: MIT */
#include "picture_kind.h"

#include <string.h>

#include "bmp.h"
#include "jpeg.h"
#include "png.h"
#include "pnm.h"

#define EXPECTED ", expected JPEG, PNG, BMP or PNM (PPM, PGM, PBM, PAM)"

typedef struct foreign_kind {
    size_t at, size;
    const char *bytes, *refusal;
} foreign_kind;

picture_kind picture_kind_of(const uint8_t *bytes, size_t size) {
    if (jpeg_is(bytes, size)) return PICTURE_JPEG;
    if (png_is(bytes, size)) return PICTURE_PNG;
    if (pnm_is(bytes, size)) return PICTURE_PNM;
    return bmp_is(bytes, size) ? PICTURE_BMP : PICTURE_OTHER;
}

const char *picture_kind_refusal(const uint8_t *bytes, size_t size) {
    static const foreign_kind kinds[] = {
        /* of kinds with a common start, the longer one first */
        {0, 4, "GIF8", "GIF" EXPECTED},
        {8, 4, "WEBP", "WebP" EXPECTED},
        {8, 4, "AVI ", "AVI video" EXPECTED},
        {0, 4, "II*\0", "TIFF or raw picture" EXPECTED},
        {0, 4, "MM\0*", "TIFF or raw picture" EXPECTED},
        {0, 4, "II+\0", "BigTIFF" EXPECTED},
        {0, 4, "MM\0+", "BigTIFF" EXPECTED},
        {4, 8, "ftypheic", "HEIC" EXPECTED},
        {4, 8, "ftypheix", "HEIC" EXPECTED},
        {4, 8, "ftypheim", "HEIC" EXPECTED},
        {4, 8, "ftyphevc", "HEIC" EXPECTED},
        {4, 8, "ftypmif1", "HEIF (HEIC or AVIF)" EXPECTED},
        {4, 8, "ftypmsf1", "HEIF (HEIC or AVIF)" EXPECTED},
        {4, 8, "ftypavif", "AVIF" EXPECTED},
        {4, 8, "ftypavis", "AVIF" EXPECTED},
        {4, 7, "ftypcrx", "raw picture (CR3)" EXPECTED},
        {0, 10, "YUV4MPEG2 ", "y4m video, expected a picture: 'v5lite watch FILE' reads one stream"},
        {4, 4, "ftyp", "MP4 or QuickTime video" EXPECTED},
        {0, 4, "\x1A\x45\xDF\xA3", "Matroska or WebM video" EXPECTED},
        {0, 4, "%PDF", "PDF" EXPECTED},
        {0, 4, "<svg", "SVG" EXPECTED},
        {0, 5, "<?xml", "XML, perhaps SVG" EXPECTED},
        {0, 5, "<html", "web page" EXPECTED},
        {0, 5, "<!DOC", "web page" EXPECTED},
        {0, 5, "<!doc", "web page" EXPECTED},
        {4, 8, "jP  \r\n\x87\n", "JPEG 2000" EXPECTED},
        {0, 4, "\xFF\x4F\xFF\x51", "JPEG 2000" EXPECTED},
        {4, 8, "JXL \r\n\x87\n", "JPEG XL" EXPECTED},
        {0, 2, "\xFF\x0A", "JPEG XL" EXPECTED},
        {0, 4, "\0\0\1\0", "Windows icon" EXPECTED},
        {0, 4, "8BPS", "Photoshop document" EXPECTED},
        {0, 4, "qoif", "QOI" EXPECTED},
        {0, 4, "\x76\x2F\x31\x01", "OpenEXR" EXPECTED},
        {0, 2, "#?", "Radiance HDR" EXPECTED},
        {0, 4, "DDS ", "DDS texture" EXPECTED},
        {0, 8, "farbfeld", "farbfeld" EXPECTED},
        {0, 3, "PF\n", "PFM" EXPECTED},
        {0, 3, "Pf\n", "PFM" EXPECTED},
        {0, 4, "BPG\xFB", "BPG" EXPECTED},
        {0, 8, "\x8AMNG\r\n\x1A\n", "MNG" EXPECTED},
        {0, 2, "\x1F\x8B", "gzip file" EXPECTED},
        {0, 4, "PK\3\4", "zip archive" EXPECTED},
        {0, 8, "version ", "Git LFS pointer, not the file itself" EXPECTED},
    };
    if (size == 0) return "file empty" EXPECTED;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const foreign_kind *k = &kinds[i];
        if (size >= k->at + k->size && memcmp(bytes + k->at, k->bytes, k->size) == 0) return k->refusal;
    }
    return "not a known kind of picture, or its start is damaged" EXPECTED;
}
