# SPDX-License-Identifier: MIT
# Included by the Makefile: the shared library, and what installs it and the others.

PREFIX   ?= /usr/local
BINDIR   ?= $(PREFIX)/bin
LIBDIR   ?= $(PREFIX)/lib
INCDIR   ?= $(PREFIX)/include
# Of the header, which is the one place: release, and what of it promises the same ABI, for the name that programs are linked to.
VERSION  := $(shell sed -n 's/^.define V5L_VERSION "\(.*\)"/\1/p' include/v5lite.h)
ABI      := $(if $(filter 0.%,$(VERSION)),$(basename $(VERSION)),$(firstword $(subst ., ,$(VERSION))))
SO       := libv5lite.so.$(VERSION)
PIC_OBJ  := $(patsubst $(BUILD)/%.o,$(BUILD)/pic/%.o,$(LIB_OBJ))

shared: $(BUILD)/$(SO) ## build: Builds the shared library

$(BUILD)/pic/src/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call short,CC,$<)$(COMPILE) -fPIC $(ISA_$(lastword $(subst _, ,$*))) -Iinclude -Isrc -c -o $@ $<

$(BUILD)/pic/src/%.o: src/%.S $(BUILD)/flags
	@mkdir -p $(@D)
	$(call short,CC,$<)$(COMPILE) -c -o $@ $<

HEADERS := include/v5lite.h include/v5lite_track.h

# Only what the headers declare is visible.
$(BUILD)/v5lite.map: $(HEADERS) tools/package/exports.sh
	@mkdir -p $(@D)
	$(call short,GEN,$@)sh tools/package/exports.sh $(ABI) $(HEADERS) > $@.part
	@mv $@.part $@

$(BUILD)/$(SO): $(PIC_OBJ) $(BUILD)/v5lite.map
	$(call short,LD,$@)$(LINK) -shared -Wl,-soname,libv5lite.so.$(ABI) -Wl,--version-script=$(BUILD)/v5lite.map -Wl,-z,defs -o $@ $(PIC_OBJ) $(LIBS)

INSTALL_TO = $(VERSION) $(ABI) $(call quoted,$(DESTDIR)) $(foreach p,PREFIX BINDIR LIBDIR INCDIR,$(call quoted,$($(p))))

install: $(BUILD)/v5lite $(BUILD)/libv5lite.a $(BUILD)/$(SO) ## build: Installs program, libraries, headers, and files for pkg-config and CMake to $(DESTDIR)$(PREFIX)
	$(call short,INSTALL,$(DESTDIR)$(PREFIX))sh tools/package/install.sh $(BUILD) $(INSTALL_TO)

uninstall: ## build: Removes what install installed
	$(call short,REMOVE,$(DESTDIR)$(PREFIX))sh tools/package/install.sh --remove $(INSTALL_TO)

# Of the library, the program, tests and benchmarks, as this build compiles them. Generated headers must be there: `all` makes them.
COMPILED := all $(patsubst %,$(BUILD)/tests/%,$(UNIT) test_golden faulty track_file) $(PEERS) \
            $(addprefix $(BUILD)/,bench_kernels bench_latency bench_track bench_article bench_roofline fuzz_net)
compile_commands.json: all ## build: Writes the commands of this build for clangd and clang-tidy
	@$(MAKE) -s -nB V=1 $(COMPILED) | $(PYTHON) tools/package/compile_commands.py -o $@

check-build: ## assure: Builds copies in folders of odd names and with packagers' flags, and compares their results
	sh tests/install/build.sh "$(CC)"

.PHONY: check-build compile_commands.json

-include $(wildcard $(BUILD)/pic/src/*.d $(BUILD)/pic/src/*/*.d)
