# SPDX-License-Identifier: MIT
# Included by the Makefile: images without an operating system, and what checks them. See tests/firmware/README.md.
#
#   BOARD=virt|virt-ref|an500|an547   what `make firmware` is for; virt-ref: virt with the reference kernels

ifneq ($(origin BOARD),command line) # a BOARD of the environment means something else
BOARD     := virt
endif
FW_BOARDS := virt virt-ref an500 an547
ifneq ($(BOARD),$(filter $(FW_BOARDS),$(BOARD)))
$(error BOARD=$(BOARD): expected one of $(FW_BOARDS))
endif

# Compiler, flags, folder of a board.
FW_CC_virt     := aarch64-linux-gnu-gcc
FW_ISA_virt    := -march=armv8-a -mtune=cortex-a72 -mno-outline-atomics -O2
FW_ONLY_virt   := NEON
FW_ONLY_an500  := DSP
FW_ONLY_an547  := MVE
FW_CC_an500    := arm-none-eabi-gcc
FW_ISA_an500   := -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard -Os
FW_CC_an547    := arm-none-eabi-gcc
FW_ISA_an547   := -mcpu=cortex-m55 -mthumb -mfpu=auto -mfloat-abi=hard -Os
FW_BASE        := $(BOARD:-ref=)
FW_CC          := $(FW_CC_$(FW_BASE))
FW_ISA         := $(FW_ISA_$(FW_BASE))
FW_ONLY        := -DV5L_ONLY=$(if $(filter %-ref,$(BOARD)),REF,$(FW_ONLY_$(FW_BASE)))
FW_DIR         := tests/firmware
FW             := build/firmware/$(BOARD)

# No C library and none of its headers: those of the compiler, and freestanding/string.h. -fbuiltin: a memcpy of four bytes is a move.
FW_CFLAGS = -std=c11 $(WARN) -Werror $(FW_ISA) -g -ffp-contract=off -ffreestanding -fbuiltin -fno-pic -fno-stack-protector \
            -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -MMD -MP \
            -nostdinc -isystem $(shell $(FW_CC) -print-file-name=include) -I$(FW_DIR)/freestanding -I$(FW_DIR) -Iinclude -Isrc
FW_LINK   = -nostdlib -static -no-pie -T $(FW_DIR)/$(FW_BASE)/$(FW_BASE).ld -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--fatal-warnings

