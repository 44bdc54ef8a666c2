# SPDX-License-Identifier: MIT
# Included by the Makefile: the official models in each type, and their figures in the pages. SHARED has checkpoints/ and coco/.

.PHONY: bench-precision precision-models

# A folder for each size: scales hold for one.
PRECISION       := $(BUILD)/precision
PRECISION_CASES := v5lite-e@320 v5lite-s@320 v5lite-s@416
PRECISION_STEMS := $(foreach c,$(PRECISION_CASES),$(PRECISION)/$(lastword $(subst @, ,$c))/$(firstword $(subst @, ,$c)))
PRECISION_FILES := $(foreach s,$(PRECISION_STEMS),$s.v5l $s-fp16.v5l $s-int8.v5l)
EXPORTER_FILES  := tools/export.py $(wildcard tools/exporter/*.py)
EXPORT_SHARED    = @mkdir -p $(@D) && $(PYTHON) tools/export.py $(call quoted,$(SHARED)/checkpoints/$(1).pt) -o $@

define PRECISION_RULES
$(PRECISION)/$(1)/%-int8.v5l: $(EXPORTER_FILES) | $(BUILD)/v5lite
	$$(call EXPORT_SHARED,$$*) --int8 --images $$(call quoted,$$(SHARED)/coco/calibration/images) --size $(1) \
	  --engine $(BUILD)/v5lite
$(PRECISION)/$(1)/%-fp16.v5l: $(EXPORTER_FILES)
	$$(call EXPORT_SHARED,$$*) --fp16
$(PRECISION)/$(1)/%.v5l: $(EXPORTER_FILES)
	$$(call EXPORT_SHARED,$$*)
endef
$(foreach size,320 416,$(eval $(call PRECISION_RULES,$(size))))

precision-models: $(PRECISION_FILES) ## measure: Exports the official models in float32, fp16 and int8 to build/precision; needs SHARED

at_size = $(foreach f,$(1),$f@$(notdir $(patsubst %/,%,$(dir $f))))

# PRECISION_FLAGS: more options of precision.py, such as "--turns 9".
bench-precision: precision-models $(BUILD)/v5lite ## measure: Writes AP, time, RAM and flash of each type into README.md and weights/precision.md
	$(PYTHON) bench/precision.py $(call at_size,$(PRECISION_FILES)) --v5lite $(BUILD)/v5lite \
	  --update README.md weights/precision.md \
	  --images $(call quoted,$(SHARED)/coco/val/images) --labels $(call quoted,$(SHARED)/coco/val/labels) $(PRECISION_FLAGS)
	$(PYTHON) bench/precision.py \
	  $(call at_size,$(filter-out %-fp16.v5l $(PRECISION)/320/v5lite-s%,$(PRECISION_FILES))) \
	  --v5lite $(BUILD)/v5lite --cpu avx2 --update weights/precision.md $(PRECISION_FLAGS)
	$(PYTHON) bench/precision.py weights/digits.v5l@384 weights/digits-int8.v5l@384 --v5lite $(BUILD)/v5lite --update README.md \
	  $(PRECISION_FLAGS)
	$(PYTHON) bench/precision_chart.py weights/precision.md -o bench/precision.svg
