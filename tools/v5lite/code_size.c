/* SPDX-License-Identifier: MIT */
#include "code_size.h"

#include <stddef.h>

/* tools/size/size.mk generates code_size.inc from the library that this program is linked with. */
const code_part code_parts[] = {
#ifdef V5LITE_CODE_SIZE
#include "code_size.inc"
#endif
    {NULL, 0},
};
