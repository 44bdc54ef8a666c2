#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the version script of the shared library:  sh exports.sh ABI HEADER...
# It exports the functions that the headers declare.
set -eu
abi=$1
shift
names=$(sed -nE 's/^[a-zA-Z].*[ *](v5l_[a-z0-9_]+)\(.*$/\1/p' "$@" | sort -u)
[ -n "$names" ] || { echo "exports: $*: expected declarations of functions" >&2; exit 1; }
printf 'V5LITE_%s {\nglobal:\n' "$abi"
printf '%s\n' "$names" | sed 's/.*/    &;/'
printf 'local:\n    *;\n};\n'
