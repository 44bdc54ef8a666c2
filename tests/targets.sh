#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds static programs for ARM, for targets without vector kernels, and for another C library:  sh tests/targets.sh
# Under qemu-user, each must print the detections of this machine's reference kernels in the bundled scene. Targets that
# tests/qemu.sh does not cover must also pass C tests. That script runs programs with the default flags for ARM.
#
# Needs Debian's gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
# gcc-riscv64-linux-gnu libc6-dev-riscv64-cross gcc-arm-linux-gnueabi libc6-dev-armel-cross musl-tools qemu-user, and
# the requirements of tests/cmocka.sh.
set -eu
cd "$(dirname "$0")/.."
scene="detect --model weights/digits.v5l --size 256 --agnostic tests/images/digits.png"

env -u CFLAGS make -s build/v5lite # CFLAGS are for the targets
# shellcheck disable=SC2086
expected=$(build/v5lite $scene --cpu ref)
[ -n "$expected" ] || { echo "targets: nothing found in the scene" >&2; exit 1; }

try() { # WHAT BUILD RUN...: checks the detections of the program of BUILD
    what=$1 program=build/$2/v5lite
    shift 2
    # shellcheck disable=SC2086
    said=$("$@" "$program" $scene) || { echo "targets: $what: failed" >&2; exit 1; }
    [ "$said" = "$expected" ] ||
        { printf 'targets: %s: prints\n%s\nexpected\n%s\n' "$what" "$said" "$expected" >&2; exit 1; }
    echo "targets: $what: $(wc -c < "$program") bytes, as expected"
}

# NAME CC MAKE'S VARIABLES...: runs the C tests, with one golden case: these targets have reference kernels only.
pass() {
    name=$1
    sh tests/cmocka.sh "$name" "$2"
    shift 2
    make -s -j2 CMOCKA="build/cmocka/$name" GOLDEN_CASES=1 "$@" check-c > "build/$name.log" 2>&1 ||
        { cat "build/$name.log"; echo "targets: $name: a test failed" >&2; exit 1; }
    echo "targets: $name: $(tail -n 1 "build/$name.log")"
}

make -s CROSS=riscv64-linux-gnu- EXTRA="-static -Werror" build/riscv64-linux-gnu/v5lite
try riscv64 riscv64-linux-gnu qemu-riscv64
# What depends on the instruction set or on how floats are passed. The rest runs on ARM by tests/qemu.sh.
library="test_conv test_decode test_f16 test_letterbox test_net test_nms test_ops test_pixels test_quant test_track"
pass riscv64-linux-gnu riscv64-linux-gnu-gcc CROSS=riscv64-linux-gnu- EXTRA="-static -Werror" RUN=qemu-riscv64 \
    UNIT="$library"
# ARMv5 without a floating-point unit; the program uses NEON where the CPU has it.
make -s CROSS=arm-linux-gnueabi- EXTRA="-static -Werror" build/arm-linux-gnueabi/v5lite
try "ARMv5, soft float" arm-linux-gnueabi qemu-arm -cpu arm926
try "ARMv5, soft float, on a CPU with NEON" arm-linux-gnueabi qemu-arm -cpu cortex-a15
make -s CROSS=arm-linux-gnueabi- ONLY=ref EXTRA="-static -Werror -Os" build/arm-linux-gnueabi/only-ref/v5lite
try "ARMv5, soft float, -Os, reference kernels alone" arm-linux-gnueabi/only-ref qemu-arm -cpu arm926
pass arm-linux-gnueabi arm-linux-gnueabi-gcc CROSS=arm-linux-gnueabi- ONLY=ref EXTRA="-static -Werror -Os" \
    RUN="qemu-arm -cpu arm926" UNIT="$library"

