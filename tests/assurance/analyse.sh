#!/bin/sh
# SPDX-License-Identifier: MIT
# Static analysis, nothing found or failed:  sh analyse.sh "SOURCES OF SRC" "SOURCES OF TOOLS"
# cppcheck: all its checks of C but the informational ones. clang-tidy: .clang-tidy. gcc: -fanalyzer, if CC is a gcc. Scripts:
# by shellcheck, if it is installed.
# Suppressions are comments in the code, each with its reason.
# One file by one tool:  sh analyse.sh clang-tidy|gcc library|program FILE
set -eu
unset CDPATH
posix="-D_POSIX_C_SOURCE=200809L -Iinclude -Itools/third_party -Ibuild/tools/v5lite" # the last: sources.inc

flags() { # library|program FILE: what the Makefile compiles it with
    set_name=${2%.c} set_name=${set_name##*[_/]}
    isa=$(sed -n "s/^V5L_SET($set_name, x86,.*\"\(.*\)\")\$/\1/p" "${0%/*}/../../src/kernels/sets.def" | sed 's/-mtune=[^ ]*//')
    if [ "$1" = library ]; then set -- "-Isrc -Iinclude -Wcast-qual"; else set -- "$posix"; fi
    echo "-std=c11 -O2 -ffp-contract=off $isa $1"
}

# The two files with depthwise walks on x86: one macro holds a whole kernel, and cppcheck and gcc do not come to an end with it.
# Nor does cppcheck expand the macros of x86's gemm.
expands() { quick "$@" | grep -vE '/gemm_f32_(avx2|8x24_avx512|12x32_avx512)\.c$'; }
quick() { printf '%s\n' "$@" | grep -vE '/dwconv_f32_avx(2|512)\.c$'; }
# Third parties' code.
own() { printf '%s\n' "$@" | grep -v '/stb\.c$'; }

# shellcheck disable=SC2046,SC2086
case "$1" in
clang-tidy)
    # No paths through kernels of an instruction set: unrolled by macros, they take minutes and have no branch of interest; the
    # arguments of those macros are numbers and names; what is prefetched may lie beyond an array.
    case "$3" in
    *_avx2.c | *_avx512.c | *_neon.c) checks="--checks=-clang-analyzer-*,-bugprone-macro-parentheses,-performance-no-int-to-ptr" ;;
    *) checks= ;;
    esac
    clang-tidy --quiet $checks "$3" -- $(flags "$2" "$3") 2> /dev/null
    exit
    ;;
gcc)
    # gcc 12 takes memory that an array or stb owns for lost; leaks of the program are memcheck's and clang-tidy's to find.
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
        quick $1 | xargs -P 2 -I FILE sh "$0" gcc library FILE
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
