# SPDX-License-Identifier: MIT
# Included by the Makefile: the library where there is no C library, and how much stack it takes.

check-freestanding: build/amalgam/v5lite.c $(BUILD)/libv5lite.a ## assure: Links and runs the library without a C library
	@RUN="$(RUN)" sh tests/freestanding/check.sh "$(BUILD)" "$(CROSS)" "$(CC)" "$(PYTHON)"

# gcc's: clang does not write its call graph.
STACK := tests/freestanding/stack.py $(if $(CROSS),--prefix $(CROSS)) $(BUILD)/stack

stack-objects:
	@$(MAKE) -s BUILD=$(BUILD)/stack EXTRA="$(EXTRA) -ffunction-sections -fcallgraph-info=su" $(BUILD)/stack/libv5lite.a

stack: stack-objects ## measure: Prints the deepest stack of each function of the headers in include, and its calls
	@$(PYTHON) $(STACK)

check-stack: stack-objects ## measure: Checks that it is at most V5L_STACK_BYTES
	@$(PYTHON) $(STACK) --check

.PHONY: check-freestanding stack-objects stack check-stack
