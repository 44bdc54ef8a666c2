#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the sources of the live view's page as C strings, page_html, page_css and page_js:  sh page.sh FOLDER
# A string literal may be as long as the page in C11 only if the compiler allows it; an array of bytes always may.
set -eu
for kind in html css js; do
    echo "static const char page_${kind}[] = {"
    { [ $kind != css ] || cat "$1/theme.css"; cat "$1/preview.$kind"; } | od -An -v -tu1 | sed 's/  */,/g; s/^,//; s/$/,/'
    echo "0};"
done
