# SPDX-License-Identifier: MIT
# Included by the Makefile: what audit knows of source files (tools/v5lite/sources.c).

$(BUILD)/tools/v5lite/sources.inc: $(filter $(BUILD)/src/ops/% $(BUILD)/src/kernels/%,$(LIB_OBJ)) tools/v5lite/sources.sh
	@mkdir -p $(@D)
	$(call short,GEN,$@)sh tools/v5lite/sources.sh "$(CROSS)" $(BUILD) $(filter %.o,$^) > $@.part
	@mv $@.part $@

$(BUILD)/tools/v5lite/sources.o: private NEEDED += -I$(BUILD)/tools/v5lite
$(BUILD)/tools/v5lite/sources.o: $(BUILD)/tools/v5lite/sources.inc
