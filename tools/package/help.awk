# SPDX-License-Identifier: MIT
# Prints the targets of makefiles, group by group:  awk -f help.awk MAKEFILE...
# A line "target: ... ## group: text" describes one.
BEGIN {
    count = split("build run test assure measure", groups, " ")
    split("Build|Models and first detections|Tests|Assurance beyond the tests|Measurements", titles, "|")
}
/^[a-z][a-z_.-]*:.*## [a-z]+: / {
    target = $0
    sub(/:.*/, "", target)
    text = $0
    sub(/.*## /, "", text)
    group = text
    sub(/:.*/, "", group)
    sub(/[a-z]+: /, "", text)
    lines[group] = lines[group] sprintf("  %-22s %s\n", target, text)
}
END {
    for (i = 1; i <= count; i++) printf "%s%s\n%s", (i > 1 ? "\n" : ""), titles[i], lines[groups[i]]
    print "\nVariables such as CROSS, ONLY, EXTRA, BUILD, V: on top of the Makefile."
}
