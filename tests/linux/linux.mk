# SPDX-License-Identifier: MIT
# Included by the Makefile: tests with a Linux kernel and its cameras. See tests/linux/README.md.
#
#   LINUX=arm64|amd64       the kernel's architecture; default arm64
#   LINUX_TEST=loss         for `make check-linux`: runs only the tests with this in their names

LINUX ?= arm64

# The first process of the kernel's machine: tests/linux/run.sh builds it for that.
$(BUILD)/tests/linux/init: $(wildcard tests/linux/*.c) tests/linux/suite.h $(PARTS)
	@mkdir -p $(@D)
	$(call short,LD,$@)$(CC) $(TEST_FLAGS) -D_GNU_SOURCE $(LDFLAGS) -o $@ $(filter %.c,$^) $(PARTS) $(PARTS_LIBS)

$(RESULTS)/linux:
	$(test) env PYTHON=$(PYTHON) sh tests/linux/run.sh $(LINUX) $(LINUX_TEST)

check-linux: $(RESULTS)/linux ## assure: Boots a Linux kernel under qemu and watches its cameras: LINUX=arm64|amd64
	$(call sum,$^)

.PHONY: check-linux $(RESULTS)/linux
