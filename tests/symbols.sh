#!/bin/sh
# SPDX-License-Identifier: MIT
# What the library asks of its surroundings:  sh tests/symbols.sh PREFIX OBJECT...   (PREFIX: of binutils, may be empty)
# Objects may call memcpy, memset and, on 32-bit ARM Linux, getauxval and the compiler's arithmetic; they have no data that a
# program could write.
set -eu
prefix=$1
shift
foreign=$("${prefix}nm" -u "$@" | awk 'NF >= 2 && $(NF-1) == "U" { print $NF }' |
    grep -vE '^(v5l_.*|memcpy|memset|getauxval|__aeabi_.*|_GLOBAL_OFFSET_TABLE_)$' | sort -u || true)
if [ -n "$foreign" ]; then
    echo "symbols: the library calls:" $foreign >&2
    exit 1
fi
writable=$("${prefix}size" -A "$@" | awk '/^\.(data|bss)[ \t]/ && $2 > 0 { print }')
if [ -n "$writable" ]; then
    echo "symbols: the library has writable data: $writable" >&2
    exit 1
fi
