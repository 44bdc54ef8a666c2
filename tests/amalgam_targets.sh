#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles the amalgamation for ARM targets without a warning:  sh amalgam_targets.sh BUILD
# Checks which of these targets, without NEON, with part of it and with all of it, get NEON kernels. Runs programs for
# some targets under qemu-user and expects the detections of this machine.
#
# Needs Debian's gcc-arm-linux-gnueabi gcc-arm-linux-gnueabihf gcc-arm-none-eabi gcc-aarch64-linux-gnu clang qemu-user.
# Prints what it skips.
set -eu
build=$1
dir=$build/amalgam/targets
model=weights/digits.v5l
softfp=arm-linux-gnueabi hard=arm-linux-gnueabihf bare=arm-none-eabi a64=aarch64-linux-gnu
fail() {
    echo "amalgam: $1" >&2
    exit 1
}
mkdir -p "$dir"
count=0 skipped=''
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wundef -Wdouble-promotion -Wcast-align -Werror"

# neon|ref|refused|any COMMAND...: compiles with NEON kernels, compiles without, stops at an #error of the project, or compiles.
expect() {
    expected=$1
    shift
    if ! command -v "$1" > /dev/null; then
        case $skipped in
        *" $1 "*) ;;
        *) skipped="$skipped $1 " && echo "skip: targets of $1: not found: install it" ;;
        esac
        return
    fi
    compiler=$1 said=ref
    shift
    [ "$expected" != any ] || said=any
    # shellcheck disable=SC2086
    if "$compiler" -std=c11 -O0 $warnings -ffp-contract=off "$@" -c -o "$dir/v5lite.o" \
        build/amalgam/v5lite.c 2> "$dir/log"; then
        [ $said = any ] || ! nm "$dir/v5lite.o" | grep -q ' T v5l_gemm_.*_neon$' || said=neon
    else
        ! grep -q '#error "v5lite' "$dir/log" || said=refused
        [ "$said" = refused ] || { cat "$dir/log" >&2; said='does not compile'; }
    fi
    [ "$said" = "$expected" ] || fail "$compiler $*: $said: expected $expected"
    count=$((count + 1))
}
# No C library, as in tests/firmware.
headers="-ffreestanding -Itests/firmware/freestanding"

# ---- gcc, Linux ----

expect ref $softfp-gcc                        # ARMv5, no floating-point unit
expect ref $softfp-gcc -march=armv6 -marm
for abi in softfp hard; do
    gcc=$softfp-gcc
    [ $abi = softfp ] || gcc=$hard-gcc
    expect ref $gcc -mcpu=arm1176jzf-s -mfpu=vfp -mfloat-abi=$abi -marm # Raspberry Pi Zero
    # A pragma adds NEON to the flags, in both the ARM and Thumb instruction sets.
    for cpu in cortex-a5 cortex-a8 cortex-a9; do
        for fpu in vfpv3-d16 neon; do expect neon $gcc -mcpu=$cpu -mfpu=$fpu -mfloat-abi=$abi; done
    done
    for fpu in auto vfpv3 vfpv4 vfpv4-d16 neon-fp16 neon-vfpv4; do
        expect neon $gcc -mcpu=cortex-a7 -mfpu=$fpu -mfloat-abi=$abi -marm
    done
    expect neon $gcc -mcpu=cortex-a15 -mfpu=vfpv3-d16 -mfloat-abi=$abi -mthumb
    expect neon $gcc -mcpu=cortex-a53 -mfpu=neon-fp-armv8 -mfloat-abi=$abi
    expect neon $gcc -march=armv7-a -mfpu=vfpv3-d16 -mfloat-abi=$abi -O0
    expect neon $gcc -march=armv7-a -mfpu=neon -mfloat-abi=$abi -O3
done
expect ref $softfp-gcc -mcpu=cortex-a7 -mfloat-abi=soft
expect refused $hard-gcc -mbig-endian
expect neon $a64-gcc
# Below, at and above the architecture of the kernels with more instructions than NEON (tools/package/amalgam.py).
for flags in -march=armv8-a+crypto -march=armv8.1-a -march=armv8.2-a+profile -march=armv8.2-a+sve -march=armv8.4-a \
    -march=armv9-a -mcpu=cortex-a72+crypto -mcpu=cortex-a76; do
    expect neon $a64-gcc $flags
