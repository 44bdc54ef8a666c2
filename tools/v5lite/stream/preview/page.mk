# SPDX-License-Identifier: MIT
# Included by the Makefile: the page of the live view as C arrays (page.c).

PAGE := tools/v5lite/stream/preview

$(BUILD)/$(PAGE)/page.inc: $(PAGE)/page.sh $(PAGE)/theme.css $(addprefix $(PAGE)/preview.,html css js)
	@mkdir -p $(@D)
	$(call short,GEN,$@)sh $(PAGE)/page.sh $(PAGE) > $@.part
	@mv $@.part $@

$(BUILD)/$(PAGE)/page.o: private NEEDED += -I$(BUILD)/$(PAGE)
$(BUILD)/$(PAGE)/page.o: $(BUILD)/$(PAGE)/page.inc
