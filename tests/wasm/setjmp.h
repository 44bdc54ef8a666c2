/* SPDX-License-Identifier: MIT */
/* check.h includes it for cmocka; see cmocka.h here. */
