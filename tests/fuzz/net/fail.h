/* SPDX-License-Identifier: MIT */
#ifndef FAIL_H
#define FAIL_H

#include <stdio.h>
#include <stdlib.h>

/* Prints the error and aborts, so that fuzzers, debuggers and parents notice. */
#define FAIL(...) (fprintf(stderr, "fuzz_net: " __VA_ARGS__), fputc('\n', stderr), abort())
#define REQUIRE(condition, ...) ((condition) ? (void)0 : FAIL(__VA_ARGS__))

#endif
