#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles the amalgamation under every switch with one compiler, without a warning:
#   sh tests/amalgam.sh BUILD CROSS gcc|clang|g++|clang++|tcc "SETS"
# A program built from its two files must print the same detections as with the library. SETS: the instruction sets of
# the target, as in src/kernels/sets.def. $RUN: the command that runs a program.
set -eu
build=$1 cross=$2 compiler=$3 sets=$4
model=weights/digits.v5l
dir=$build/amalgam/$compiler
fail() {
    echo "amalgam: $1" >&2
    exit 1
}

# dialects COMMAND STANDARD...: each compiles without a warning, with those that only some projects enable
dialects() {
    start=$1
    shift
    for standard in "$@"; do
        # shellcheck disable=SC2086
        (cd build/amalgam && $start "-std=$standard" $strict -fsyntax-only v5lite.c) || fail "$start -std=$standard: does not compile"
    done
    echo "amalgam: $start: $*"
}

case $cross$compiler in
*-clang* | *-tcc) echo "skip: amalgam: $compiler: a cross build: run it in a native build" && exit ;;
esac
command -v "$cross$compiler" > /dev/null || { echo "skip: amalgam: no $cross$compiler: install it" && exit; }
libraries=-lpthread
warnings="-Wall -Wextra -Wpedantic -Wconversion -Werror"
strict="$warnings -Wundef -Wdouble-promotion -Wcast-align"
case $compiler in
*++)
    command="$cross$compiler -std=c++17 -O0 -x c++ $warnings"
    libraries="-lstdc++ -lpthread" # std::atomic's, at -O0
    ;;
tcc) command="$cross$compiler -std=c11 $warnings" ;;
clang) command="$cross$compiler -std=c11 -O0 $warnings" ;;
*) command="$cross$compiler -std=c11 -O1 $warnings" ;;
esac

rm -rf "$dir"
mkdir -p "$dir/alone"
cp build/amalgam/v5lite.c build/amalgam/v5lite.h "$dir/alone"

found() { # OBJECT SWITCHES...: prints the output of the program
    object=$1
    shift
    # shellcheck disable=SC2086
    "${cross}gcc" -std=c11 -O1 ${cross:+-static} "$@" -I"$dir/alone" -o "$dir/program" tests/install/consumer.c \
        "$object" -Wl,-z,noexecstack $libraries && ${RUN:-} "$dir/program" "$model"
}

has() { # FEATURE: whether the target CPU has it
    printf '#include "v5lite.h"\nint main(void) { return (v5l_cpu_features() & V5L_CPU_%s) != V5L_CPU_%s; }\n' \
        "$1" "$1" > "$dir/has.c"
    "${cross}gcc" ${cross:+-static} -I"$dir/alone" -o "$dir/has" "$dir/has.c" "$build/libv5lite.a" &&
        ${RUN:-} "$dir/has"
}

count=0 accepted=0
try_each() { # SWITCHES JOINED BY +...
    for joined in "$@"; do
        # shellcheck disable=SC2046
        try $(echo "$joined" | tr + ' ')
    done
}
# C++ and clang under some switches; under all, the code runs by gcc. Syntax and types alone take a sixth of the time.
accept_each() { # SWITCHES JOINED BY +...
    for joined in "$@"; do
        # shellcheck disable=SC2046
        (cd "$dir/alone" && $command $(echo "$joined" | tr + ' ') -fsyntax-only v5lite.c) || fail "$compiler $joined: does not compile"
        accepted=$((accepted + 1))
    done
}
try() { # SWITCHES...
    # shellcheck disable=SC2086
    (cd "$dir/alone" && $command "$@" -c -o ../v5lite.o v5lite.c) || fail "$compiler $*: does not compile"
    said=$(found "$dir/v5lite.o" "$@") || fail "$compiler $*: the program does not link or run"
    expected=$dir/expected
    case "$*" in *V5L_NO_LETTERBOX*) expected=$dir/expected_none ;; esac
    only=
    for switch in "$@"; do only=$only${switch##-DV5L_[!O]*}; done
    [ -z "$only" ] || has "${only#*=}" || expected=$dir/refused
    [ "$said" = "$(cat "$expected")" ] || fail "$compiler $*: prints '$said', expected '$(cat "$expected")'"
    count=$((count + 1))
}

