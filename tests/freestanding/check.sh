#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the library, without its thread pool, without a C library:  sh tests/freestanding/check.sh BUILD CROSS CC PYTHON
# Compiles it as one file for size and, for this machine, for speed. Checks its external symbols and writable data. Links
# it with a model and only memcpy, memmove and memset. The program must print the detections of a hosted program. $RUN:
# the command that runs a program of this build.
set -eu
build=$1 cross=$2 cc=$3 python=$4
dir=$build/freestanding
model=weights/digits.v5l
fail() {
    echo "freestanding: $1" >&2
    exit 1
}

rm -rf "$dir"
mkdir -p "$dir"
"$python" tools/embed.py "$model" -o "$dir/digits.S" > /dev/null
$cc -c -o "$dir/digits.o" "$dir/digits.S"
$cc -std=c11 -O1 ${cross:+-static} -Iinclude -o "$dir/hosted" tests/install/consumer.c "$build/libv5lite.a" -lpthread
${RUN:-} "$dir/hosted" "$model" | tail -n +2 > "$dir/expected"
grep -q '^0 9[0-9][0-9] ' "$dir/expected" || fail "the hosted program does not find the 0 in the scene"

# 32-bit ARM lacks instructions for some 64-bit arithmetic, which the compiler's library contains.
case $($cc -dumpmachine) in arm*) helpers=-lgcc ;; *) helpers='' ;; esac
flags="-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -ffreestanding -fno-stack-protector -ffp-contract=off"
levels="-Os -O3"
[ -z "$cross" ] || levels=-Os
for level in $levels; do
    # shellcheck disable=SC2086
    $cc $flags $level -DV5L_NO_THREADS -c -o "$dir/v5lite.o" build/amalgam/v5lite.c
    said=$(sh tests/symbols.sh --freestanding "$cross" "$dir/v5lite.o") || exit 1
    # shellcheck disable=SC2086
    $cc $flags $level -c -o "$dir/v5lite_track.o" build/amalgam/v5lite_track.c
    sh tests/symbols.sh --freestanding "$cross" "$dir/v5lite_track.o" > /dev/null
    # shellcheck disable=SC2086
    $cc $flags $level -Iinclude -Itests/install -c -o "$dir/program.o" tests/freestanding/program.c
    # shellcheck disable=SC2086
    $cc -nostdlib -static -Wl,--fatal-warnings -o "$dir/program" "$dir/program.o" "$dir/v5lite.o" "$dir/digits.o" \
        $helpers ||
        fail "$level: does not link without a C library"
    ${RUN:-} "$dir/program" > "$dir/found" || fail "$level: the program fails"
    cmp -s "$dir/found" "$dir/expected" || fail "$level: finds '$(cat "$dir/found")', expected '$(cat "$dir/expected")'"
    echo "freestanding: $cc $level: same detections as the hosted program; calls $said"
done
