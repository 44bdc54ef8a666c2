#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints which flags of neon.flags the files of NEON kernels need, on top of the user's:  sh neon.sh COMPILER FLAG...
# Prints nothing if the whole build has NEON and VFPv4 anyway, and where there is none: profiles R and M, or a compiler that
# refuses all of them. Flags that change the calling convention are not tried.
here=$(dirname "$0")
compiles() { # FLAG... < SOURCE
    "$@" -U_FORTIFY_SOURCE -std=c11 -Werror -fsyntax-only -xc - > /dev/null 2>&1
}
holds() { # CONDITION COMMAND...: of the preprocessor
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
