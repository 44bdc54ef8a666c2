#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks and prints the external symbols of the library:  sh tests/symbols.sh [--freestanding] PREFIX OBJECT...
# PREFIX: of binutils, may be empty. Objects may call memcpy and memset, and memmove, which a compiler may use for a
# copy. On 32-bit ARM they may call the compiler's arithmetic functions, if the CPU has no unit for floats, doubles or
# division. Without --freestanding they may call getauxval on Linux for ARM, and functions that hardening options add.
# Objects must not have writable data.
set -eu
hosted='|getauxval' hardening='|__(memcpy|memset|memmove)_chk|__stack_chk_(fail|guard)'
[ "$1" != --freestanding ] || { hosted='' hardening='' && shift; }
prefix=$1
shift
allowed="memcpy|memset|memmove|_GLOBAL_OFFSET_TABLE_$hardening"
attributes=$("${prefix}readelf" -A "$1")
case $("${prefix}readelf" -h "$1") in
*'Machine: '*' ARM'*)
    allowed="$allowed$hosted"
    case $attributes in *Tag_FP_arch*) ;; *) allowed="$allowed|__aeabi_(f.*|u?i2f)" double=1 ;; esac
    case $attributes in *HardFP_use:\ SP*) double=1 ;; esac
    [ -z "${double:-}" ] || allowed="$allowed|__aeabi_(d.*|u?i2d|f2d)"
    [ "$("${prefix}readelf" -A "$@" | grep -c 'Tag_DIV_use.*v7-A')" -eq $# ] || allowed="$allowed|__aeabi_u?idiv(mod)?"
    ;;
*AArch64*) allowed="$allowed$hosted" ;;
esac
defined=$("${prefix}nm" --defined-only "$@" | awk 'NF == 3 { print $3 }' | sort -u)
called=$("${prefix}nm" -u "$@" | awk 'NF >= 2 && $(NF-1) == "U" { print $NF }' | sort -u)
foreign=$(printf '%s\n' "$called" | grep -vxF "$defined" | grep -v '^$' || true)
unexpected=$(printf '%s\n' "$foreign" | grep -vxE "$allowed" || true)
if [ -n "$unexpected" ]; then
    printf '%s\n' "$unexpected" | sed 's/^/symbols: the library calls /' >&2
    exit 1
fi
writable=$("${prefix}size" -A "$@" | awk '/^\.(data|bss|tdata|tbss)/ && !/^\.data\.rel\.ro/ && $2 > 0 { print $1, $2 }')
common=$("${prefix}nm" "$@" | awk '$2 == "C" { print $3 }')
if [ -n "$writable$common" ]; then
    echo "symbols: the library has writable data: $writable $common" >&2
    exit 1
fi
printf '%s\n' "$foreign" | grep -vxF _GLOBAL_OFFSET_TABLE_ | tr '\n' ' '
echo
