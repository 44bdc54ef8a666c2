/* SPDX-License-Identifier: MIT */
/* A measured roofline, on stdout. */
#ifndef V5LITE_ROOFLINE_REPORT_H
#define V5LITE_ROOFLINE_REPORT_H

#include "roofline.h"

/* cores: how many times the limits hold for what is printed below. */
void roofline_report_text(const roofline *r, int cores);

/* An object without an end of line. */
void roofline_report_json(const roofline *r);

#endif
