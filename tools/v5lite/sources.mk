# SPDX-License-Identifier: MIT
# Included by the Makefile: the table of source files that audit prints (tools/v5lite/sources.c).

SOURCES_OBJ := $(filter $(BUILD)/src/ops/% $(BUILD)/src/kernels/%,$(LIB_OBJ))

$(BUILD)/tools/v5lite/sources.inc: $(SOURCES_OBJ) tools/v5lite/sources.sh
	@mkdir -p $(@D)
	$(call short,GEN,$@)sh tools/v5lite/sources.sh "$(CROSS)" $(BUILD) $(filter %.o,$^) > $@.part
	@mv $@.part $@

$(BUILD)/tools/v5lite/sources.o: private NEEDED += -I$(BUILD)/tools/v5lite
$(BUILD)/tools/v5lite/sources.o: $(BUILD)/tools/v5lite/sources.inc
