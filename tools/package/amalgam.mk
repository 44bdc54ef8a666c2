# SPDX-License-Identifier: MIT
# Included by the Makefile: the library as one pair of files, and what checks it.

AMALGAM_FLAGS := --flags avx2="$(X86_avx2)" --flags avx512="$(X86_avx512)" --flags neon="$(A32_neon)"

amalgam: build/amalgam/v5lite.c ## the library as one pair of files, build/amalgam/v5lite.c and v5lite.h

build/amalgam/v5lite.c: tools/package/amalgam.py Makefile $(wildcard include/*.h src/*.[ch] src/*/*.[ch] src/*/*.inc src/*/*.def)
	$(PYTHON) $< --out $(@D) $(AMALGAM_FLAGS)

AMALGAM_CHECKS := $(addprefix check-amalgam-,gcc clang g++ clang++ tcc)

check-amalgam: $(AMALGAM_CHECKS) ## compiles it alone by every compiler there is, under every switch, and detects with it

$(AMALGAM_CHECKS): check-amalgam-%: build/amalgam/v5lite.c $(BUILD)/libv5lite.a
	@RUN="$(RUN)" sh tests/amalgam.sh "$(BUILD)" "$(CROSS)" "$*"

.PHONY: amalgam check-amalgam $(AMALGAM_CHECKS)
