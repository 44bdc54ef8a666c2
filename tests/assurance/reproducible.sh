#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the libraries and the program in two directories with paths of different length, and compares the bytes.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
first=$work/a second=$work/another/directory
for place in "$first" "$second"; do
    mkdir -p "$place"
    cp -R Makefile include src tools tests bench "$place/"
    make -s -j2 -C "$place" BUILD=build CROSS="${CROSS:-}" all shared
done
version=$(sed -n 's/^.define V5L_VERSION "\(.*\)"/\1/p' include/v5lite.h)
for file in libv5lite.a "libv5lite.so.$version" v5lite; do
    cmp "$first/build/$file" "$second/build/$file" ||
        { echo "reproducible: $file differs between two directories" >&2; exit 1; }
    echo "reproducible: $(cd "$first/build" && sha256sum "$file")"
done
