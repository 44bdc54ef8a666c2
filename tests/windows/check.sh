#!/bin/sh
# SPDX-License-Identifier: MIT
# Tests the program for Windows under wine:  sh tests/windows/check.sh BUILD TRIPLE
# Its output must be that of BUILD/v5lite, byte for byte; then the C tests run. Needs Debian's gcc-mingw-w64-x86-64 and wine64.
set -eu
cd "$(dirname "$0")/../.."
build=$1 triple=$2
fail() {
    echo "windows: $1" >&2
    exit 1
}
command -v "$triple-gcc" > /dev/null || { echo "skip: windows: no $triple-gcc: install gcc-mingw-w64-x86-64" && exit; }
wine=$(command -v wine64 || command -v wine || ls /usr/lib/wine/wine64 2> /dev/null || true)
[ -n "$wine" ] || { echo "skip: windows: no wine: install wine64" && exit; }

dir=$PWD/build/windows/check
rm -rf "$dir"
mkdir -p "$dir"
export WINEPREFIX="$PWD/build/windows/wine" WINEDEBUG=-all
export V5L_QUICK=1
# One server for all calls: one that ends while the next call begins breaks that call.
server=$(command -v wineserver || ls /usr/lib/wine/wineserver 2> /dev/null || true)
if [ -n "$server" ]; then
    trap '"$server" -k || true' EXIT
    mkdir -p "$WINEPREFIX"
    "$server" -p
fi
make -s EXTRA=-Werror windows
program=$PWD/build/windows/v5lite.exe native=$PWD/$build/v5lite

ours() { "$wine" "$program" "$@"; }
ours --version > "$dir/version" 2> /dev/null || fail "--version: $(cat "$dir/version")" # wine makes its folder
count=0
same() { # ARGUMENT...: prints the same, with the same status
    a=0 b=0
    "$native" "$@" > "$dir/native" 2> "$dir/native.error" < /dev/null || a=$?
    ours "$@" > "$dir/windows" 2> "$dir/windows.error" < /dev/null || b=$?
    [ $a = $b ] || fail "$*: status $b, not $a: $(head -n 1 "$dir/windows.error")"
    cmp "$dir/native" "$dir/windows" || fail "$*: other output"
    cmp "$dir/native.error" "$dir/windows.error" || fail "$*: other messages: $(head -n 1 "$dir/windows.error")"
    count=$((count + 1))
}

# ---- detections, reports ----

scene=tests/images/digits.png
for model in digits digits-int8; do
    same detect --quiet --model weights/$model.v5l --size 256 --agnostic $scene
    same detect --quiet --model weights/$model.v5l --size 256 --threads 4 --format tsv $scene
    same info --model weights/$model.v5l
done
for level in ref avx2 all; do same detect --quiet --model weights/digits.v5l --size 192 --cpu $level $scene; done
ours bench --model weights/digits.v5l --size 192 --runs 3 > "$dir/bench" || fail "bench: failed"
grep -q '^network ' "$dir/bench" || fail "bench: $(cat "$dir/bench")"
same audit --model weights/digits.v5l --size 64 $scene

# ---- refusals: one line, status 2 ----

same
same none
same detect --quiet --model weights/none.v5l $scene
same detect --quiet --model weights $scene
same detect --quiet --model README.md $scene
same detect --quiet --model weights/digits.v5l none.png
same detect --quiet --model weights/digits.v5l --out $scene $scene --format yolo

# ---- paths of UTF-8, directories, files that are replaced, standard streams ----

folder="$dir/Zürich 東京"
mkdir "$folder"
cp $scene "$folder/число 5.png"
cp weights/digits.v5l "$folder/ñ.v5l"
same detect --quiet --model "$folder/ñ.v5l" --size 192 "$folder/число 5.png"
same detect --quiet --model "$folder/ñ.v5l" --size 192 "$folder"
slashes=$(printf %s "Z:$folder/число 5.png" | sed 's|/|\\|g')
ours detect --quiet --model "$folder/ñ.v5l" --size 192 --format text "$slashes" > "$dir/slashes" || fail "$slashes: not read"
for output in "$folder/ö.png" "$folder/ö.png"; do # the second time, it replaces
    ours detect --quiet --model weights/digits.v5l --size 192 --draw "$output" $scene > /dev/null || fail "$output: not written"
    "$native" detect --quiet --model weights/digits.v5l --size 192 --draw "$dir/drawn.png" $scene > /dev/null
    cmp "$dir/drawn.png" "$output"
done
[ -z "$(find "$folder" -name '*.tmp')" ] || fail "a temporary file is left"
ours picture --out - $scene < /dev/null > "$dir/stdout.ppm" || fail "picture: standard output"
"$native" picture --out - $scene > "$dir/native.ppm"
cmp "$dir/native.ppm" "$dir/stdout.ppm"
ours detect --quiet --model - --size 192 $scene < weights/digits.v5l > "$dir/windows" || fail "standard input: not read"
"$native" detect --quiet --model weights/digits.v5l --size 192 $scene | cmp - "$dir/windows"
cp $scene "$dir/input.png"
refused() { # ARGUMENT...: one line and status 2
    status=0
    ours "$@" 2> "$dir/windows.error" || status=$?
    [ "$status $(wc -l < "$dir/windows.error")" = "2 1" ] || fail "$*: status $status: $(cat "$dir/windows.error")"
}
refused detect --quiet --model weights/digits.v5l --draw "$dir/INPUT.png" "$dir/input.png" > /dev/null
cmp $scene "$dir/input.png"
refused watch --model weights/digits.v5l camera > /dev/null
echo "windows: $count calls: the same bytes; UTF-8 paths, standard streams, replaced files"

# ---- C tests ----

# Without those of streams, which watch reads; of what differs by design: memory that winpthreads allocates (test_net, test_pool),
# the stack of another calling convention (test_stack), and temporary files of POSIX (test_reports).
tests=
for test in tests/unit/test_*.c; do
    name=$(basename "$test" .c)
    case $name in
    test_net | test_pool | test_stack | test_reports) ;;
    test_camera* | test_preview | test_stream_* | test_watch_* | test_yuv420) ;;
    *) tests="$tests build/windows/tests/$name" ;;
    esac
done
sh tests/cmocka.sh "$triple" "$triple-gcc"
# shellcheck disable=SC2086
make -s CROSS="$triple-" BUILD=build/windows HTTP=none EXTRA=-Werror CMOCKA="build/cmocka/$triple" \
    $tests build/windows/tests/test_golden
passed=0
for test in $tests; do
    "$wine" "$test.exe" > "$dir/test" 2>&1 || [ $? = 77 ] || { cat "$dir/test" >&2; fail "$(basename "$test"): failed"; }
    passed=$((passed + 1))
done
"$wine" build/windows/tests/test_golden.exe build/test-data 9 > "$dir/test" 2>&1 || { cat "$dir/test" >&2; fail "test_golden: failed"; }
echo "windows: $passed C tests and test_golden passed"
