# SPDX-License-Identifier: MIT
# Included by the Makefile: how much flash and memory the library and its nets take.

.PHONY: size memory-table check-size

CODE_BYTES = $(CROSS)size -A $(1) | awk -f tools/size/code.awk

# What `info --memory` says of the library that is in the program. Empty where it cannot be measured.
$(BUILD)/code_size.inc: $(BUILD)/libv5lite.a tools/size/code.awk
	@$(call CODE_BYTES,$<) | awk '{ printf "{\"%s\", %d},\n", $$1, $$2 }' > $@.part
	@mv $@.part $@

$(BUILD)/tools/v5lite/code_size.o: private CFLAGS += -DV5LITE_CODE_SIZE -I$(BUILD)
$(BUILD)/tools/v5lite/code_size.o: $(BUILD)/code_size.inc

# Instruction sets of the target, as ONLY has them.
SETS := ref $(if $(filter x86_64%,$(TARGET)),avx2 avx512)$(if $(filter a%,$(TARGET)),neon)

size: ## bytes of code and constants of the library, whole and for one instruction set
	@for only in "" $(SETS); do \
	  $(MAKE) -s ONLY=$$only BUILD=$(BUILD)$${only:+/only-$$only} lib; \
	  $(call CODE_BYTES,$(BUILD)$${only:+/only-$$only}/libv5lite.a) | awk -v name="$${only:-all}" '{ n += $$2 } END { print name "\t" n }'; done
