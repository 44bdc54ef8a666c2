/* SPDX-License-Identifier: MIT */
#ifndef V5LITE_HTML_REPORT_H
#define V5LITE_HTML_REPORT_H

#include "audit.h"

/* Writes the audit, with its comparison if it has one, as one self-contained HTML file without scripts. Reports an
 * error and returns STATUS_BAD if that fails. */
int html_report(const audit *a, const char *path);

#endif
