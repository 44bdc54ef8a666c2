# SPDX-License-Identifier: MIT
# Included by the Makefile: checks of the library's and the program's C code in addition to tests. Debian packages:
# gcovr pmccabe cppcheck clang-tidy valgrind. Every target prints what it measured, and fails if a limit is exceeded.

.PHONY: complexity coverage coverage-run coverage-arm check-analysis check-misra check-memcheck check-reproducible

SRC_C  := $(wildcard src/*.c src/ops/*.c src/kernels/*.c)
TOOL_C := $(wildcard tools/python/csrc/*.c tools/v5lite/*.c tools/v5lite/stream/*.c $(if $(MICROHTTPD),tools/v5lite/stream/preview/*.c))

complexity: ## assure: Prints the cyclomatic complexity of src and tools/v5lite; fails above 15
	@sh tests/assurance/complexity.sh $(wildcard src/*.[ch] src/ops/*.[ch] src/kernels/*.c src/kernels/*.h \
		src/kernels/*.inc tools/v5lite/*.[ch] tools/v5lite/stream/*.[ch] tools/v5lite/stream/preview/*.[ch])

# ---- coverage ----

# -O0: optimisations merge lines and branches. atomic: counts the lines of all threads.
COVERED := -O0 --coverage -fprofile-update=atomic -Wno-sign-conversion -DV5L_COVERAGE

coverage: $(DATA)/cases.txt ## assure: Prints the lines and branches of src that tests reach; fails below its limits
	@$(MAKE) --no-print-directory -s BUILD=build/coverage EXTRA="$(COVERED)" coverage-run

coverage-run: $(patsubst %,$(BUILD)/tests/%,$(sort $(UNIT) $(LEVELS))) $(BUILD)/tests/test_golden
	@PYTHON=$(PYTHON) sh tests/assurance/coverage.sh $(BUILD) "$(UNIT)" "$(LEVELS)" "$(wordlist 1,2,$(SETS))"

COVERED_ARM := $(addprefix $(BUILD)/tests/,test_kernels test_conv test_ops)

# CROSS= and CMOCKA= as in tests/qemu.sh, which calls it.
coverage-arm: $(COVERED_ARM) ## assure: Prints the lines of the NEON kernels that tests reach, for tests/qemu.sh
	@find $(BUILD) -name '*.gcda' -delete
	@for t in $^; do timeout 900 $(RUN) $$t > $$t.log 2>&1 || \
	  { echo "coverage: $$t: status $$? (124: stopped after 900 s)"; cat $$t.log; exit 1; }; done
	@$(PYTHON) tests/assurance/coverage.py --build $(BUILD) --gcov $(CROSS)gcov --only neon dot i8mm fp16

# ---- static analysis ----

check-analysis: build/tools/v5lite/sources.inc build/$(PAGE)/page.inc ## assure: Runs cppcheck, clang-tidy, gcc -fanalyzer and shellcheck
	@CC="$(CC)" sh tests/assurance/analyse.sh "$(SRC_C)" "$(TOOL_C)"

check-misra: ## assure: Compares cppcheck's findings of MISRA C:2012 with the deviations in src/MISRA.md
	@$(PYTHON) tests/assurance/misra.py $(filter-out src/kernels/dwconv_f32_avx%,$(SRC_C)) # see src/MISRA.md

# ---- run time ----

# Excludes test_stack: it reads below the stack pointer on purpose. Excludes test_kernels and test_bits: they compare bits,
# test_kernels keeps kernels between pages without access, and they take half of the time.
MEMCHECKED := $(filter-out test_stack test_kernels test_bits,$(UNIT))

MEMCHECKED_PROGRAMS := $(addprefix $(BUILD)/tests/,$(MEMCHECKED)) $(BUILD)/v5lite

check-memcheck: $(MEMCHECKED_PROGRAMS) ## assure: Runs C tests and detections under valgrind
	@sh tests/assurance/memcheck.sh $(BUILD) $(MEMCHECKED)

# ---- build ----

check-reproducible: ## assure: Compares the bytes of two builds in different folders
	@sh tests/assurance/reproducible.sh
