# SPDX-License-Identifier: MIT
# Included by the Makefile: compiler and linker flags. Needs CC, BUILD, ONLY and EXTRA.
#
#   $(COMPILE)   starts a command that compiles one file of this build
#   $(LINK)      starts one that links, $(LIBS) ends it
#   $(ISA_set)   flags of a file whose name ends in _set.c

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow

# In this order, so that the user's flags win over DEFAULTS and NEEDED over them. No contraction: the reference kernels give the
# same bits from every compiler that vectorises them. The prefix map: the same bytes from any directory, debug information included.
DEFAULTS := -O2 -g $(WARN)
NEEDED   := -std=c11 -ffp-contract=off $(call quoted,-ffile-prefix-map=$(CURDIR)=.) $(if $(ONLY),$(ONLY_$(ONLY)))
USERS     = $(CPPFLAGS) $(CFLAGS) $(EXTRA)
FLAGS     = $(DEFAULTS) $(USERS) $(NEEDED)
COMPILE   = $(CC) $(FLAGS) -MMD -MP
LINK      = $(CC) $(FLAGS) $(LDFLAGS)
LIBS      = $(LDLIBS) -lm -lpthread

# ---- instruction sets ----

# Each file is empty on other targets. Tuned for generic x86-64, gcc 12 keeps pointers in vector registers for lack of others
# and takes 8 % longer (e at 320); tuned for icelake-server it does not.
# Without flags that write files beside the output: a probe has none.
PROBE      := $(CC) $(filter-out -fcallgraph-info% -fstack-usage -save-temps%,$(USERS))
TARGET     := $(shell $(PROBE) -dumpmachine)
X86_avx2   := -mavx2 -mfma
X86_avx512 := -mavx512f -mavx512vl -mavx512bw -mavx512dq -mfma -mtune=icelake-server
ISA_avx2   := $(if $(filter x86_64%,$(TARGET)),$(X86_avx2))
ISA_avx512 := $(if $(filter x86_64%,$(TARGET)),$(X86_avx512))

# 32-bit ARM: what NEON and VFPv4 take on top of the user's flags; nothing on profiles R and M.
ifneq ($(filter arm% thumb%,$(filter-out arm64%,$(TARGET))),)
ISA_neon   := $(shell sh tools/package/neon.sh $(PROBE))
NEEDED     += $(if $(ISA_neon),-DV5L_NEON_BY_FILE)
endif

# 64-bit ARM: with 32 vector registers in use, gcc 12 spills without this. clang has no such option.
ifneq ($(filter aarch64%,$(TARGET)),)
ISA_neon := $(shell $(PROBE) -Werror -frename-registers -fsyntax-only -xc /dev/null 2> /dev/null && echo -frename-registers)
endif

# ---- assembly ----

# Kernels that override those in C (kernels.def): where NEON kernels are built and the compiler can assemble them; -DV5L_NO_ASM
# leaves them out.
ifeq ($(filter -DV5L_NO_ASM%,$(USERS)),)
HAS_NEON := $(if $(filter aarch64% arm% thumb%,$(TARGET)),$(shell $(PROBE) $(NEEDED) -Iinclude -dM -E src/cpu.h | grep -c 'V5L_HAS_NEON '))
ASM_SRC  := $(if $(filter 1,$(HAS_NEON)),$(wildcard src/kernels/*_$(if $(filter aarch64%,$(TARGET)),a64,a32).S))
ASM_SRC  := $(if $(ASM_SRC),$(shell $(foreach s,$(ASM_SRC),$(PROBE) -c -o /dev/null $(s) 2> /dev/null &&) echo $(ASM_SRC)))
NEEDED   += $(if $(ASM_SRC),-DV5L_ASM)
endif

# ---- what changes every object ----

# Of the flags, those that only warn make no difference.
STAMP := $(strip $(filter-out -Werror,$(CC) $(FLAGS) $(LDFLAGS) $(LDLIBS) $(ISA_neon)))
ifneq ($(STAMP),$(shell cat $(BUILD)/flags 2> /dev/null))
.PHONY: $(BUILD)/flags
endif
$(BUILD)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(STAMP)) > $@
