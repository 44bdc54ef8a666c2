/* SPDX-License-Identifier: MIT */
#ifndef AUXV_H
#define AUXV_H

enum { AT_HWCAP = 16, AT_HWCAP2 = 26 };
unsigned long getauxval(unsigned long type);

#endif
