#!/bin/sh
# SPDX-License-Identifier: MIT
# What a library for one instruction set consists of:  sh tests/only.sh ref|avx2|avx512|neon PREFIX OBJECT...
# PREFIX is that of binutils and may be empty. There are kernels of that set, no kernels of a set that it does not include,
# none that nothing calls, and no table of them: one of each kind, but for the reference kernels that the others end with.
set -eu
level=$1 prefix=$2
shift 2
case $level in
ref) sets=ref ;;
avx2) sets='ref|avx2' ;;
avx512) sets='ref|avx2|avx512' ;;
neon) sets='ref|neon' ;;
esac
fail() {
    printf 'only: %s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' ' ')" >&2
    exit 1
}

kernels=$("${prefix}nm" "$@" | awk '$2 == "T" { print $3 }' | grep -E '^v5l_.*_(ref|avx2|avx512|neon)$' | sort)
echo "$kernels" | grep -qE "_$level\$" || fail "no kernels of this instruction set" "$level"
foreign=$(echo "$kernels" | grep -vE "_($sets)\$" || true)
[ -z "$foreign" ] || fail "kernels of other instruction sets" "$foreign"
several=$(echo "$kernels" | grep -vE '^v5l_(resize_.|shuffle|find_above)_.*_ref$' | sed -E 's/(winograd|resize)_/\1-/' | cut -d_ -f2 | uniq -d)
[ -z "$several" ] || fail "more than one kernel of a kind" "$several"
called=$("${prefix}nm" -u "$@" | awk '$1 == "U" { print $2 }' | sort -u)
idle=$(printf '%s\n' "$kernels" | grep -vxF "$called" || true)
[ -z "$idle" ] || fail "kernels that nothing calls" "$idle"
table=$("${prefix}objdump" -r "$@" | awk '/^RELOCATION RECORDS FOR/ { data = /\[\.(data|rodata)/ } data { print $3 }' |
    grep -E '^v5l_.*_(ref|avx2|avx512|neon)([-+]|$)' || true)
[ -z "$table" ] || fail "pointers to kernels" "$table"
