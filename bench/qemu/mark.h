/* SPDX-License-Identifier: MIT */
/* The slots of marks, shared by guest programs and plugin.c. In count.c, ops use slots 0 .. 1023 by their number. */
#ifndef MARK_H
#define MARK_H

enum { MARK = 0x56354C00, MARK_STAGE = 1024, MARK_RUN = 1028, MARK_SLOTS = 1029 };

#endif
