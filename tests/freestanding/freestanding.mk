# SPDX-License-Identifier: MIT
# Included by the Makefile: the library where there is no C library, and how much stack it takes.

check-freestanding: build/amalgam/v5lite.c $(BUILD)/libv5lite.a ## links and runs the library without a C library
	@RUN="$(RUN)" sh tests/freestanding/check.sh "$(BUILD)" "$(CROSS)" "$(CC)" "$(PYTHON)"

.PHONY: check-freestanding
