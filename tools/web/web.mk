# SPDX-License-Identifier: MIT
# Included by the Makefile: the library for browsers and Node in build/web, an npm package and a demo page, and its tests.
#
#   WEB_CC=clang    a clang with the target wasm32; it calls wasm-ld

WEB_CC    ?= clang
# Instruction set of src/kernels/sets.def.
WEB_SET   := WASM
# -Os: kernels are unrolled by hand, so -O2 is as fast and a third larger.
WEB_FLAGS := --target=wasm32-unknown-unknown -msimd128 -mbulk-memory -nostdlib -ffreestanding -Os $(WARN) -Werror -std=c11 \
             -ffp-contract=off -Itools/web/include -Ibuild/amalgam -DV5L_ONLY=$(WEB_SET) -DV5L_NO_THREADS
# The stack comes first, so that an overflow traps.
WEB_LINK  := -Wl,--no-entry,--stack-first,-z,stack-size=32768,--strip-all
WEB       := build/web
WEB_FILES := $(addprefix $(WEB)/,v5lite.wasm package.json LICENSE digits.v5l digits.png) \
             $(patsubst tools/web/%,$(WEB)/%,$(wildcard tools/web/*.js tools/web/*.d.ts tools/web/README.md)) \
             $(patsubst tools/web/demo/%,$(WEB)/%,$(wildcard tools/web/demo/*))
# Why it cannot be built, or nothing.
web_lacks = $(if $(shell command -v $(WEB_CC)),$(if $(shell $(WEB_CC) --print-targets 2> /dev/null | grep wasm32),$(if \
            $(web_links),,no wasm-ld: install lld),$(WEB_CC): no target wasm32: install clang),no $(WEB_CC): install clang)
web_links = $(shell echo | $(WEB_CC) --target=wasm32-unknown-unknown -nostdlib -Wl,--no-entry -xc - -o - 2> /dev/null | wc -c | \
            grep -v '^0')

web: $(WEB_FILES) ## build: Builds the library for browsers and Node, with a demo page, in build/web (clang, lld)

$(WEB)/v5lite.wasm: build/amalgam/v5lite.c tools/web/v5lite_web.c tools/web/include/string.h tools/web/web.mk
	$(if $(web_lacks),$(error web: $(web_lacks)))
	@mkdir -p $(@D)
	$(call short,WASM,$@)$(WEB_CC) $(WEB_FLAGS) $(WEB_LINK) -o $@.part $(filter %.c,$^)
	@mv $@.part $@

$(WEB)/package.json: tools/web/package.json.in include/v5lite.h
	@mkdir -p $(@D)
	$(call short,GEN,$@)sed 's/@VERSION@/$(VERSION)/' $< > $@.part
	@mv $@.part $@

web_copy = @mkdir -p $(@D) && cp $< $@.part && mv $@.part $@
$(WEB)/LICENSE: LICENSE
	$(web_copy)
$(WEB)/digits.v5l: weights/digits.v5l
	$(web_copy)
$(WEB)/digits.png: tests/images/digits.png
	$(web_copy)
$(WEB)/demo.css: tools/v5lite/stream/preview/theme.css tools/web/demo/demo.css
	@mkdir -p $(@D) && cat $^ > $@.part && mv $@.part $@
$(WEB)/%: tools/web/%
	$(web_copy)
$(WEB)/%: tools/web/demo/%
	$(web_copy)

# ---- tests ----

WEB_MISSING  = $(or $(if $(CROSS),a cross build: a native build runs these tests),$(web_lacks),$(if \
               $(shell command -v node),,no node: install nodejs))
WEB_NODE    := $(addprefix $(RESULTS)/web/,test_api test_hostile test_package)
RESULTS_web := $(WEB_NODE) $(RESULTS)/web/test_page

# Detects with the reference kernels, natively.
$(BUILD)/tests/web_reference: tests/web/reference.c $(BUILD)/libv5lite.a
	@mkdir -p $(@D)
	$(call short,LD,$@)$(CC) $(TEST_FLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Asks for compilers only if the tests are to run.
ifneq ($(filter check-web,$(MAKECMDGOALS)),)
ifeq ($(WEB_MISSING),)
$(RESULTS_web): $(WEB_FILES) $(BUILD)/tests/web_reference $(BUILD)/v5lite $(DATA)/cases.txt
endif
endif
web_test = $(if $(WEB_MISSING),$(call skipped,$(WEB_MISSING)),\
             $(test) env V5LITE=$(BUILD)/v5lite REFERENCE=$(BUILD)/tests/web_reference $(1))

$(WEB_NODE): $(RESULTS)/web/%:
	$(call web_test,node tests/web/$*.mjs)

$(RESULTS)/web/test_page:
	$(call web_test,$(PYTHON) tests/run_module.py tests/web/test_page.py)

check-web: $(RESULTS_web) ## test: Runs build/web in Node and Chromium, and compares with the native reference
	$(call sum,$^)

web-picture: $(WEB_FILES) ## measure: Draws tests/images/web_demo.png, the demo page in Chromium
	$(call short,DRAW,tests/images/web_demo.png)$(PYTHON) tests/web/screenshot.py tests/images/web_demo.png

.PHONY: web web-picture check-web $(RESULTS_web)
