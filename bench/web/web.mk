# SPDX-License-Identifier: MIT
# Included by the Makefile, after tools/web/web.mk.

# Models as run.mjs takes them, from SHARED.
BENCH_WEB := $(if $(SHARED),$(foreach m,v5lite-e v5lite-s,$(PRECISION)/320/$(m).v5l@320 $(call quoted,$(SHARED)/peers/$(m)-320.onnx)))

bench-web: $(WEB_FILES) $(filter %.v5l,$(BENCH_WEB:@320=)) ## measure: Measures build/web and onnxruntime-web in Node; installs that into build/web-bench
	node bench/web/run.mjs $(BENCH_WEB)

.PHONY: bench-web
