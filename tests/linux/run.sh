#!/bin/sh
# SPDX-License-Identifier: MIT
# Boots Debian's kernel under qemu with nothing but its modules, the static program, a model and the tests:
#   sh tests/linux/run.sh arm64|amd64 [TEST]      TEST: runs only the tests with this in their names
# Exits with 77 and a line "skip: ..." where something that it needs is missing: see tests/linux/README.md.
set -eu
cd "$(dirname "$0")/../.."
unset MAKEFLAGS MAKELEVEL
arch=$1 only=${2:-} python=${PYTHON:-python3}
seconds=300 # the whole run needs 30

case $arch in
arm64) cross=aarch64-linux-gnu- emulator="qemu-system-aarch64 -machine virt -cpu cortex-a72" console=ttyAMA0 ;;
amd64) cross='' emulator="qemu-system-x86_64 -cpu max" console=ttyS0 ;;
*)
    echo "usage: sh tests/linux/run.sh arm64|amd64 [TEST]" >&2
    exit 2
    ;;
esac
for tool in "${cross}gcc" "${emulator%% *}" dpkg-deb; do
    command -v "$tool" > /dev/null || { echo "skip: linux: no $tool: see tests/linux/README.md"; exit 77; }
done
sh tests/linux/kernel.sh "$arch"

here=build/linux/$arch
# Libraries of other architectures are not there.
make -s -j2 CROSS="$cross" BUILD="$here/build" JPEG=stb HTTP=none EXTRA="-static -Werror" \
    "$here/build/v5lite" "$here/build/tests/linux/init"
"$python" tests/linux/initramfs.py "$here/kernel.deb" --module vivid --kernel "$here/vmlinuz" --out "$here/initramfs" \
    init="$here/build/tests/linux/init" v5lite="$here/build/v5lite" digits.v5l=weights/digits.v5l \
    digits.png=tests/images/digits.png

# The machine ends when the tests do, and when the kernel panics, since the first process must not end.
# shellcheck disable=SC2086
timeout "$seconds" $emulator -m 512M -smp 2 -nic none -display none -monitor none -serial stdio -no-reboot \
    -kernel "$here/vmlinuz" -initrd "$here/initramfs" -append "console=$console loglevel=0 panic=-1 $only" \
    < /dev/null > "$here/log" 2>&1 || true
tr -d '\r' < "$here/log"
grep -q '^all passed' "$here/log" || { echo "linux: $arch: a test failed, or $seconds s were not enough" >&2; exit 1; }
