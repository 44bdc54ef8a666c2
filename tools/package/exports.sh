#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the version script of the shared library:  sh exports.sh HEADER ABI
# It exports the functions that the header declares.
set -eu
names=$(sed -nE 's/^[a-zA-Z].*[ *](v5l_[a-z0-9_]+)\(.*$/\1/p' "$1" | sort -u)
[ -n "$names" ] || { echo "exports: $1: expected declarations of functions" >&2; exit 1; }
printf 'V5LITE_%s {\nglobal:\n' "$2"
printf '%s\n' "$names" | sed 's/.*/    &;/'
printf 'local:\n    *;\n};\n'
