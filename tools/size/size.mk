# SPDX-License-Identifier: MIT
# Included by the Makefile: how much flash and memory the library and its nets take.

.PHONY: size memory-table check-size

CODE_BYTES = $(CROSS)size -A $(1) | awk -v sets="$(ALL_SETS)" -f tools/size/code.awk

# Code sizes that `info --memory` prints for the library in the program. Empty where it cannot be measured.
$(BUILD)/code_size.inc: $(BUILD)/libv5lite.a tools/size/code.awk
	$(call short,GEN,$@)$(call CODE_BYTES,$<) | awk '{ printf "{\"%s\", %d},\n", $$1, $$2 }' > $@.part
	@mv $@.part $@

$(BUILD)/tools/v5lite/code_size.o: private NEEDED += -DV5LITE_CODE_SIZE -I$(BUILD)
$(BUILD)/tools/v5lite/code_size.o: $(BUILD)/code_size.inc

size: ## measure: Prints the bytes of code and constants, of the whole library and for one instruction set
	@for only in "" $(SETS); do \
	  $(MAKE) -s ONLY=$$only BUILD=$(BUILD)$${only:+/only-$$only} lib; \
	  $(call CODE_BYTES,$(BUILD)$${only:+/only-$$only}/libv5lite.a) | awk -v name="$${only:-all}" '{ n += $$2 } END { print name "\t" n }'; done

memory-table: $(BUILD)/v5lite ## measure: Prints the memory of nets, for the models in weights/: the table of src/README.md
	@$(PYTHON) tools/size/table.py --v5lite "$(RUN) $(BUILD)/v5lite"

# A program of a build that did not measure its library.
$(BUILD)/v5lite-unmeasured: $(CLI_OBJ) $(BUILD)/libv5lite.a
	$(call short,CC,$@)$(COMPILE) -c -o $(BUILD)/code_unmeasured.o tools/v5lite/code_size.c
	@$(LINK) -o $@ $(filter-out %/code_size.o,$^) $(BUILD)/code_unmeasured.o $(PARTS_LIBS)

# CHECK_SIZE: options of tests/size/check.py, such as --all or --update.
check-size: $(BUILD)/v5lite $(BUILD)/v5lite-unmeasured $(DATA)/cases.txt ## measure: Compares code and memory with tests/size/budget.json
	@$(RUN) $(BUILD)/v5lite-unmeasured info weights/digits.v5l --memory | grep "code.*not known in this build"
	$(PYTHON) tests/size/check.py --v5lite "$(RUN) $(BUILD)/v5lite" $(CHECK_SIZE)
	$(PYTHON) tools/size/table.py --v5lite "$(RUN) $(BUILD)/v5lite" --check src/README.md --summary README.md
