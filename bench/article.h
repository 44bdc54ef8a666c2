/* SPDX-License-Identifier: MIT */
/* The cases of bench/article.c: the article's claims as small nets, in sections. */
#ifndef ARTICLE_H
#define ARTICLE_H

#include "article_net.h"

typedef struct article_case article_case;

/* Fills an empty net and returns its output. */
typedef uint32_t article_make(bench_net *n, const article_case *c);

struct article_case {
    const char *name;
    article_make *make;
    uint32_t a, b; /* parameters; `make` defines their meaning */
    v5l_activation activation;
    int windows;     /* see net_plan */
    int slices_only; /* no layer other than the slices */
};

typedef struct {
    const char *title;
    int picture; /* side of the picture in pixels */
    int count;
    const article_case *cases; /* times are compared with the first case's */
} article_section;

/* The last two members of a section: an array's length, and the array. */
#define ARTICLE_CASES(list) (int)(sizeof(list) / sizeof *(list)), list

enum { ARTICLE_SECTIONS = 6 };
extern const article_section article_focus[2];  /* article_focus.c */
extern const article_section article_guides[4]; /* article_guides.c: G1 to G4 */

/* Builds the net of a case. */
bench_net *article_net(const article_section *section, const article_case *c, uint32_t cpu);

/* Runs Focus as slices and as a 6x6 convolution of the same weights on small pictures, and compares both with the sums
 * in double precision. *difference: the largest between the two. *share: the largest error as a share of the rounding
 * bound; above 1 is wrong. */
void article_check_focus(uint32_t cpu, double *difference, double *share);

#endif
