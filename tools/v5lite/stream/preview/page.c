/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sha256.h"

#include "page.inc" /* page_html, page_css, page_js: page.sh */

enum { BASE64_SIZE = (SHA256_BYTES + 2) / 3 * 4 + 1 };

/* Writes the SHA-256 of a text in base64. */
static void write_hash(char out[BASE64_SIZE], const char *text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t hash[SHA256_BYTES + 1] = {0}; /* 33 is a multiple of 3 */
    sha256_of(text, strlen(text), hash);
    for (int i = 0; i < SHA256_BYTES + 1; i += 3) {
        const unsigned long bits = (unsigned long)hash[i] << 16 | (unsigned long)hash[i + 1] << 8 | hash[i + 2];
        for (int digit = 0; digit < 4; digit++)
            *out++ = digits[bits >> (18 - 6 * digit) & 63];
    }
    out[-1] = '='; /* the byte past the hash */
    *out = 0;
}

/* Writes html with the texts in place of @CSS@ and @JS@, in this order. */
static void write_page(FILE *out, const char *html, const char *css, const char *js) {
    const char *const at_css = strstr(html, "@CSS@"), *const at_js = strstr(html, "@JS@");
    fwrite(html, 1, (size_t)(at_css - html), out);
    fputs(css, out);
    fwrite(at_css + 5, 1, (size_t)(at_js - at_css - 5), out);
    fputs(js, out);
    fputs(at_js + 4, out);
}

int page_open(page *p) {
    char css[BASE64_SIZE], js[BASE64_SIZE];
    *p = (page){0};
    write_hash(css, page_css);
    write_hash(js, page_js);
    snprintf(p->policy, sizeof p->policy,
             "default-src 'none'; script-src 'sha256-%s'; style-src 'sha256-%s'; connect-src 'self'; img-src data:; "
             "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
             js, css);
    FILE *out = open_memstream(&p->text, &p->size);
    if (out == NULL) return 0;
    write_page(out, page_html, page_css, page_js);
    return fclose(out) == 0;
}

void page_close(page *p) { free(p->text); }