found "$build/libv5lite.a" > "$dir/expected"
grep -q '^0 9[0-9][0-9] ' "$dir/expected" || fail "the library itself does not find the 0 in the scene"
# Without letterbox, the first picture fails with V5L_E_IMAGE; the second has the net's size. On a CPU without the
# instruction set, both fail with V5L_E_CPU.
sed '2,/^96/{/^[0-9]* [0-9]* [0-9]* [0-9]/d;s/^64 64 .*/64 64 -5/}' "$dir/expected" > "$dir/expected_none"
sed '/^[0-9]* [0-9]* [0-9]* [0-9]/d;s/^\([0-9]* [0-9]*\) .*/\1 -7/' "$dir/expected" > "$dir/refused"

case $("${cross}gcc" -dumpmachine) in *eabi) sets=ref ;; esac # no floating-point registers, no NEON
sets=$(echo "$sets" | tr '[:lower:]' '[:upper:]')
fast=${sets#REF } # the first set that is not the reference, if any
fast=${fast%% *}
if [ "$compiler" = tcc ]; then # supports neither vectors nor atomics
    try -DV5L_NO_THREADS
    try -DV5L_NO_THREADS -DV5L_NO_LETTERBOX -DV5L_ONLY=REF
    try -DV5L_NO_THREADS -DV5L_NO_S8
else
    switches="-DV5L_NO_S8 -DV5L_NO_S8+-DV5L_NO_F16 -DV5L_NO_ASM -DV5L_NO_S8+-DV5L_ONLY=$fast"
    for set in $sets; do switches="$switches -DV5L_ONLY=$set"; done
    level1=-DV5L_NO_THREADS+-DV5L_NO_LETTERBOX+-DV5L_ONLY=REF # of vendoring (src/README.md)
    level2=-DV5L_NO_THREADS+-DV5L_NO_LETTERBOX+-DV5L_ONLY=$fast
    level3=-DV5L_NO_THREADS+-DV5L_ONLY=$fast
    try
    # shellcheck disable=SC2086
    case $compiler in
    *++ | clang) accept_each -DV5L_NO_S8+-DV5L_NO_F16 "-DV5L_ONLY=$fast" "$level2" ;;
    *) try_each $switches "$level2" ;;
    esac
    try_each "$level1" "$level3"
fi

# The tracker needs nothing but its own two files and v5lite.h.
cp build/amalgam/v5lite_track.c build/amalgam/v5lite_track.h "$dir/alone"
# shellcheck disable=SC2086
(cd "$dir/alone" && $command -c -o ../v5lite_track.o v5lite_track.c) || fail "$compiler: v5lite_track.c does not compile"
tracked() { # OBJECT
    # shellcheck disable=SC2086
    "${cross}gcc" -std=c11 -O1 ${cross:+-static} -I"$dir/alone" -o "$dir/track_file" tests/tools/track_file.c \
        "$1" -Wl,-z,noexecstack $libraries && for i in 1 2 3 4; do echo "$i,-1,$i,5,20,40,0.9"; done |
        ${RUN:-} "$dir/track_file" 25
}
said=$(tracked "$dir/v5lite_track.o") || fail "$compiler: v5lite_track.c does not link or run"
expected=$(tracked "$build/libv5lite.a")
[ "${said##*,40.000,}" = 0.900,0 ] || fail "$compiler: v5lite_track.c tracks '$said'"
[ "$said" = "$expected" ] || fail "$compiler: v5lite_track.c tracks '$said', expected '$expected'"
echo "amalgam: $cross$compiler: $count sets of switches, the same detections; $accepted more compile"

# No warning of another version of C or C++, also for the other kernels: clang with the C library of a cross compiler.
case $cross$compiler in
gcc) dialects "gcc -O1 -Wcast-align=strict" c99 c17 c2x ;;
clang) dialects clang c99 c17 c2x ;;
*-gcc) dialects "${cross}gcc -Wcast-align=strict" c99 c2x ;;
clang++)
    for target in aarch64-linux-gnu "arm-linux-gnueabihf -march=armv7-a -mfpu=neon-vfpv4"; do
        [ -d "/usr/${target%% *}/include" ] || { echo "skip: amalgam: clang++ for ${target%% *}: no C library: install it" && continue; }
        dialects "clang++ --target=$target -x c++ -DV5L_NO_THREADS" c++17
    done
    ;;
esac
