# SPDX-License-Identifier: MIT
# Included by the Makefile, after tools/web/web.mk: tests of tests/unit compiled to WebAssembly with the library's code of
# build/web/v5lite.wasm, run in Node. cmocka.h and others here replace what WebAssembly lacks.

WASM       := build/wasm
WASM_TESTS := test_kernels test_bits test_ops
WASM_LIBC  := /usr/include/wasm32-wasi
# -msimd128, -Os and the like are those of the library.
WASM_FLAGS  = $(filter-out --target=% -nostdlib -ffreestanding -Itools/web/include -Ibuild/amalgam,$(WEB_FLAGS)) --target=wasm32-wasi \
              -Itests/wasm -Itests/unit -Iinclude -Isrc
WASM_LACKS  = $(or $(WEB_MISSING),$(if $(wildcard $(WASM_LIBC)/stdio.h),,no C library of WASI: install wasi-libc and libclang-rt-14-dev-wasm32))
WASM_PARTS_test_kernels := tests/unit/kernel_regions.c tests/wasm/references.c $(wildcard tests/unit/check_*.c)
WASM_PARTS_test_bits    := $(FUZZ_NET_C)
WASM_PARTS_test_ops     := tests/unit/step_case.c
RESULTS_wasm := $(WASM_TESTS:%=$(RESULTS)/wasm/%) $(RESULTS)/wasm/switches
# Of src/README.md, joined by +; each must compile without a warning, for all sets and without SIMD too.
WASM_SWITCHES := ALL NO_S8 NO_F16 NO_S8+NO_F16 NO_LETTERBOX ONLY=WASM+NO_S8 ONLY=WASM+NO_F16 ONLY=WASM+NO_S8+NO_F16+NO_LETTERBOX

$(WASM)/v5lite.o: build/amalgam/v5lite.c tools/web/web.mk
	@mkdir -p $(@D)
	$(call short,WASM,$@)$(WEB_CC) $(WEB_FLAGS) -c -o $@ $<

$(WASM_TESTS:%=$(WASM)/%.wasm): $(WASM)/%.wasm: $(WASM)/v5lite.o tests/wasm/wasm.mk $(wildcard tests/wasm/*.[ch] tests/wasm/*/*.h tests/unit/*.[ch] tests/unit/*.inc tests/fuzz/net/*)
	$(call short,WASM,$@)$(WEB_CC) $(WASM_FLAGS) -o $@ tests/unit/$*.c $(BUILDER) $(WASM_PARTS_$*) $<

# Asks for compilers only if the tests are to run.
ifneq ($(filter check-wasm,$(MAKECMDGOALS)),)
ifeq ($(WASM_LACKS),)
$(WASM_TESTS:%=$(RESULTS)/wasm/%): $(RESULTS)/wasm/%: $(WASM)/%.wasm
$(RESULTS)/wasm/switches: build/amalgam/v5lite.c
endif
endif
$(WASM_TESTS:%=$(RESULTS)/wasm/%): $(RESULTS)/wasm/%:
	$(if $(WASM_LACKS),$(call skipped,$(WASM_LACKS)),$(test) node --no-warnings tests/wasm/run.mjs $(WASM)/$*.wasm)

WASM_COMPILE = $(filter-out -DV5L_ONLY=%,$(WEB_FLAGS)) -fsyntax-only build/amalgam/v5lite.c
$(RESULTS)/wasm/switches:
	$(if $(WASM_LACKS),$(call skipped,$(WASM_LACKS)),$(test) sh -ec 'for s in $(WASM_SWITCHES); do \
	  $(WEB_CC) $(WASM_COMPILE) $$(echo -DV5L_$$s | sed "s/+/ -DV5L_/g"); done; $(WEB_CC) $(WASM_COMPILE) -mno-simd128')

check-wasm: $(RESULTS_wasm) ## test: Runs tests of kernels and ops compiled to WebAssembly, in Node (wasi-libc)
	$(call sum,$^)

.PHONY: check-wasm $(RESULTS_wasm)
