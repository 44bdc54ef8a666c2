#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetches Debian's kernel package for an architecture into build/linux/ARCH/kernel.deb:  sh tests/linux/kernel.sh arm64|amd64
# Uses the system's own package sources, as tests/cmocka.sh does. Installs nothing and changes no list of the system.
# Exits with 77 and a line "skip: ..." if that is not possible.
set -eu
cd "$(dirname "$0")/../.."
arch=$1
here=$PWD/build/linux/$arch
[ ! -s "$here/kernel.deb" ] || exit 0

skip() { echo "skip: linux: no kernel package for $arch: $1"; exit 77; }
command -v apt-get > /dev/null || skip "no apt-get"
rm -rf "$here/apt"
mkdir -p "$here/apt/lists/partial" "$here/apt/cache/archives/partial"
: > "$here/apt/status" # no package counts as installed
apt() {
    tool=$1
    shift
    "$tool" -o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o "Dir::State::lists=$here/apt/lists" \
        -o "Dir::State::status=$here/apt/status" -o "Dir::Cache=$here/apt/cache" "$@"
}
apt apt-get -qq update > "$here/apt/log" 2>&1 || true # other lists may fail
package=$(apt apt-cache depends "linux-image-$arch" 2> /dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\).*/\1/p' | head -n 1)
[ -n "$package" ] || skip "no linux-image-$arch among the system's packages"
(cd "$here/apt" && apt apt-get -qq download "$package") >> "$here/apt/log" 2>&1 || skip "$package cannot be fetched"
mv "$here"/apt/linux-image-*.deb "$here/kernel.deb"
rm -rf "$here/apt"
echo "fetched: $package"
