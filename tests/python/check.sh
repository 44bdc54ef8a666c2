#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the Python package as `pip` builds it without network, and runs its tests with what was installed:
#   BUILD=build sh tests/python/check.sh PYTHON
# The source package and the wheel come from the tree; a second wheel comes from the source package, outside of the tree, and
# must have the same library. The tests run with that one, in a virtual environment with the system's numpy.
set -eu
python=$1
root=$PWD
work=$root/${BUILD:-build}/python/check
fail() {
    echo "check-pip: $1" >&2
    exit 1
}
"$python" -c 'import ensurepip, venv' 2> /dev/null || { echo "skip: check-pip: no venv: install python3-venv" && exit; }
rm -rf "$work"
mkdir -p "$work"
"$python" -m venv --system-site-packages "$work/venv" > "$work/log" 2>&1 ||
    { echo "skip: check-pip: no pip: install python3-venv and python3-pip" && exit; }
export PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONFIG_FILE=/dev/null
pip=$work/venv/bin/pip
try() { # COMMAND...: quietly, unless it fails
    "$@" > "$work/log" 2>&1 || { cat "$work/log"; fail "$*"; }
}

# From the tree, without a written file in it.
files() { find tools/python -name __pycache__ -prune -o -print; }
before=$(files)
try env PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" -c "import sys; sys.path.insert(0, 'tools/python'); import backend
print(backend.build_sdist('$work'))"
sdist=$(ls "$work"/v5lite-*.tar.gz)
mkdir "$work/tree" "$work/alone"
try "$pip" wheel --no-deps -w "$work/tree" tools/python
[ "$before" = "$(files)" ] || fail "tools/python: expected no new file"
cd "$work"
try "$pip" wheel --no-deps -w "$work/alone" "$sdist"
wheel=$(ls "$work"/alone/v5lite-*-py3-none-*.whl)
for from in tree alone; do try "$python" -m zipfile -e "$work/$from/$(basename "$wheel")" "$work/$from"; done
cmp "$work/tree/v5lite/_v5lite.so" "$work/alone/v5lite/_v5lite.so" || fail "the wheels of tree and source package differ"
try "$pip" install "$wheel"
try "$pip" show -f v5lite

if command -v mypy > /dev/null; then
    try mypy --strict --cache-dir "$work/mypy" --python-executable "$work/venv/bin/python" -p v5lite
else
    echo "skip: check-pip: types: no mypy: install mypy"
fi
cd "$root"
# The same bits from the one file as from the library that make builds.
bits='import sys, zlib, numpy as np
sys.path[:0] = sys.argv[2:]
from v5lite import Detector
image = np.fromfile(sys.argv[1], np.uint8)[-192 * 192 * 3:].reshape(192, 192, 3)
for model in "weights/digits.v5l", "weights/digits-int8.v5l":
    found = Detector(model, 384, confidence=0.001)(image).array()
    print(len(found), zlib.crc32(found.tobytes()))'
try "${BUILD:-build}/v5lite" picture --out "$work/scene.ppm" tests/images/digits.png
"$work/venv/bin/python" -c "$bits" "$work/scene.ppm" > "$work/installed"
"$python" -c "$bits" "$work/scene.ppm" "${BUILD:-build}/python" > "$work/built"
cmp "$work/installed" "$work/built" || fail "the installed package detects other bits than the library that make builds"
for file in tests/python/test_*.py; do
    try env V5LITE_INSTALLED=1 V5LITE="${BUILD:-build}/v5lite" "$work/venv/bin/python" -W error tests/run_module.py "$file"
    grep '^skip' "$work/log" || true
done
try "$pip" uninstall -y v5lite
echo "check-pip: $(basename "$sdist"), $(basename "$wheel"): tests passed as installed"
