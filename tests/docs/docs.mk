# SPDX-License-Identifier: MIT
# Included by the Makefile: the documentation against what is here.

check: check-docs
.PHONY: check-docs
# Commands of a page are those of a native build, and take too long with sanitizers; programs are compiled in every build.
check-docs: $(BUILD)/v5lite $(DATA)/cases.txt $(if $(CROSS),,$(BUILD)/bench_article) ## links, paths, programs and commands of the pages
	$(PYTHON) tests/docs/check_docs.py --build $(BUILD) --data $(DATA) --cc "$(CC)" --flags="$(EXTRA)" --run="$(RUN)" \
	  $(if $(CROSS)$(ONLY)$(findstring sanitize,$(EXTRA)),--no-commands)
