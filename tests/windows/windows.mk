# SPDX-License-Identifier: MIT
# Included by the Makefile: builds the program for Windows, and tests it under wine.

.PHONY: windows check-windows
windows: ## build: Builds the program for Windows, build/windows/v5lite.exe; needs gcc-mingw-w64-x86-64
	$(MAKE) CROSS=$(MINGW)- BUILD=build/windows HTTP=none $(if $(EXTRA),EXTRA=$(call quoted,$(EXTRA))) build/windows/v5lite.exe

check-windows: $(BUILD)/v5lite $(DATA)/cases.txt ## assure: Compares the program for Windows with this build, and runs the C tests there, under wine
	+@sh tests/windows/check.sh $(BUILD) $(MINGW)
