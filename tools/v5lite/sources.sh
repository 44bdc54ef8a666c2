#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the source file of each function of ops and kernels:  sh sources.sh PREFIX BUILD OBJECT...
# One line per function, {"function", "file"}, from the objects that are linked. PREFIX: of binutils, may be empty.
set -eu
prefix=$1 build=$2
shift 2
"${prefix}nm" -A "$@" 2>&1 | sed -n "s|^$build/\(.*\)\.o:.* T _*\(v5l_[a-z0-9_]*\)\$|{\"\2\", \"\1.c\"},|p" |
    sed 's|_a\([0-9]*\)[.]c"|_a\1.S"|'
