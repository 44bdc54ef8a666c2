#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks McCabe's cyclomatic complexity of every function and prints the ten highest:  sh complexity.sh FILE...
# Needs Debian's pmccabe, which counts every case of a switch. One function may exceed the limit: the table of status
# texts has one case per text.
set -eu
limit=15
table=v5l_status_text
all=$(pmccabe "$@" | sort -k2,2nr -k6)
[ -n "$all" ] || { echo "complexity: pmccabe found no function" >&2; exit 1; }
echo "$all" | awk 'NR <= 10 { print $2 "\t" $NF "\t" $6 }'
echo "$all" | awk -v limit=$limit -v table=$table '
    $NF == table { seen = 1; next }
    { functions++; sum += $2 }
    $2 > limit { print "complexity: " $6 " " $NF ": " $2 ", at most " limit " is allowed"; bad = 1 }
    END {
        if (!seen) {
            print "complexity: " table " does not exist: remove it from tests/assurance/complexity.sh"
            bad = 1
        }
        printf "complexity: %d functions, %.1f on average, at most %d except %s\n", \
            functions, sum / functions, limit, table
        exit bad
    }'