# Named cores: NEON kernels are compiled with additional flags, and run on CPUs with VFPv4.
core() { # NAME CROSS CFLAGS CPU...
    make -s -j2 CROSS="$2-" BUILD="build/$1" CFLAGS="$3" EXTRA="-static -Werror" "build/$1/v5lite"
    name=$1 arch=${2%%-*} flags=$3
    shift 3
    for cpu in "$@"; do try "$flags, on $cpu" "$name" "qemu-$arch" -cpu "$cpu"; done
}
core arm1176 arm-linux-gnueabi "-mcpu=arm1176jzf-s -mfpu=vfp -mfloat-abi=softfp -marm" arm1176 cortex-a7
core cortex-a9 arm-linux-gnueabihf "-mcpu=cortex-a9 -mfpu=neon" cortex-a9 cortex-a15
core cortex-a72 aarch64-linux-gnu -mcpu=cortex-a72 cortex-a72 cortex-a76
core softfp arm-linux-gnueabi "-march=armv7-a -mfpu=vfpv3-d16 -mfloat-abi=softfp" cortex-a7 cortex-a8

# CMake compiles the NEON kernels with make's flags, for the calling convention of the toolchain file.
flags_of() { # prints the flags for kernels in the command on standard input
    tr ' ' '\n' | grep -E '^(-m(fpu|float-abi|arch|cpu)=|-DV5L_NEON|-ffp-contract|-std)' | sort | tr '\n' ' '
}
# CMake for AArch64: all kernels, without a warning, whichever core or architecture the user's flags name.
a64_by_cmake() { # FLAGS
    rm -rf build/a64-cmake
    if ! { cmake -S . -B build/a64-cmake -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
        -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc -DCMAKE_C_FLAGS="$1 -O1 -Werror" &&
        cmake --build build/a64-cmake -j2; } > build/a64-cmake.log 2>&1; then
        cat build/a64-cmake.log
        exit 1
    fi
    for set in neon fp16 dot i8mm; do
        nm build/a64-cmake/libv5lite.a 2> /dev/null | grep " T v5l_gemm_.*_$set\$" > /dev/null ||
            { echo "targets: aarch64 by CMake, $1: no gemm kernel of $set" >&2; exit 1; }
    done
    echo "targets: aarch64 by CMake, $1: all kernels"
}
if command -v cmake > /dev/null; then
    for flags in -mcpu=cortex-a72 -march=armv8.4-a; do a64_by_cmake $flags; done
    rm -rf build/softfp/cmake
    cmake -S . -B build/softfp/cmake -DCMAKE_TOOLCHAIN_FILE=tests/install/softfp.cmake \
        -DCMAKE_EXPORT_COMPILE_COMMANDS=ON > build/softfp.log 2>&1 ||
        { cat build/softfp.log; exit 1; }
    cmake --build build/softfp/cmake >> build/softfp.log 2>&1 || { cat build/softfp.log; exit 1; }
    by_cmake=$(grep '"command".*/se_neon\.c' build/softfp/cmake/compile_commands.json | flags_of)
    by_make=$(make -n CROSS=arm-linux-gnueabi- BUILD=build/none \
        CFLAGS="-march=armv7-a -mfpu=vfpv3-d16 -mfloat-abi=softfp" lib |
        grep -- '-c -o .*/se_neon\.o' | flags_of)
    [ "$by_cmake" = "$by_make" ] || { echo "targets: softfp: CMake: $by_cmake: expected make's: $by_make" >&2; exit 1; }
    arm-linux-gnueabi-gcc -march=armv7-a -mfpu=vfpv3-d16 -mfloat-abi=softfp -static -Iinclude \
        -o build/softfp/consumer tests/install/consumer.c build/softfp/cmake/libv5lite.a
    for cpu in cortex-a7 cortex-a8; do
        qemu-arm -cpu $cpu build/softfp/consumer weights/digits.v5l | grep '^0 9[0-9][0-9] ' > /dev/null ||
            { echo "targets: softfp by CMake, on $cpu: does not find the 0" >&2; exit 1; }
        echo "targets: softfp by CMake, on $cpu: as expected"
    done
else
    echo "skip: softfp and AArch64 by CMake: no cmake: install cmake"
fi

make -s CC=musl-gcc BUILD=build/musl EXTRA=-static build/musl/v5lite
try "x86-64, musl" musl env
# Arithmetic does not depend on the C library.
pass musl musl-gcc CC=musl-gcc BUILD=build/musl EXTRA=-static CPU_LEVELS=all \
    LEAVE_OUT="test_access test_bits test_conv test_kernels test_model test_nets test_ops"
