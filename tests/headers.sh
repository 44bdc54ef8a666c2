#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles each header alone, and the public ones also as C++:  sh tests/headers.sh CC C++ WARNING...
# Excludes .inc files, which are parts of other files.
set -eu
cc=$1 cxx=$2
shift 2
for header in include/*.h src/*.h src/ops/*.h src/kernels/*.h; do
    $cc -std=c11 "$@" -Werror -Iinclude -Isrc -fsyntax-only -include "$header" -xc /dev/null
done
if command -v "$cxx" > /dev/null; then
    for header in include/*.h; do
        "$cxx" -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -include "$header" -xc++ /dev/null
    done
else
    echo "skip: headers as C++: no $cxx: install it"
fi
