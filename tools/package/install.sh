#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs a build, or removes it:
#     sh install.sh BUILD    VERSION ABI DESTDIR PREFIX BINDIR LIBDIR INCDIR
#     sh install.sh --remove VERSION ABI DESTDIR PREFIX BINDIR LIBDIR INCDIR
# ABI: the part of the version that identifies the ABI. DESTDIR: a folder to install below, or empty. The other folders
# are final paths.
set -eu
build=$1 version=$2 abi=$3 root=$4 prefix=$5 bin=$6 lib=$7 inc=$8
here=$(dirname "$0")
for path in "$prefix" "$bin" "$lib" "$inc"; do
    case $path in
    *['"$\#']*) echo "install: $path: expected a path without \" \$ \\ #, which v5lite.pc cannot hold" >&2 && exit 2 ;;
    /*) ;;
    *) echo "install: $path: expected a path that begins with /" >&2 && exit 2 ;;
    esac
done

if [ "$build" = --remove ]; then
    rm -f "$root$bin/v5lite" "$root$inc/v5lite.h" "$root$inc/v5lite_track.h" "$root$lib/libv5lite.a" \
        "$root$lib/libv5lite.so" "$root$lib/libv5lite.so.$abi" "$root$lib/libv5lite.so.$version" "$root$lib/pkgconfig/v5lite.pc"
    rm -rf "$root$lib/cmake/v5lite"
    exit 0
fi

# Copies to a temporary name, then renames: a running program keeps its file.
put() { # MODE FROM TO
    install -m "$1" "$2" "$3.part" && mv -f "$3.part" "$3"
}
plain() { # TEXT: as sed's replacement
    printf '%s\n' "$1" | sed 's/[&|]/\\&/g'
}
fill() { # TEMPLATE TO
    sed -e "s|@VERSION@|$version|g" -e "s|@ABI@|$abi|g" -e "s|@PREFIX@|$(plain "$prefix")|g" \
        -e "s|@LIBDIR@|$(plain "$lib")|g" -e "s|@INCDIR@|$(plain "$inc")|g" "$here/$1" > "$2.part" &&
        chmod 644 "$2.part" && mv -f "$2.part" "$2"
}
mkdir -p "$root$bin" "$root$lib/pkgconfig" "$root$lib/cmake/v5lite" "$root$inc"
put 755 "$build/v5lite" "$root$bin/v5lite"
put 644 include/v5lite.h "$root$inc/v5lite.h"
put 644 include/v5lite_track.h "$root$inc/v5lite_track.h"
put 644 "$build/libv5lite.a" "$root$lib/libv5lite.a"
put 755 "$build/libv5lite.so.$version" "$root$lib/libv5lite.so.$version"
ln -sf "libv5lite.so.$version" "$root$lib/libv5lite.so.$abi"
ln -sf "libv5lite.so.$abi" "$root$lib/libv5lite.so"
fill v5lite.pc.in "$root$lib/pkgconfig/v5lite.pc"
fill v5liteConfig.cmake.in "$root$lib/cmake/v5lite/v5liteConfig.cmake"
fill v5liteConfigVersion.cmake.in "$root$lib/cmake/v5lite/v5liteConfigVersion.cmake"
