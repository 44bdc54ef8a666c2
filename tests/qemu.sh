#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds for an ARM target and runs the tests under qemu:  sh tests/qemu.sh aarch64|arm [neon|no_asm|coverage]
#   neon        builds the library for NEON only (ONLY=neon) and runs the tests that depend on the instruction set
#   no_asm      builds the library without assembly (V5L_NO_ASM) and compares kernels with their references, and bits
#   coverage    prints the lines of the NEON kernels that the tests of kernels and ops cover
#
# Needs Debian's gcc-aarch64-linux-gnu or gcc-arm-linux-gnueabihf and qemu-user, and what tests/cmocka.sh needs.
set -eu
cd "$(dirname "$0")/.."

case "${1:-}" in
aarch64) triple=aarch64-linux-gnu ;;
arm) triple=arm-linux-gnueabihf ;;
*)
    echo "usage: sh tests/qemu.sh aarch64|arm [neon|no_asm|coverage]" >&2
    exit 2
    ;;
esac
sh tests/cmocka.sh "$triple" "$triple-gcc"

# Emulation is slow: runs only the cheapest golden cases.
# Cortex-A53 executes in order and uses separate kernels, which a library for NEON only lacks.
check() { make "$@" CROSS="$triple-" CMOCKA="build/cmocka/$triple" RUN="qemu-$arch $core -L /usr/$triple"; }
arch=$1 core=
[ "$arch:${2:-}" != aarch64: ] || core='-cpu cortex-a53'
if [ -z "${2:-}" ]; then
    check "build/$triple/v5lite" EXTRA=-Werror
    env -u CFLAGS make -s -j2 build/v5lite # CFLAGS are for the target
    scene="detect --model weights/digits.v5l --size 256 --agnostic tests/images/digits.png"
    # shellcheck disable=SC2086
    {
        expected=$(build/v5lite $scene --cpu ref)
        [ -n "$expected" ] || { echo "qemu: nothing found in the scene" >&2; exit 1; }
        [ "$("qemu-$arch" -L "/usr/$triple" "build/$triple/v5lite" $scene)" = "$expected" ] ||
            { echo "qemu: the program prints other detections than this machine's reference kernels" >&2; exit 1; }
    }
    check check GOLDEN_CASES="${GOLDEN_CASES:-4}"
    if [ -n "$core" ]; then # V5L_CPU_NEON and V5L_CPU_IN_ORDER
        said=$(timeout 900 "qemu-$arch" -cpu cortex-a53 -L "/usr/$triple" "build/$triple/tests/test_cpu" 2>&1 |
            sed -n 's/^features of this CPU: //p')
        [ "$said" = 0x300 ] || { echo "qemu: $core: features $said: expected 0x300" >&2; exit 1; }
        for other in cortex-a76:0x1500 max:0x1d00; do # V5L_CPU_FP16, DOT, I8MM: kernels that Cortex-A53 lacks
            run() { # TEST ARGUMENT...
                test=$1
                shift
                V5L_QUICK=1 "qemu-$arch" -cpu "${other%:*}" -L "/usr/$triple" "build/$triple/tests/$test" "$@"
            }
            said=$(run test_cpu 2>&1 | sed -n 's/^features of this CPU: //p')
            [ "$said" = "${other#*:}" ] || { echo "qemu: $other: features $said" >&2; exit 1; }
            run test_f16
            # Slow: once each.
            if [ "${other%:*}" = max ]; then run test_kernels fp16 dot i8mm 16_bits; else run test_nets; fi
        done
    fi
elif [ "$2" = no_asm ]; then
    [ "$arch" = arm ] || core='-cpu max'
    check "build/no_asm-$arch/tests/test_kernels" "build/no_asm-$arch/tests/test_bits" BUILD="build/no_asm-$arch" \
        EXTRA="-Werror -DV5L_NO_ASM"
    # Others have no assembly; on AArch64, nor has gemm in f32.
    [ "$arch" = arm ] && gemm=gemm || gemm="gemm_s8 gemm_f16"
    # shellcheck disable=SC2086
    "qemu-$arch" $core -L "/usr/$triple" "build/no_asm-$arch/tests/test_kernels" $gemm dwconv copy
    # shellcheck disable=SC2086
    "qemu-$arch" $core -L "/usr/$triple" "build/no_asm-$arch/tests/test_bits"
elif [ "$2" = coverage ]; then
    check coverage-arm BUILD="build/coverage-$arch" EXTRA="-O1 --coverage"
else
    check check CHECKS="c symbols" ONLY="$2" UNIT="test_create test_net" GOLDEN_CASES="${GOLDEN_CASES:-2}"
fi
