# SPDX-License-Identifier: MIT
# Included by the Makefile: fuzzing. tests/fuzz/README.md describes the targets and the results of runs.
#
#   FUZZ_LIMIT="-max_total_time=3600"        options of libFuzzer: explores; the default repeats the same inputs
#   FUZZ_NET_RUN="--seconds 3600 --jobs 8"   options of the net fuzzer (build/fuzz/net/fuzz_net --help)

.PHONY: fuzz fuzz-bytes fuzz-net fuzz-targets fuzz-coverage

FUZZ_LIMIT   ?= -seed=1 -runs=20000 -max_total_time=15
FUZZ_NET_RUN ?= --seed 1 --seconds 600
FUZZ_COVERAGE_RUN ?= --seed 1 --inputs 1000
FUZZ_RUN     := $(FUZZ_LIMIT) -timeout=120 -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix=build/fuzz/
FUZZ_FLAGS   := -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
# libFuzzer's standard macro: skips checksums, which mutations break (tools/v5lite/png.c).
FUZZ_MODE    := -fsanitize=fuzzer-no-link -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
FUZZ_SEEDS   := build/fuzz/seeds
SANITIZED    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all

FUZZ_NET     := $(FUZZ_NET_C) $(BUILDER)

fuzz: fuzz-bytes fuzz-net ## test: Fuzzes all parsers with libFuzzer (clang), then nets for 10 minutes

fuzz-net: ## test: Runs generated nets in many ways and compares, under sanitizers, for 10 minutes: FUZZ_NET_RUN
	$(MAKE) BUILD=build/fuzz/net EXTRA="$(SANITIZED) $(EXTRA)" build/fuzz/net/fuzz_net
	build/fuzz/net/fuzz_net $(FUZZ_NET_RUN)

$(BUILD)/fuzz_net: tests/fuzz/net/fuzz_net_main.c $(FUZZ_NET_OBJ) $(BUILDER_OBJ) $(wildcard tests/fuzz/net/*.h) \
		tests/unit/builder.h $(BUILD)/libv5lite.a
	$(call short,LD,$@)$(CC) $(TEST_FLAGS) -o $@ $< $(filter %.o,$^) $(BUILD)/libv5lite.a -lm -lpthread

fuzz-coverage: ## test: Prints the lines of src outside kernels that the net fuzzer reaches; fails below 95 %
	$(MAKE) BUILD=build/fuzz/coverage EXTRA="-O0 --coverage -fprofile-update=atomic -Wno-sign-conversion" \
		build/fuzz/coverage/fuzz_net
	@find build/fuzz/coverage -name '*.gcda' -delete
	build/fuzz/coverage/fuzz_net $(FUZZ_COVERAGE_RUN)
	@$(PYTHON) tests/fuzz/coverage.py --build build/fuzz/coverage

# ---- libFuzzer ----

# Parsers have no kernels, and clang takes minutes for those of x86 under sanitizers: fuzz-net has them.
fuzz-bytes:
	@mkdir -p $(FUZZ_SEEDS)/model $(FUZZ_SEEDS)/image $(FUZZ_SEEDS)/reference $(FUZZ_SEEDS)/text $(FUZZ_SEEDS)/stream
	$(MAKE) BUILD=build/fuzz/lib CC=clang ONLY=ref EXTRA="$(SANITIZED) $(FUZZ_MODE) $(EXTRA)" fuzz-targets
	build/fuzz/lib/make_seeds $(FUZZ_SEEDS)
	@rm -rf build/fuzz/corpus && cp -r $(FUZZ_SEEDS) build/fuzz/corpus && mkdir build/fuzz/corpus/net
	build/fuzz/lib/fuzz_model $(FUZZ_RUN) -max_len=65536 build/fuzz/corpus/model
	build/fuzz/lib/fuzz_image $(FUZZ_RUN) -max_len=16384 build/fuzz/corpus/image
	build/fuzz/lib/fuzz_reference $(FUZZ_RUN) -max_len=16384 build/fuzz/corpus/reference
	build/fuzz/lib/fuzz_text $(FUZZ_RUN) -max_len=1024 build/fuzz/corpus/text
	build/fuzz/lib/fuzz_stream $(FUZZ_RUN) -close_fd_mask=2 -max_len=4096 build/fuzz/corpus/stream
	build/fuzz/lib/fuzz_net -seed=1 -runs=300 $(filter-out -runs% -seed%,$(FUZZ_RUN)) -max_len=512 build/fuzz/corpus/net

fuzz-targets: $(PARTS)
	$(call short,LD,$(BUILD)/fuzz_model)clang $(TEST_FLAGS) $(FUZZ_FLAGS) -o $(BUILD)/fuzz_model \
		tests/fuzz/fuzz_model.c $(filter-out %/fuzz_net.c,$(FUZZ_NET)) $(PARTS) $(PARTS_LIBS)
	$(call short,LD,$(BUILD)/fuzz_image)clang $(TEST_FLAGS) $(FUZZ_FLAGS) -o $(BUILD)/fuzz_image \
		tests/fuzz/fuzz_image.c $(PARTS) $(PARTS_LIBS)
	$(call short,LD,$(BUILD)/fuzz_reference)clang $(TEST_FLAGS) $(FUZZ_FLAGS) -o $(BUILD)/fuzz_reference \
		tests/fuzz/fuzz_reference.c $(PARTS) $(PARTS_LIBS)
	$(call short,LD,$(BUILD)/fuzz_text)clang $(TEST_FLAGS) $(FUZZ_FLAGS) -o $(BUILD)/fuzz_text \
		tests/fuzz/fuzz_text.c $(PARTS) $(PARTS_LIBS)
	$(call short,LD,$(BUILD)/fuzz_stream)clang $(TEST_FLAGS) $(FUZZ_FLAGS) -o $(BUILD)/fuzz_stream \
		tests/fuzz/fuzz_stream.c $(PARTS) $(PARTS_LIBS)
	$(call short,LD,$(BUILD)/fuzz_net)clang $(TEST_FLAGS) $(FUZZ_FLAGS) -o $(BUILD)/fuzz_net \
		$(FUZZ_NET) $(PARTS) $(PARTS_LIBS)
	$(call short,LD,$(BUILD)/make_seeds)clang $(TEST_FLAGS) -o $(BUILD)/make_seeds tests/fuzz/seeds.c \
		$(filter-out %/fuzz_net.c,$(FUZZ_NET)) tests/unit/archive.c $(PARTS) $(PARTS_LIBS) -fsanitize=address,undefined
