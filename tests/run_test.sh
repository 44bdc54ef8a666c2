#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs one test of `make check`, or adds up the results of several:
#   sh tests/run_test.sh RESULTS NAME COMMAND...     prints one line, with the time from 10 s on, and the output of a
#                                                    test that fails. Always exits with 0. Writes the result to
#                                                    RESULTS/NAME, the output to RESULTS/NAME.log
#   sh tests/run_test.sh --sum RESULTS NAME...       prints what was skipped and why, then the line
#                                                    "N passed, N failed, N skipped"
# $V: 1 prints all output. $SILENT: prints no line for a test that passes. $TEST_SECONDS: stops a test that takes longer,
# which fails; default 900. Needs `timeout`; without it, nothing is stopped.
#
# Counts the cases that cmocka prints; tests/run_module.py prints unittest's cases in the same format. A command that
# prints no case is one case: it passes with status 0 and is skipped with status 77. A line "skip: REASON" gives the
# reason of the next skipped case. Outside of cases, it counts as a skipped part.
set -u

if [ "$1" = --sum ]; then
    results=$2
    shift 2
    for name in "$@"; do
        if [ -f "$results/$name" ]; then
            cat "$results/$name"
        else
            printf '0 1 0\nfailed: %s: has not run\n' "$name"
        fi
    done | awk '
        /^[0-9]/ { passed += $1; failed += $2; skipped += $3; next }
        /^skip: / { print; next }
        { failures[++count] = $0 }
        END {
            for (i = 1; i <= count; i++) print failures[i]
            print passed + 0 " passed, " failed + 0 " failed, " skipped + 0 " skipped"
            exit failed > 0
        }'
    exit
fi

result=$1/$2 name=$2
shift 2
mkdir -p "$(dirname "$result")"
rm -f "$result"
seconds=${TEST_SECONDS:-900}
# In the foreground Ctrl-C reaches the test, and a limit of the caller ends it, too.
if command -v timeout > /dev/null; then set -- timeout --foreground -k 10 "$seconds" "$@"; fi
started=$(date +%s)
"$@" > "$result.log" 2>&1 < /dev/null
status=$?
took=$(($(date +%s) - started))
awk -v name="$name" -v status="$status" -v seconds="$seconds" '
    function fail(what) { failed++; failures = failures "failed: " name what "\n" }
    /^\[==========\] Running / { counting = 1; cases = 1; next }
    /^\[==========\] / { counting = 0; next }
    /^skip: / { reason = substr($0, 7) }
    /^skip: / && !counting { skipped++; skips = skips "skip: " name ": " reason "\n" }
    !counting { next }
    /^\[ RUN      \] / { running = $4 }
    /\[       OK \] / { passed++; running = "" }
    /\[  FAILED  \] / { fail(": " $NF); running = "" }
    /\[  ERROR   \] [^-]/ { fail(": " $NF); running = "" }
    /\[  SKIPPED \] / {
        if (reason == "") reason = "gives no reason"
        if (!count[reason]++) order[++reasons] = reason
        last[reason] = $NF
        skipped++; running = reason = ""
    }
    END {
        if (status == 124) fail((running != "" ? ": " running : "") ": stopped after " seconds " s")
        else if (running != "") fail(": " running ": does not end")
        if (status == 77 && !cases) { if (!skipped) skips = "skip: " name ": gives no reason\n"; skipped = 1 }
        else if (status != 0 && !failed) fail(": status " status)
        else if (!cases && !failed) passed++
        else if (!passed && !failed && !skipped) fail(": no case has run")
        printf "%d %d %d\n%s", passed, failed, skipped, failures skips
        for (i = 1; i <= reasons; i++) {
            n = count[order[i]]
            print "skip: " name ": " (n > 1 ? n " cases" : last[order[i]]) ": " order[i]
        }
    }' "$result.log" > "$result.part"
read -r passed failed skipped < "$result.part"
said="$passed passed"
[ "$skipped" = 0 ] || said="$said, $skipped skipped"
[ "$failed" = 0 ] || said="$said, $failed FAILED"
[ "$took" -lt 10 ] || said="$said, $took s"
if [ "${V:-0}" != 0 ]; then
    cat "$result.log"
elif [ "$failed" != 0 ]; then
    grep -vE '^\[( RUN      |       OK )\]' "$result.log"
fi
[ -n "${SILENT:-}" ] && [ "$failed" = 0 ] || echo "  TEST  $name: $said"
mv "$result.part" "$result"
