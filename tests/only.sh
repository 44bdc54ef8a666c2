#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks the kernels in a library for one instruction set:  sh tests/only.sh SET "SETS" PREFIX OBJECT...
# SETS: the sets of the target, in the order of src/kernels/sets.def. PREFIX: of binutils, may be empty. The library
# must contain kernels of SET and no other table of kernels than that of select.c. It must not contain a kernel of a later set or of another target,
# an uncalled kernel, or two kernels of a kind, except reference kernels that process the remainder of others.
set -eu
level=$1 prefix=$3
sets=$(echo "$2 " | sed "s/ $level .*/ $level/;s/ /|/g")
all=$(sed -n 's/^V5L_SET(\([a-z0-9_]*\),.*/\1/p' "${0%/*}/../src/kernels/sets.def" | paste -sd '|' -)
shift 3
fail() {
    printf 'only: %s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' ' ')" >&2
    exit 1
}

kernels=$("${prefix}nm" "$@" | awk '$2 == "T" { print $3 }' | grep -E '^v5l_.*_('"$all"')$' | sort)
echo "$kernels" | grep -qE "_$level\$" || fail "no kernels of this instruction set" "$level"
foreign=$(echo "$kernels" | grep -vE "_($sets)\$" || true)
[ -z "$foreign" ] || fail "kernels of other instruction sets" "$foreign"
several=$(echo "$kernels" | grep -vE '^v5l_(resize_[a-z]*|shuffle|find_above|dwconv_s8)_(.*_)?ref$' |
    sed -E 's/(winograd|resize|u8_to)_/\1-/' | cut -d_ -f2,3 | sort | uniq -d) # kinds and types
[ -z "$several" ] || fail "more than one kernel of a kind" "$several"
called=$("${prefix}nm" -u "$@" | awk '$1 == "U" { print $2 }' | sort -u)
idle=$(printf '%s\n' "$kernels" | grep -vxF "$called" || true)
[ -z "$idle" ] || fail "kernels that nothing calls" "$idle"
# select.c points to the kernels that it chooses from: one of each kind and type.
others=$(printf '%s\n' "$@" | grep -v '/select\.o$')
# shellcheck disable=SC2086
table=$("${prefix}objdump" -r $others | awk '/^RELOCATION RECORDS FOR/ { data = /\[\.(data|rodata)/ } data { print $3 }' |
    grep -E "^v5l_.*_($all)([-+]|\$)" || true)
[ -z "$table" ] || fail "pointers to kernels" "$table"
