# SPDX-License-Identifier: MIT
# -v sets="...": names of sets.def. Of `size -A ARCHIVE`: bytes of code and constants, a line for the part that all share and one for each set of kernels, by the
# names of the files:  NAME BYTES. The tracker, v5l_image_to_rgb and letterboxed.c are not counted, because no net needs them, nor are tables for unwinding and debugging.
# Nothing if there is no code, as in objects that hold the compiler's intermediate form (-flto).
/:$/ {
    name = $1
    sub(/\.o$/, "", name)
    is_counted = name !~ /^(track(_.*)?|image_rgb|letterboxed)$/
    parts = split(name, part, "_")
    set = index(" " sets " ", " " part[parts] " ") > 0 ? part[parts] : "common"
}
/^\.(text|rodata|data\.rel\.ro)[. \t]/ { if (is_counted) bytes[set] += $2 }
END {
    if (bytes["common"] == 0) exit
    count = split("common " sets, order, " ")
    for (i = 1; i <= count; i++)
        if (bytes[order[i]] > 0) print order[i], bytes[order[i]]
}
