#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs static analysis and fails on any finding:  sh analyse.sh "SOURCES OF SRC" "SOURCES OF TOOLS"
# cppcheck: all checks of C except informational ones. clang-tidy: see .clang-tidy. gcc: -fanalyzer, if CC is gcc.
# Scripts: shellcheck, if it is installed. Suppressions are comments in the code, each with its reason.
# One file by one tool:  sh analyse.sh clang-tidy|gcc library|program FILE
set -eu
unset CDPATH
posix="-D_POSIX_C_SOURCE=200809L -Iinclude -Itools/v5lite -Itools/third_party -Ibuild/tools/v5lite"
posix="$posix -Ibuild/tools/v5lite/stream/preview" # the last two for sources.inc and page.inc

flags() { # library|program FILE: prints the Makefile's flags for it
    set_name=${2%.c} set_name=${set_name##*[_/]}
    isa=$(sed -n "s/^V5L_SET($set_name, x86,.*\"\(.*\)\")\$/\1/p" "${0%/*}/../../src/kernels/sets.def" |
        sed 's/-mtune=[^ ]*//')
    case "$1/$2" in
    library/*) set -- "-Isrc -Iinclude -Wcast-qual" ;;
    */jpeg_turbo*) set -- "$posix -DV5LITE_TURBO" ;;
    *) set -- "$posix" ;;
    esac
    echo "-std=c11 -O2 -ffp-contract=off $isa $1"
}

# Excludes x86's two files of depthwise kernels: one macro expands to a whole kernel, which cppcheck and gcc cannot
# finish. cppcheck does not expand the macros of x86's gemm either.
expands() { quick "$@" | grep -vE '/gemm_(f32|w16)_(6x16_avx2|8x24_avx512|12x32_avx512)\.c$'; }
quick() { printf '%s\n' "$@" | grep -vE '/dwconv_f32_avx(2|512)\.c$'; }
# gcc 12 does not follow the loops over four vectors of x86's depthwise kernels in S8: it reports vectors as not set.
followed() { quick "$@" | grep -v '/dwconv_s8_avx'; }
# Excludes third-party code.
own() { printf '%s\n' "$@" | grep -v '/stb\.c$'; }

# shellcheck disable=SC2046,SC2086
case "$1" in
clang-tidy)
    # Skips path analysis of vector kernels: macros unroll them, so it takes minutes and finds no branch of interest.
    # The arguments of those macros are numbers and names. A prefetch may address memory past an array.
    case "$3" in
    *_avx*.c | *_neon.c)
        checks="--checks=-clang-analyzer-*,-bugprone-macro-parentheses,-performance-no-int-to-ptr"
        ;;
    *) checks= ;;
    esac
    clang-tidy --quiet $checks "$3" -- $(flags "$2" "$3") 2> /dev/null
    exit
    ;;
gcc)
    # gcc 12 reports false leaks of memory that an array or stb owns. memcheck and clang-tidy find leaks of the program.
    ${CC:-gcc} -fanalyzer -Werror -Wno-analyzer-malloc-leak $(flags "$2" "$3") -c -o /dev/null "$3"
    exit
    ;;
esac

cppcheck="cppcheck --quiet -j2 --std=c11 --platform=unix64 --max-configs=1 -D__x86_64__ --inline-suppr
    --enable=warning,style,performance,portability --error-exitcode=1"
# shellcheck disable=SC2046,SC2086
{
    echo "analysis: cppcheck"
    $cppcheck -Iinclude -Isrc $(expands $1)
    $cppcheck --library=posix --suppress='*:tools/third_party/*' $posix $(own $2)
    echo "analysis: clang-tidy"
    printf '%s\n' $1 | xargs -P 2 -I FILE sh "$0" clang-tidy library FILE
    own $2 | xargs -P 2 -I FILE sh "$0" clang-tidy program FILE
    if ${CC:-gcc} --version | grep -qi "free software foundation"; then
        echo "analysis: gcc -fanalyzer"
        followed $1 | xargs -P 2 -I FILE sh "$0" gcc library FILE
        own $2 | xargs -P 2 -I FILE sh "$0" gcc program FILE
    else
        echo "skip: -fanalyzer: $CC is not gcc"
    fi
    if command -v shellcheck > /dev/null; then
        echo "analysis: shellcheck"
        find tests tools bench -name '*.sh' -exec shellcheck .ci/run {} +
    else
        echo "skip: scripts: no shellcheck: install shellcheck"
    fi
    echo "analysis: nothing found"
}