FW_LIB_SRC   := $(filter-out src/parallel_posix.c,$(wildcard src/*.c src/ops/*.c src/kernels/*.c))
FW_LIB_OBJ   := $(FW_LIB_SRC:%.c=$(FW)/%.o)
FW_BOARD_SRC := $(wildcard $(FW_DIR)/$(FW_BASE)/*.[cS]) $(addprefix $(FW_DIR)/,semihost.c print.c runtime.c)
FW_BOARD_OBJ := $(patsubst $(FW_DIR)/%,$(FW)/%.o,$(basename $(FW_BOARD_SRC)))
# All kernels, and their checks: those of microcontrollers run on no other machine of the tests.
FW_ALL_OBJ   := $(patsubst %.c,$(FW)/all/%.o,src/cpu.c $(wildcard src/kernels/*.c tests/unit/check_s8*.c) $(FW_DIR)/kernels.c)
# The network in 8 bits, if the repository has it.
FW_INT8      := $(if $(wildcard weights/digits-int8.v5l),-int8)
FW_IMAGES_an500 := $(patsubst %,$(FW)/%.bin,digits copied small wrong overflow) $(FW)/kernels.elf $(FW_INT8:%=$(FW)/digits%.elf)
FW_IMAGES_an547 := $(FW)/digits.elf $(FW)/kernels.elf $(FW_INT8:%=$(FW)/digits%.elf)
FW_IMAGES    := $(or $(FW_IMAGES_$(BOARD)),$(patsubst %,$(FW)/%.bin,digits copied small wrong overflow))

$(FW)/src/%.o: src/%.c
	@mkdir -p $(@D)
	$(call short,CC,$<)$(FW_CC) $(FW_CFLAGS) $(FW_ONLY) -c -o $@ $<
$(FW)/all/%.o: %.c
	@mkdir -p $(@D)
	$(call short,CC,$<)$(FW_CC) $(FW_CFLAGS) -include $(FW_DIR)/kernel_checks.h -c -o $@ $<
$(FW)/%.o: $(FW_DIR)/%.c
	@mkdir -p $(@D)
	$(call short,CC,$<)$(FW_CC) $(FW_CFLAGS) -c -o $@ $<
$(FW)/%.o: $(FW_DIR)/%.S
	@mkdir -p $(@D)
	$(call short,CC,$<)$(FW_CC) $(FW_CFLAGS) -c -o $@ $<
$(FW)/overflow.o: $(FW_DIR)/wrong.c
	@mkdir -p $(@D)
	$(call short,CC,$<)$(FW_CC) $(FW_CFLAGS) -DOVERFLOW -c -o $@ $<
# No loop of these may become a call of itself.
$(FW)/runtime.o: FW_CFLAGS += -fno-tree-loop-distribute-patterns

$(FW)/digits.o $(FW)/digits-int8.o: $(FW)/%.o: build/firmware/%.S
	$(call short,AS,$<)$(FW_CC) $(FW_ISA) -c -o $@ $<
$(FW)/picture.o: build/firmware/picture.c
	$(call short,CC,$<)$(FW_CC) $(FW_CFLAGS) -c -o $@ $<
# Weights that are copied to RAM at the start.
$(FW)/copied.o: $(FW)/digits.o
	$(call short,OBJCOPY,$@)$(FW_CC:gcc=objcopy) --rename-section .rodata=.data,alloc,load,data,contents $< $@
build/firmware/%.S: weights/%.v5l tools/embed.py
	@mkdir -p $(@D)
	$(call short,GEN,$@)$(PYTHON) tools/embed.py $< --name digits -o $@ > /dev/null
build/firmware/picture.c: tests/images/digits.png $(FW_DIR)/picture.py
	@mkdir -p $(@D)
	$(call short,GEN,$@)$(PYTHON) $(FW_DIR)/picture.py $< $@

$(FW)/digits.elf $(FW)/small.elf: $(FW)/main.o $(FW)/picture.o $(FW)/digits.o
$(FW)/digits-int8.elf: $(FW)/main.o $(FW)/picture.o $(FW)/digits-int8.o
$(FW)/copied.elf: $(FW)/main.o $(FW)/picture.o $(FW)/copied.o
$(FW)/wrong.elf $(FW)/overflow.elf: $(FW)/%.elf: $(FW)/%.o
$(FW)/kernels.elf: $(FW_ALL_OBJ) $(FW_BOARD_OBJ) $(FW_DIR)/$(FW_BASE)/$(FW_BASE).ld
	$(call short,LD,$@)$(FW_CC) $(FW_ISA) $(FW_LINK) -o $@ $(filter %.o,$^) -lgcc
$(FW)/small.elf: FW_LINK += -Wl,--defsym,ram_size=384K
$(FW)/%.elf: $(FW_BOARD_OBJ) $(FW_LIB_OBJ) $(FW_DIR)/$(FW_BASE)/$(FW_BASE).ld
	$(call short,LD,$@)$(FW_CC) $(FW_ISA) $(FW_LINK) -Wl,-Map,$(@:.elf=.map) -o $@ $(filter %.o,$^) -lgcc
$(FW)/%.bin: $(FW)/%.elf
	$(call short,OBJCOPY,$@)$(FW_CC:gcc=objcopy) -O binary $< $@
.SECONDARY: $(filter %.elf,$(FW_IMAGES:.bin=.elf)) $(FW_LIB_OBJ) $(FW_BOARD_OBJ)

firmware: $(firstword $(FW_IMAGES)) ## build: Builds an image without an operating system that finds digits: BOARD=virt|virt-ref|an500|an547

# The same main with a C library, and the reference kernels: what boards are compared with.
FW_HOST_SRC := $(addprefix $(FW_DIR)/,main.c print.c host.c) build/firmware/picture.c $(FW_LIB_SRC)
build/firmware/host-digits build/firmware/host-digits-int8: build/firmware/host-%: build/firmware/%.S $(FW_HOST_SRC) $(wildcard $(FW_DIR)/*.h src/*.h src/*/*.h) include/v5lite.h
	$(call short,LD,$@)$(CC) -std=c11 -O2 $(WARN) -ffp-contract=off -DV5L_ONLY=REF -Iinclude -Isrc -o $@ $(filter %.S %.c,$^)

check-board: $(FW_IMAGES) build/firmware/host-digits $(FW_INT8:%=build/firmware/host-digits%) $(BUILD)/v5lite
	$(PYTHON) $(FW_DIR)/check.py $(BOARD) --images $(FW) --host build/firmware/host --program $(BUILD)/v5lite

check-firmware: ## assure: Runs images without an operating system under qemu, and compares with this machine
	@set -e; for board in $(FW_BOARDS); do $(MAKE) -s BOARD=$$board check-board-if-possible; done

check-board-if-possible:
	@if command -v $(FW_CC) > /dev/null; then $(MAKE) -s check-board; \
	else echo "skip: firmware for $(BOARD): no $(FW_CC): install it"; fi

.PHONY: firmware check-board check-board-if-possible check-firmware
-include $(wildcard $(FW)/*.d $(FW)/*/*.d $(FW)/*/*/*.d $(FW)/*/*/*/*.d)
