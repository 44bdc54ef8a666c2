# SPDX-License-Identifier: MIT
# Included by the Makefile: the library as one pair of files, and what checks it.

amalgam: build/amalgam/v5lite.c ## build: Writes the library as one pair of files, build/amalgam/v5lite.c and v5lite.h, and the tracker as v5lite_track.c and .h

build/amalgam/v5lite.c: tools/package/amalgam.py tools/package/sets.py $(wildcard include/*.h src/*.[ch] src/*/*.[ch] src/*/*.inc src/*/*.def)
	$(call short,GEN,$@)$(PYTHON) $< --out $(@D)

AMALGAM_CHECKS := $(addprefix check-amalgam-,gcc clang g++ clang++ tcc)

check-amalgam: $(AMALGAM_CHECKS) ## assure: Compiles the amalgamation with every compiler and switch, and detects with it

$(AMALGAM_CHECKS): check-amalgam-%: build/amalgam/v5lite.c $(BUILD)/libv5lite.a
	@RUN="$(RUN)" sh tests/amalgam.sh "$(BUILD)" "$(CROSS)" "$*" "$(SETS)"

check-targets: build/amalgam/v5lite.c $(BUILD)/libv5lite.a ## assure: Compiles the amalgamation for ARM with and without NEON, and bare metal; runs some under qemu
	@CC="$(CC)" sh tests/amalgam_targets.sh "$(BUILD)"

# Of switches of src/README.md, joined by +.
SWITCHES := none NO_THREADS NO_LETTERBOX NO_S8 NO_F16 NO_ASM $(addprefix ONLY=,$(shell echo $(SETS) | tr a-z A-Z))
SWITCHES += $(foreach set,$(filter ONLY=%,$(SWITCHES)),NO_THREADS+NO_LETTERBOX+$(set) NO_THREADS+$(set))

size-switches: build/amalgam/v5lite.c ## measure: Prints the bytes of code and constants under each switch, compiled for size
	@mkdir -p $(BUILD)/amalgam/size
	@set -e; for switches in $(SWITCHES); do \
	  $(CC) -std=c11 -Os -fno-pie -ffp-contract=off $(EXTRA) $$(echo $$switches | sed '/none/d;s/^/-DV5L_/;s/+/ -DV5L_/g') -c -o $(BUILD)/amalgam/size/v5lite.o $<; \
	  $(CROSS)size $(BUILD)/amalgam/size/v5lite.o | awk -v name="$$switches" 'END { print $$1 "\t" name }'; done

.PHONY: amalgam check-amalgam check-targets $(AMALGAM_CHECKS) size-switches
