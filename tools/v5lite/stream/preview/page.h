/* SPDX-License-Identifier: MIT */
/* The page of the live view: preview.html with preview.css and preview.js in it, so that one request gets all. */
#ifndef V5LITE_PAGE_H
#define V5LITE_PAGE_H

#include <stddef.h>

enum { PAGE_POLICY_SIZE = 400 };

typedef struct page {
    char *text; /* malloc'ed */
    size_t size;
    char policy[PAGE_POLICY_SIZE]; /* Content-Security-Policy: only this script and this style */
} page;

/* Returns 0 if out of memory. Call page_close in any case. */
int page_open(page *p);
void page_close(page *p);

#endif
