#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds copies of the project as other people do: in folders with odd names, and with their own compiler and linker flags.
# Checks that all of them compute the same bits:  sh build.sh CC
set -eu
cc=$1 here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
unset MAKEFLAGS MAKELEVEL MFLAGS CFLAGS CPPFLAGS LDFLAGS LDLIBS
export CC="$cc"
fail() {
    echo "check-build: $1" >&2
    exit 1
}

# ---- commands of a build, without running them ----

commands() { # VARIABLES...: those of the library and the program
    make -n BUILD="$work/none" "$@" all
}
# Every command that compiles or links has these flags in this order, from the environment or the command line.
expect_flags() { # COMMANDS
    compiles=$(printf '%s\n' "$1" | grep -- ' -c -o ')
    for flags in '-O2 .*-DUSERS_CPP .*-O3 .*-DUSERS_C .*-std=c11 .*-ffp-contract=off' '-Iinclude' '-MMD'; do
        wrong=$(printf '%s\n' "$compiles" | grep -vE -- "$flags" || true)
        [ -z "$wrong" ] || fail "expected '$flags' in: $(printf '%s\n' "$wrong" | head -n 1)"
    done
    printf '%s\n' "$1" | grep -E -- "-Wl,-z,relro .*-o .*/v5lite .*-lusers -lm" > /dev/null || fail "LDFLAGS or LDLIBS are not in: $1"
}
export CPPFLAGS=-DUSERS_CPP CFLAGS='-O3 -DUSERS_C' LDFLAGS=-Wl,-z,relro LDLIBS=-lusers
expect_flags "$(commands)"
expect_flags "$(env -u CPPFLAGS -u CFLAGS -u LDFLAGS -u LDLIBS make -n BUILD="$work/none" \
    CPPFLAGS=$CPPFLAGS CFLAGS="$CFLAGS" LDFLAGS=$LDFLAGS LDLIBS=$LDLIBS all)"
unset CPPFLAGS CFLAGS LDFLAGS LDLIBS
case $($cc -dumpmachine) in
x86_64*) commands CFLAGS=-O3 | grep -E -- '-mavx2 -mfma -mf16c .*/gemm_f32_6x16_avx2\.o' > /dev/null || fail "CFLAGS drops flags of kernels" ;;
esac
AR=their-ar make -n BUILD="$work/none" lib | grep '^their-ar ' > /dev/null || fail "AR of the environment is not called"
make -n BUILD="$work/none" AR=their-ar lib | grep '^their-ar ' > /dev/null || fail "AR of the command line is not called"
CC=theirs make -n BUILD="$work/none" CROSS=some- lib 2>&1 | grep '^some-gcc ' > /dev/null || fail "CC of the environment hides CROSS"
make -n BUILD="$work/none" DATA=build/test-data SHARED="/no such" build/test-data/cases.txt -W tools/export.py | grep -- "--shared '/no such'" > /dev/null ||
    fail "SHARED: not one word"
for name in "a b" "a'b" 'a#b'; do
    said=$(make -n BUILD="$name" lib 2>&1) && fail "BUILD=$name: expected to be refused"
    printf '%s\n' "$said" | grep 'BUILD=.*expected a path without blanks' > /dev/null || fail "BUILD=$name: says '$said'"
done

# ---- copies of the project ----

copy() { # TO
    mkdir -p "$1/weights"
    for part in Makefile CMakeLists.txt include src tools tests bench; do cp -R "$here/$part" "$1"; done
    cp "$here/weights/digits.v5l" "$1/weights"
}
# The same bits in every output of every op, by the fastest kernels and the reference.
dump() { # PROGRAM NAME
    for cpu in all ref; do
        "$1" audit weights/digits.v5l --image tests/images/digits.png --size 96 --cpu $cpu --dump "$work/$2-$cpu" > "$work/log" 2>&1 ||
            { cat "$work/log"; fail "$2: audit failed"; }
    done
}
same() { # NAME
    for cpu in all ref; do
        diff -r "$work/plain-$cpu" "$work/$1-$cpu" > /dev/null || fail "$1: other bits than the plain build, --cpu $cpu"
    done
    echo "check-build: $1: the same bits"
}
place=$work/plain
copy "$place"
cd "$place"
make -s -j2 CFLAGS=-O1 all
dump build/v5lite plain
make -q CFLAGS=-O1 all || fail "a second make builds something"
make -s -j2 CFLAGS=-O0 lib > "$work/log" 2>&1 || { cat "$work/log"; fail "-O0"; } # other flags: every object is built again
[ -z "$(find build/src -name '*.o' ! -newer build/flags)" ] || fail "flags changed: objects are old"

