#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs below BUILD/install, and builds and runs consumer.c with what is installed: by pkg-config's file, shared and static, and
# by CMake:  sh check.sh BUILD CROSS CC MODEL     ($RUN: runs a program of this build)
set -eu
build=$1 cross=$2 cc=$3 model=$4
here=$(dirname "$0")
stage=$(cd "$build" && pwd)/install
root=$stage/usr
fail() {
    echo "check-install: $1" >&2
    exit 1
}
expect() { # PROGRAM: it prints the version and what it finds in the scene
    said=$(${RUN:-} "$1" "$model") || fail "$1 failed"
    echo "$said" | head -n 1 | grep -qE '^v5lite [0-9.]+$' || fail "$1: says '$said'"
    echo "$said" | grep -q '^0 9[0-9][0-9] ' || fail "$1: does not find the 0: says '$said'"
    [ -z "${first:-}" ] && first=$said
    [ "$said" = "$first" ] || fail "$1: says '$said', expected '$first'"
    echo "$(basename "$1"): as expected"
}

version=$(sed -n 's/^.define V5L_VERSION "\(.*\)"/\1/p' include/v5lite.h)

rm -rf "$stage"
make -s CROSS="$cross" CC="$cc" BUILD="$build" DESTDIR="$stage" PREFIX=/usr install
exported=$("${cross}nm" -D --defined-only "$root/lib/libv5lite.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)
declared=$(sh tools/package/exports.sh 0 include/v5lite.h include/v5lite_track.h | sed -n 's/^    \(v5l_.*\);/\1/p' | sort)
[ "$exported" = "$declared" ] || fail "libv5lite.so: exports differ from the headers in include"

# Reads v5lite.pc without pkg-config, which a cross build may lack.
field() { sed -n "s/^$1: //p" "$root/lib/pkgconfig/v5lite.pc" | sed -e "s|\${includedir}|$root/include|" -e "s|\${libdir}|$root/lib|"; }
mkdir -p "$stage/programs"
eval "set -- $(field Cflags) $(field Libs)"
$cc -std=c11 -O1 -Wall -Wextra -Werror -o "$stage/programs/pc-shared" "$here/consumer.c" "$@" "-Wl,-rpath,$root/lib"
$cc -std=c11 -O1 -Wall -Wextra -Werror -o "$stage/programs/pc-tracker" tests/tools/track_file.c "$@" "-Wl,-rpath,$root/lib"
said=$(echo "1,-1,1,5,20,40,0.9" | ${RUN:-} "$stage/programs/pc-tracker" 25) || fail "pc-tracker failed"
[ "$said" = "1,1,1.000,5.000,20.000,40.000,0.900,0" ] || fail "pc-tracker: says '$said'"
# Programs of other versions with the same sizes of structs: an earlier one without YUV matrix, range and row lengths of planes, a later one with more.
mkdir -p "$stage/earlier" "$stage/later"
sed '/ v5l_yuv_matrix yuv_matrix;/d; / v5l_yuv_range yuv_range;/{N; N; s/.*/    uint64_t reserved[5];/; }' \
    include/v5lite.h > "$stage/earlier/v5lite.h"
sed 's/ uint64_t reserved\[\(.*\)\];/ uint64_t later, reserved[\1 - 1];/' include/v5lite.h > "$stage/later/v5lite.h"
for when in earlier later; do
    ! cmp -s include/v5lite.h "$stage/$when/v5lite.h" || fail "$when/v5lite.h: expected fields of v5l_image to replace"
    $cc -std=c11 -O1 -I "$stage/$when" -o "$stage/programs/$when" "$here/consumer.c" "$@" "-Wl,-rpath,$root/lib"
    expect "$stage/programs/$when"
done
$cc -std=c11 -O1 -Wall -Wextra -I "$stage/later" -o "$stage/programs/later" "$here/later.c" "$@" "-Wl,-rpath,$root/lib"
${RUN:-} "$stage/programs/later" "$model" || fail "a later program: expected new fields to read 0 and to be refused"

eval "set -- $(field Cflags) $(field Libs) $(field Libs.private)"
$cc -std=c11 -O1 -static -o "$stage/programs/pc-static" "$here/consumer.c" "$@"
expect "$stage/programs/pc-shared"
expect "$stage/programs/pc-static"
if command -v pkg-config > /dev/null; then
    PKG_CONFIG_PATH=$root/lib/pkgconfig pkg-config --exists "v5lite = $version" || fail "pkg-config does not take v5lite.pc"
else
    echo "skip: pkg-config: not found: install pkg-config"
fi

by_cmake() { # WAY ARGUMENT...
    tree=$stage/cmake-$1
    shift
    if ! { CC=$cc cmake -S "$here" -B "$tree" -DCMAKE_BUILD_TYPE=Release -DVERSION="$version" "$@" && cmake --build "$tree"; } \
        > "$stage/cmake.log" 2>&1; then
        cat "$stage/cmake.log"
        fail "cmake $*"
    fi
    for program in "$tree"/consumer_*; do expect "$program"; done
}
if [ -n "$cross" ]; then
    echo "skip: CMake: a cross build: a native build tests it"
elif command -v cmake > /dev/null; then
    by_cmake installed "-DCMAKE_PREFIX_PATH=$root"
    by_cmake source "-DV5LITE_SOURCE=$PWD"
    for shared in OFF ON; do # CMake's own installation, in a tree that is moved
        own=$stage/by-cmake-$shared
        { cmake -S . -B "$own" -DCMAKE_C_COMPILER="$cc" -DBUILD_SHARED_LIBS=$shared -DCMAKE_INSTALL_PREFIX=/usr \
            -DCMAKE_INSTALL_LIBDIR=lib && cmake --build "$own" -j2 && DESTDIR=$own/first cmake --install "$own"; } \
            > "$stage/cmake.log" 2>&1 || { cat "$stage/cmake.log"; fail "cmake --install"; }
        mv "$own/first" "$own/moved"
        by_cmake "by-cmake-$shared-used" "-DCMAKE_PREFIX_PATH=$own/moved/usr"
    done
    found=$("${cross}nm" -D --defined-only "$own/moved/usr/lib/libv5lite.so.$version" |
        awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)
    [ "$found" = "$declared" ] || fail "CMake's libv5lite.so: exports differ from the headers in include"
    by_cmake reference "-DV5LITE_SOURCE=$PWD" -DV5LITE_NO_THREADS=ON -DV5LITE_ONLY=REF
else
    echo "skip: CMake: no cmake: install cmake"
fi

make -s CROSS="$cross" CC="$cc" BUILD="$build" DESTDIR="$stage" PREFIX=/usr uninstall
left=$(find "$root" -type f -o -type l)
[ -z "$left" ] || fail "uninstall leaves $left"
