#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints which flags of neon.flags the NEON kernels need in addition to the user's:  sh neon.sh COMPILER FLAG...
# Prints nothing if the user's flags already enable NEON and VFPv4, if the target lacks NEON (profiles R and M), or if
# the compiler rejects all flags of the list. Does not try flags that change the calling convention.
here=$(dirname "$0")
compiles() { # FLAG... < SOURCE
    "$@" -U_FORTIFY_SOURCE -std=c11 -Werror -fsyntax-only -xc - > /dev/null 2>&1
}
holds() { # CONDITION COMMAND...: whether the preprocessor finds it true
    condition=$1
    shift
    printf '#if !(%s)\n#error\n#endif\ntypedef int probe;\n' "$condition" | compiles "$@"
}

holds "defined(__arm__) && (!defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE == 'A')" "$@" || exit 0
! compiles "$@" < "$here/neon.c" || exit 0
soft=
! holds 'defined(__SOFTFP__) && !defined(__ARM_PCS_VFP)' "$@" || soft=1
while read -r flags; do
    case $flags in *softfp*) [ -n "$soft" ] || continue ;; esac
    # shellcheck disable=SC2086
    if compiles "$@" $flags < "$here/neon.c"; then
        echo "$flags"
        break
    fi
done < "$here/neon.flags"