# Packagers' flags: Debian's, but for -O1, which takes less time, with a compiler of two words and link-time optimisation; and
# those for this machine alone.
packaged() { # NAME VARIABLES...
    name=$1
    shift
    make -s -j2 BUILD="$work/$name" "$@" "$work/$name/v5lite"
    dump "$work/$name/v5lite" "$name"
    same "$name"
}
packaged debian CC="env $cc" LDFLAGS="-Wl,-z,relro -Wl,-z,now -Wl,--as-needed" CPPFLAGS="-Wdate-time -D_FORTIFY_SOURCE=2" \
    CFLAGS="-g -O1 -flto=auto -ffat-lto-objects -fstack-protector-strong -Wformat -Werror=format-security -fPIE"
case $($cc -dumpmachine) in x86_64*) packaged native CFLAGS="-O3 -march=native" ;; esac

# Folder names: builds the program, the amalgamation and CMake's tree, detects, installs.
for name in "a b" "it's \$1 #2 & (3), 4%"; do
    place=$work/$name
    copy "$place"
    cd "$place"
    make -s -j2 CFLAGS=-O0 all run amalgam > "$work/log" 2>&1 || { cat "$work/log"; fail "$name: make"; }
    dump build/v5lite folder
    same folder
    make -s -j2 CFLAGS=-O0 check-symbols install DESTDIR="to here" PREFIX="/opt/it's 5" > "$work/log" 2>&1 ||
        { cat "$work/log"; fail "$name: make install"; }
    installed="to here/opt/it's 5" # in DESTDIR as make has it: a $ there would be make's
    [ -x "$installed/bin/v5lite" ] || fail "$name: bin/v5lite was not installed"
    if command -v pkg-config > /dev/null; then
        eval "set -- $(PKG_CONFIG_PATH=$installed/lib/pkgconfig pkg-config --cflags v5lite)"
        [ "$1" = "-I/opt/it's 5/include" ] || fail "$name: pkg-config says '$1'"
    fi
    make -s uninstall DESTDIR="to here" PREFIX="/opt/it's 5"
    [ -z "$(find "$installed" -type f)" ] || fail "$name: uninstall leaves files"
    make -s install DESTDIR="to here" PREFIX="/opt/\"5" CFLAGS=-O0 > "$work/log" 2>&1 && fail "$name: PREFIX with \": expected to be refused"
    # CMake's own makefiles fail on a quote or a $ in a path.
    if [ "$name" = "a b" ] && command -v cmake > /dev/null; then
        { cmake -S . -B "out of tree" -DCMAKE_C_FLAGS=-O0 && cmake --build "out of tree"; } > "$work/log" 2>&1 ||
            { cat "$work/log"; fail "$name: cmake"; }
    fi
    make -s compile_commands.json CFLAGS=-O0 > "$work/log" 2>&1 || { cat "$work/log"; fail "$name: make compile_commands.json"; }
    "${PYTHON:-python3}" -c 'import json, subprocess
entry = next(entry for entry in json.load(open("compile_commands.json")) if entry["file"] == "tests/unit/test_fuse.c")
subprocess.run([*entry["arguments"], "-fsyntax-only"], cwd=entry["directory"], check=True)' || fail "$name: compile_commands.json"
    echo "check-build: folder $name: built, run, installed"
    cd "$work"
    rm -rf "$place" "$work"/folder-*
done
