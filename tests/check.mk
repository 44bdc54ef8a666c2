# SPDX-License-Identifier: MIT
# Included by the Makefile: runs the tests. Each is a target $(RESULTS)/NAME, so that make's jobs run them side by side; its recipe
# always succeeds, and tests/run_test.sh keeps the result for the closing line.
#
#   CHECKS="c symbols"      parts of `make check` to run; each is also a target of its own, such as check-c
#   GOLDEN_CASES=9          how many cases of test_golden to run, cheapest first (emulators are slow); default: all
#   QUICK=1                 tests of all bytes or values take every nth, as with RUN
#   PYTHON_TESTS="cli"      folders of tests in Python to run
#   TEST_SECONDS=3600       stops a test that takes longer, which fails; default 900
#   T=test_conv             for `make test`: a test's name, or its path such as tests/cli/test_cli.py

CHECKS       ?= $(PARTS_OF_CHECK)
PYTHON_TESTS ?= export tools cli train python
RESULTS      := $(BUILD)/check
# Cheap ones first; those in Python take longest.
PARTS_OF_CHECK := headers symbols abi c docs install python

# As many jobs as there are CPUs, unless -j says otherwise; the output of a job in one piece.
ifneq ($(filter check test asan $(PARTS_OF_CHECK:%=check-%),$(MAKECMDGOALS)),)
ifeq ($(filter 0,$(MAKELEVEL))$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN) --output-sync=target
endif
endif

# Starts the command of a test, whose name is the target's.
test    = @V=$(or $(filter-out 0,$(V)),$(SHOWN)) SILENT=$(SILENT) sh tests/run_test.sh $(RESULTS) $(@:$(RESULTS)/%=%)
# A test that is skipped, and why.
skipped = $(test) sh -c 'echo "skip: $$0"; exit 77' $(call quoted,$(1))
# Prints the closing line of tests.
sum     = @sh tests/run_test.sh --sum $(RESULTS) $(1:$(RESULTS)/%=%)

SANITIZED_BUILD := $(findstring sanitize,$(FLAGS))
# Tells tests that sanitizers slow the programs down and reserve address space.
ifneq ($(SANITIZED_BUILD),)
export V5L_SANITIZED := 1
endif

# ---- C ----

# Every test with all that the CPU has, those of LEVELS and test_golden also at each level, if there are several.
RESULTS_unit  := $(sort $(UNIT:%=$(RESULTS)/unit/%))
RESULTS_level := $(foreach level,$(CPU_LEVELS),$(patsubst %,$(RESULTS)/cpu-$(level)/%,$(if $(word 2,$(CPU_LEVELS)),$(LEVELS)) test_golden))
RESULTS_c     := $(RESULTS_unit) $(RESULTS_level)

$(RESULTS_unit): $(RESULTS)/unit/%: $(BUILD)/tests/%
	$(test) $(RUN) $<

$(RESULTS)/golden/test_golden: $(BUILD)/tests/test_golden $(DATA)/cases.txt
	$(test) $(RUN) $< $(DATA) $(GOLDEN_CASES)

define level_rules
$(LEVELS:%=$(RESULTS)/cpu-$(1)/%): $(RESULTS)/cpu-$(1)/%: $(BUILD)/tests/%
	$$(test) env V5L_CPU_LEVEL=$(1) $(RUN) $$<
$(RESULTS)/cpu-$(1)/test_golden: $(BUILD)/tests/test_golden $(DATA)/cases.txt
	$$(test) env V5L_CPU_LEVEL=$(1) $(RUN) $$< $(DATA) $(GOLDEN_CASES)
endef
$(foreach level,$(CPU_LEVELS),$(eval $(call level_rules,$(level))))

# ---- Python ----

# `tools` and `cli` run the programs of this build.
PYTHON_TESTED  := $(addprefix $(BUILD)/,v5lite tests/faulty tests/allocations.so tests/write_nets tests/track_file bench_article bench_roofline) $(PEERS)
PYTHON_FILES   := $(foreach folder,$(PYTHON_TESTS),$(wildcard tests/$(folder)/test_*.py))
RESULTS_module := $(patsubst tests/%.py,$(RESULTS)/%,$(PYTHON_FILES))
RESULTS_python := $(if $(CROSS),$(RESULTS)/python,$(RESULTS_module))

$(RESULTS_module): $(RESULTS)/%: tests/%.py $(if $(CROSS),,$(PYTHON_TESTED))
	$(test) env V5LITE=$(BUILD)/v5lite V5LITE_SHARED=$(call quoted,$(SHARED)) $(PYTHON) tests/run_module.py $<

$(filter $(RESULTS)/python/%,$(RESULTS_module)): $(PY_SO)

$(RESULTS)/python:
	$(call skipped,a cross build: a native build runs the tests in Python)

