#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds for an ARM target and runs the C tests under qemu:  sh tests/qemu.sh aarch64|arm [neon|coverage]
# With neon: the library for that instruction set alone (ONLY=neon), and the tests that it makes a difference to. With coverage:
# which lines of the NEON kernels the tests of kernels and ops reach.
#
# Needs Debian's gcc-aarch64-linux-gnu or gcc-arm-linux-gnueabihf and qemu-user; and what tests/cmocka.sh does.
set -eu
cd "$(dirname "$0")/.."

case "${1:-}" in
aarch64) triple=aarch64-linux-gnu ;;
arm) triple=arm-linux-gnueabihf ;;
*)
    echo "usage: sh tests/qemu.sh aarch64|arm [neon|coverage]" >&2
    exit 2
    ;;
esac
sh tests/cmocka.sh "$triple" "$triple-gcc"

# Emulation is slow: the cheapest golden cases, in both forms, are enough there.
# A core that takes instructions in order has kernels of its own; a library for NEON alone has the others.
check() { make "$@" CROSS="$triple-" CMOCKA="build/cmocka/$triple" RUN="qemu-$arch $core -L /usr/$triple"; }
arch=$1 core=
[ "$arch:${2:-}" != aarch64: ] || core='-cpu cortex-a53'
if [ -z "${2:-}" ]; then
    check check GOLDEN_CASES="${GOLDEN_CASES:-9}"
    if [ -n "$core" ]; then # V5L_CPU_NEON and V5L_CPU_IN_ORDER
        said=$("qemu-$arch" -cpu cortex-a53 -L "/usr/$triple" "build/$triple/tests/test_cpu" 2>&1 | sed -n 's/^features of this CPU: //p')
        [ "$said" = 0x300 ] || { echo "qemu: $core: features $said: expected 0x300" >&2; exit 1; }
    fi
elif [ "$2" = coverage ]; then
    check coverage-arm BUILD="build/coverage-$arch" EXTRA="-O1 --coverage"
else
    check check-c check-symbols ONLY="$2" UNIT="test_kernels test_create test_net" GOLDEN_CASES="${GOLDEN_CASES:-2}"
fi
