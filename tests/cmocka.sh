#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds cmocka from Debian's source as a static library for any target, in build/cmocka:
#   sh tests/cmocka.sh                  fetches the source if it is missing
#   sh tests/cmocka.sh TRIPLE CC        also compiles it, for make CMOCKA=build/cmocka/TRIPLE
# Needs apt and access to source packages. Installs nothing and changes no list of the system.
set -eu
cd "$(dirname "$0")/.."
here=build/cmocka

fetch() { # uses source packages of the system's package sources
    rm -rf "$here/apt"
    mkdir -p "$here/apt/parts" "$here/apt/lists/partial" "$here/apt/cache/archives/partial"
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [ -f "$list" ] || continue
        sed 's/^deb /deb-src /; s/^Types: .*/Types: deb-src/' "$list" > "$here/apt/parts/$(basename "$list")"
    done
    quiet() { "$@" > log 2>&1 || { cat log >&2; echo "cmocka: cannot fetch its source" >&2; exit 1; }; }
    set -- -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$PWD/$here/apt/parts" \
        -o "Dir::State::lists=$PWD/$here/apt/lists" -o "Dir::Cache=$PWD/$here/apt/cache"
    (cd "$here/apt" && { apt-get "$@" update > update.log 2>&1 || true; } && # other lists may fail
        quiet apt-get "$@" source --download-only cmocka)
    mkdir "$here/apt/source"
    rm -f "$here"/apt/cmocka_*.asc
    tar -xf "$here"/apt/cmocka_*.orig.tar.* -C "$here/apt/source" --strip-components=1
    mv "$here/apt/source" "$here/source"
    rm -rf "$here/apt"
}
[ -d "$here/source" ] || fetch
[ $# -gt 0 ] || exit 0

cc=$2 target=$here/$1
[ ! -e "$target/lib/libcmocka.a" ] || exit 0
mkdir -p "$target/include" "$target/lib"
cp "$here"/source/include/*.h "$target/include"
case $1 in
*mingw*) has="-D__USE_MINGW_ANSI_STDIO=1" ;;
*) has="-D_GNU_SOURCE -DHAVE_SIGNAL_H -DHAVE_STRSIGNAL" ;;
esac
# shellcheck disable=SC2086
$cc -O2 $has -DHAVE_CLOCK_GETTIME -DHAVE_STRUCT_TIMESPEC \
    -DHAVE_GCC_THREAD_LOCAL_STORAGE -I"$target/include" -c -o "$target/cmocka.o" "$here/source/src/cmocka.c"
rm -f "$target/lib/part.a"
ar rc "$target/lib/part.a" "$target/cmocka.o"
mv "$target/lib/part.a" "$target/lib/libcmocka.a"