# ---- the rest ----

RESULTS_headers := $(RESULTS)/headers
RESULTS_symbols := $(RESULTS)/symbols $(if $(ONLY),$(RESULTS)/only-$(ONLY))
RESULTS_abi     := $(RESULTS)/abi $(if $(CROSS),,$(RESULTS)/abi-32)
RESULTS_docs    := $(RESULTS)/docs
RESULTS_install := $(RESULTS)/install

$(RESULTS)/headers:
	$(test) sh tests/headers.sh "$(CC)" $(CROSS)g++ $(WARN)

# The library calls nothing but memcpy and memset, and has no writable data; the thread pool may.
$(RESULTS)/symbols: $(LIB_OBJ)
	$(if $(SANITIZED_BUILD),$(call skipped,sanitizers add symbols: a plain build checks them),\
	  $(test) sh tests/symbols.sh "$(CROSS)" $(filter-out %/parallel_posix.o,$(LIB_OBJ)))

$(RESULTS)/only-$(ONLY): $(LIB_OBJ)
	$(test) sh tests/only.sh "$(ONLY)" "$(SETS)" "$(CROSS)" $(LIB_OBJ)

# Changes of the interface need a higher version; a native build also checks 32 bits.
$(RESULTS)/abi:
	$(test) $(PYTHON) tests/install/abi.py "$(CC)"

ARM_CC = $(shell command -v arm-linux-gnueabihf-gcc)
$(RESULTS)/abi-32:
	$(if $(ARM_CC),$(test) $(PYTHON) tests/install/abi.py $(ARM_CC),\
	  $(call skipped,no arm-linux-gnueabihf-gcc: install gcc-arm-linux-gnueabihf))

# Programs of a page are compiled in every build; its commands are those of a native build, and too slow with sanitizers.
# Commands of make run with -n: the programs that they measure with must build.
MEASURES := $(addprefix $(BUILD)/bench_,article kernels latency letterbox track jpeg $(if $(MICROHTTPD),preview))
$(RESULTS)/docs: $(BUILD)/v5lite $(DATA)/cases.txt $(if $(CROSS),,$(MEASURES))
	$(test) $(PYTHON) tests/docs/check_docs.py --build $(BUILD) --data $(DATA) --cc "$(CC)" --flags="$(EXTRA)" --run="$(RUN)" \
	  $(if $(CROSS)$(ONLY)$(SANITIZED_BUILD),--no-commands)

# A program of a user is not linked with the sanitizers' libraries.
$(RESULTS)/install: $(BUILD)/v5lite $(BUILD)/libv5lite.a $(BUILD)/$(SO)
	$(if $(SANITIZED_BUILD),$(call skipped,sanitizers: a plain build is installed),\
	  $(test) env RUN="$(RUN)" sh tests/install/check.sh "$(BUILD)" "$(CROSS)" "$(CC)" weights/digits.v5l)

# ---- what a user calls ----

RESULTS_check := $(foreach part,$(CHECKS),$(RESULTS_$(part)))
UNKNOWN       := $(filter-out $(PARTS_OF_CHECK),$(CHECKS))
$(if $(UNKNOWN),$(error CHECKS: $(UNKNOWN): expected some of $(PARTS_OF_CHECK)))

check: $(RESULTS_check) ## test: Runs all tests side by side; check-c, check-python, check-docs and so on: a part of them
	$(call sum,$^)

$(foreach part,$(PARTS_OF_CHECK),$(eval check-$(part): $(RESULTS_$(part)); $$(call sum,$$^)))

TEST_RESULTS := $(RESULTS_unit) $(RESULTS)/golden/test_golden $(RESULTS_module)
CHOSEN       := $(strip $(foreach r,$(TEST_RESULTS),$(if $(filter $(notdir $(r)) $(r:$(RESULTS)/%=tests/%),$(basename $(T))),$(r))))
test: $(CHOSEN) ## test: Runs one test and prints its output: T=test_conv, T=tests/cli/test_cli.py
	$(if $(CHOSEN),$(call sum,$^),$(error T=$(T): expected a test such as test_conv or tests/cli/test_cli.py))
test: SHOWN := 1

asan: ## test: Runs the tests in C and of the programs under AddressSanitizer and UBSan, in build/asan
	@$(MAKE) BUILD=$(BUILD)/asan EXTRA="-O1 -fsanitize=address,undefined -fno-sanitize-recover=all $(EXTRA)" CHECKS="c python" \
	  PYTHON_TESTS=cli check

.PHONY: check test asan $(PARTS_OF_CHECK:%=check-%)
.PHONY: $(sort $(foreach part,$(PARTS_OF_CHECK),$(RESULTS_$(part))) $(TEST_RESULTS))