done
expect ref $a64-gcc -march=armv8-a+nosimd

# ---- bare metal: no threads ----

# shellcheck disable=SC2086
{
    for cpu in cortex-m0 cortex-m3 cortex-m4 cortex-m7 cortex-m33 cortex-m55; do
        expect ref $bare-gcc -mcpu=$cpu -mthumb $headers
    done
    for cpu in cortex-r4 cortex-r5 cortex-r52; do expect ref $bare-gcc -mcpu=$cpu -mfloat-abi=soft $headers; done
    expect ref $bare-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 $headers
    expect ref $bare-gcc -mcpu=cortex-r5 -mfloat-abi=hard -mfpu=vfpv3-d16 $headers
    expect neon $bare-gcc -mcpu=cortex-a9 -mfloat-abi=hard -mfpu=neon $headers
    expect neon $bare-gcc -mcpu=cortex-a7 -mfloat-abi=softfp -mfpu=neon-vfpv4 $headers
    expect ref gcc -m32 $headers
    expect ref gcc -m32 -march=i486 $headers
    expect ref clang -m32 $headers
}

# ---- clang: no pragma adds NEON; the command line decides ----

clang_arm() { # neon|ref TRIPLE FLAG...
    # shellcheck disable=SC2086
    expect "$1" clang "--target=$2" $headers "$3" "$4" "${5:--mthumb}"
}
for target in arm-none-eabi arm-none-eabihf; do
    clang_arm ref $target -mcpu=arm1176jzf-s -mfpu=vfpv2 -marm
    for cpu in cortex-a5 cortex-a8 cortex-a9; do
        for fpu in vfpv3-d16 neon; do clang_arm ref $target -mcpu=$cpu -mfpu=$fpu; done
    done
    for fpu in vfpv4-d16 neon-fp16; do clang_arm ref $target -mcpu=cortex-a7 -mfpu=$fpu; done
done
clang_arm neon arm-none-eabihf -mcpu=cortex-a7 -mfpu=neon-vfpv4
clang_arm neon arm-none-eabihf -mcpu=cortex-a7 -mfpu=neon-vfpv4 -marm
clang_arm neon arm-none-eabihf -mcpu=cortex-a53 -mfpu=neon-fp-armv8
clang_arm ref arm-none-eabihf -mcpu=cortex-r5 -mfpu=vfpv3-d16
clang_arm ref arm-none-eabi -mcpu=cortex-m7 -mfpu=fpv5-d16
clang_arm refused armeb-none-eabi -mcpu=cortex-a7 -mfpu=neon-vfpv4
# shellcheck disable=SC2086
{
    expect neon clang --target=aarch64-none-elf $headers
    expect ref clang --target=aarch64-none-elf -march=armv8-a+nosimd $headers
    expect refused clang --target=aarch64_be-none-elf $headers
}
# ---- macOS and Android: clang with the part of POSIX that the thread pool uses, without pthread_setaffinity_np ----

threads() { # TRIPLE FLAG...: compiles with the thread pool
    expect any clang -nostdlibinc -isystem tests/freestanding/posix -target "$@"
    ! command -v clang > /dev/null || grep -qa v5l_pool_create "$dir/v5lite.o" || fail "$1: no thread pool"
}
threads arm64-apple-macos11
threads aarch64-linux-android21
threads armv7a-linux-androideabi21 -mfpu=vfpv3-d16 -mfloat-abi=softfp
threads armv7a-linux-androideabi21 -mfpu=neon-vfpv4 -mfloat-abi=softfp

# Refused by a message that names the reason.
reason() { # TEXT TRIPLE: stops at an #error with this text
    command -v clang > /dev/null || return 0
    # shellcheck disable=SC2086
    ! clang "--target=$2" $headers -fsyntax-only build/amalgam/v5lite.c 2> "$dir/log" || fail "$2: expected a refusal"
    grep -q "#error \"v5lite.*$1" "$dir/log" || fail "$2: $(head -n 1 "$dir/log"): expected '$1'"
    count=$((count + 1))
}
reason "arm64_32 and ILP32" arm64_32-apple-watchos7
reason "an int of 32 bits" msp430
reason big-endian aarch64_be-none-elf

# ---- each core and floating-point unit of GNU ARM, in turn as C99 to C23 and C++17 ----

