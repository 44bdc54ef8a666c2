#!/bin/sh
# SPDX-License-Identifier: MIT
# McCabe's cyclomatic complexity of every function, by Debian's pmccabe, the ten highest printed:  sh complexity.sh FILE...
# Every case of a switch counts. One function is above the limit: the table of status texts, one case a text.
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
        if (!seen) { print "complexity: " table " is not there: take it out of tests/assurance/complexity.sh"; bad = 1 }
        printf "complexity: %d functions, %.1f on average, at most %d but for %s\n", functions, sum / functions, limit, table
        exit bad
    }'
