#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the C tests, two at a time, and detections under valgrind's memcheck:  sh memcheck.sh BUILD TEST...
# Uses no suppressions. valgrind does not support AVX-512 and emulates a CPU without it.
set -eu
if [ "$1" = one ]; then # WHAT COMMAND...
    what=$2
    shift 2
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=all "$@" > "$log" 2>&1 ||
        { cat "$log"; echo "memcheck: $what: not clean" >&2; exit 1; }
    echo "memcheck: $what: clean"
    exit 0
fi
build=$1
shift
export V5L_QUICK=1
printf '%s\n' "$@" | xargs -P 2 -I TEST sh "$0" one TEST "$build/tests/TEST"
scene="--model weights/digits.v5l --agnostic tests/images/digits.png"
# shellcheck disable=SC2086
{
    sh "$0" one "detection" "$build/v5lite" detect --size 256 $scene
    sh "$0" one "detection, two threads, little padding, plain C" "$build/v5lite" detect --size 128 --rect --threads 2 \
        --cpu ref $scene
}