turn=0
accepts() { # FLAG...: no warning, in a hosted implementation whose C library has no threads
    turn=$(((turn + 1) % 4))
    case $turn in
    0) set -- $bare-g++ -x c++ -std=c++17 "$@" ;;
    1) set -- $bare-gcc -std=c99 "$@" ;;
    2) set -- $bare-gcc -std=c17 "$@" ;;
    3) set -- $bare-gcc -std=c2x "$@" ;;
    esac
    # shellcheck disable=SC2086
    "$@" -ffp-contract=off -isystem tests/freestanding/hosted $warnings -Wcast-align=strict -fsyntax-only \
        build/amalgam/v5lite.c || fail "$*: does not compile"
    count=$((count + 1))
}
if ! command -v $bare-gcc > /dev/null || ! command -v $bare-g++ > /dev/null; then
    echo "skip: cores of $bare: no $bare-gcc or no $bare-g++: install it"
else
    for core in m0 m0plus m0plus.small-multiply m1 m3 m4 m4+nofp m7 m7+nofp.dp m7+nofp m23 m33 m33+nofp m33+nodsp m35p \
        m55 m55+nofp m55+nomve m55+nomve.fp m85; do
        if $bare-gcc "-mcpu=cortex-$core" -mthumb -fsyntax-only -xc /dev/null 2> /dev/null; then
            accepts "-mcpu=cortex-$core" -mthumb
        else
            echo "skip: Cortex-$core: $bare-gcc is too old"
        fi
    done
    for core in m4:fpv4-sp-d16 m7:fpv5-sp-d16 m7:fpv5-d16 m33:fpv5-sp-d16 m35p:fpv5-sp-d16 m55:auto; do
        for abi in hard softfp; do
            accepts "-mcpu=cortex-${core%:*}" "-mfpu=${core#*:}" -mfloat-abi=$abi -mthumb
        done
    done
    for core in r4f r5 r7 r8 r52; do accepts -mcpu=cortex-$core -mfpu=auto -mfloat-abi=hard; done
    for core in arm1136jf-s arm1176jzf-s mpcore arm926ej-s; do accepts -mcpu=$core -mfpu=auto -mfloat-abi=softfp -marm; done
    for core in a5 a7 a8 a9 a12 a15 a17; do
        for fpu in vfpv3-d16 vfpv3 vfpv3-fp16 vfpv4-d16 vfpv4 neon neon-fp16 neon-vfpv4; do
            accepts -mcpu=cortex-$core -mfpu=$fpu -mfloat-abi=hard
        done
    done
    for core in a32 a35 a53 a55 a72; do
        for fpu in fp-armv8 neon-fp-armv8 crypto-neon-fp-armv8; do
            accepts -mcpu=cortex-$core -mfpu=$fpu -mfloat-abi=softfp
        done
    done
fi
echo "amalgam: $count targets compiled as expected"

# ---- programs ----

${CC:-gcc} -std=c11 -O1 -Iinclude -o "$dir/program" tests/install/consumer.c "$build/libv5lite.a" -lpthread
found=$("$dir/program" "$model")
run() { # "CPU..." COMMAND...
    cpus=$1
    shift
    if ! command -v qemu-arm > /dev/null || ! command -v "$1" > /dev/null; then
        echo "skip: $cpus: no qemu-arm or no $1: install them"
        return
    fi
    "$@" -std=c11 -O2 -ffp-contract=off -static -Ibuild/amalgam -o "$dir/program" tests/install/consumer.c \
        build/amalgam/v5lite.c -lpthread
    for cpu in $cpus; do
        said=$(qemu-arm -cpu "$cpu" "$dir/program" "$model") || fail "$cpu: $*: fails"
        [ "$said" = "$found" ] || fail "$cpu: $*: prints '$said', expected '$found'"
        echo "amalgam: qemu-arm -cpu $cpu: as expected"
    done
}
run arm1176 $softfp-gcc -mcpu=arm1176jzf-s -mfpu=vfp -mfloat-abi=softfp -marm
# One program: NEON kernels on a CPU with VFPv4, the reference on others.
run "cortex-a7 cortex-a8 cortex-a9" $hard-gcc -march=armv7-a -mfpu=vfpv3-d16
run cortex-a9 $softfp-gcc -mcpu=cortex-a9 -mfpu=neon -mfloat-abi=softfp
