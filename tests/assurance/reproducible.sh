#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the libraries and the program in another directory, whose path has another length, and compares the bytes with
# those of a build here.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=build${CROSS:+/${CROSS%-}} there=$work/another/directory/quite/deep
mkdir -p "$there"
cp -R Makefile include src tools tests bench "$there/"
make -s -j2 CROSS="${CROSS:-}" BUILD="$here" all shared
make -s -j2 CROSS="${CROSS:-}" BUILD="$here" -C "$there" all shared
version=$(sed -n 's/^.define V5L_VERSION "\(.*\)"/\1/p' include/v5lite.h)
for file in libv5lite.a "libv5lite.so.$version" v5lite; do
    cmp "$here/$file" "$there/$here/$file" ||
        { echo "reproducible: $file differs between two directories" >&2; exit 1; }
    echo "reproducible: $(cd "$here" && sha256sum "$file")"
done
