# SPDX-License-Identifier: MIT
# Included by the Makefile: packages for build systems. The page of each: tools/package/KIND/README.md.

KINDS := conan debian buildroot esp-idf meson platformio vcpkg yocto zephyr

package: build/amalgam/v5lite.c ## build: Writes the sources for another build system to build/package: P=meson|zephyr|esp-idf|platformio|buildroot|yocto|conan|vcpkg|debian
	$(if $(filter $(KINDS),$(P)),,$(error P=$(P): expected one of $(KINDS)))@$(PYTHON) tools/package/assemble.py $(P)

PACKAGE_TESTS := $(patsubst tests/%.py,$(RESULTS)/%,$(wildcard tests/package/test_*.py))

check-packages: $(PACKAGE_TESTS) ## assure: Builds and checks the packages for build systems (Debian, Meson, Zephyr and others)
	$(call sum,$^)

$(PACKAGE_TESTS): $(RESULTS)/%: tests/%.py $(BUILD)/libv5lite.a build/amalgam/v5lite.c
	$(test) $(PYTHON) tests/run_module.py $<

.PHONY: package check-packages $(PACKAGE_TESTS)
