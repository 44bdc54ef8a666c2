#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the tests of a build with --coverage, two at a time, and checks their coverage:
#   sh coverage.sh BUILD "TEST..." "TEST OF LEVELS..." "LEVEL..."
# Runs every test with all features of the CPU, tests of levels also with each LEVEL (sets.def), and the cheapest golden
# cases.
set -eu
if [ "$1" = one ]; then # LEVEL COMMAND...
    level=$2
    shift 2
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    status=0
    V5L_CPU_LEVEL=$level "$@" > "$log" 2>&1 || status=$?
    # 77: this CPU is not of the level.
    [ $status = 0 ] || [ $status = 77 ] || { cat "$log"; echo "coverage: $* failed" >&2; exit 1; }
    exit 0
fi
build=$1
find "$build" -name '*.gcda' -delete
{
    for test in $2; do echo "all $build/tests/$test"; done
    for level in $4; do
        for test in $3; do echo "$level $build/tests/$test"; done
    done
    echo "all $build/tests/test_golden build/test-data 6"
} | xargs -P 2 -L 1 sh "$0" one
features=$("$build/tests/test_cpu" 2> /dev/null | sed -n 's/^features of this CPU: //p')
"${PYTHON:-python3}" tests/assurance/coverage.py --build "$build" --features "$features"
