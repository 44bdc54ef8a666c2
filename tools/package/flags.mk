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
NEEDED   := -std=c11 -ffp-contract=off $(call quoted,-ffile-prefix-map=$(CURDIR)=.)
USERS     = $(CPPFLAGS) $(CFLAGS) $(EXTRA)
FLAGS     = $(DEFAULTS) $(USERS) $(NEEDED)
COMPILE   = $(CC) $(FLAGS) -MMD -MP
LINK      = $(CC) $(FLAGS) $(LDFLAGS)
LIBS      = $(LDLIBS) -lm -lpthread

# ---- instruction sets ----

# Without flags that write files next to the output: a probe has none.
PROBE  := $(CC) $(filter-out --coverage -ftest-coverage -fcallgraph-info% -fstack-usage -save-temps%,$(USERS))
TARGET := $(shell $(PROBE) -dumpmachine)

# Lines of sets.def as set|name|target|flag|flag, hint|name|target. TARGETS: which of their targets this build is for.
SET_ROWS := $(shell sed -n -e 's/^V5L_SET(\([a-z0-9_]*\), \([a-z0-9]*\),.*"\(.*\)")$$/set \1 \2 \3/p' \
              -e 's/^V5L_HINT(\([a-z0-9_]*\), \([a-z0-9]*\),.*)$$/hint \1 \2/p' src/kernels/sets.def | tr ' ' '|')
TARGETS  := any $(if $(filter x86_64%,$(TARGET)),x86) $(if $(filter a% thumb%,$(TARGET)),arm) $(if $(filter aarch64% arm64%,$(TARGET)),a64)
TARGETS  += $(if $(filter arm-%,$(TARGET)),$(shell $(PROBE) -Iinclude -dM -E src/cpu.h | sed -n 's/.*define V5L_MICRO .*/micro/p'))
fields    = $(subst |, ,$(1))
# Names of the rows that match a pattern and are for one of these targets.
names_of  = $(foreach r,$(filter $(1),$(SET_ROWS)),$(if $(filter $(word 3,$(call fields,$(r))),$(2)),$(word 2,$(call fields,$(r)))))
ALL_SETS := $(strip $(call names_of,set|%,any x86 arm a64 micro wasm))
SETS     := $(strip $(call names_of,set|%,$(TARGETS)))

ifneq ($(ONLY),$(filter $(ALL_SETS),$(ONLY)))
$(error ONLY=$(ONLY): expected one of $(ALL_SETS))
endif
NEEDED   += $(if $(ONLY),-DV5L_ONLY=$(shell echo $(ONLY) | tr a-z A-Z))

# Flags of a file whose name ends in _set.c. Files of other targets' sets are empty, and those of sets that the compiler does not
# know (cpu.h).
accepted  = $(shell $(PROBE) $(1) -fsyntax-only -xc /dev/null 2> /dev/null && echo $(1))
# AArch64: with 32 vector registers in use, gcc 12 spills without this. clang has no such option.
RENAMES  := $(if $(filter a64,$(TARGETS)),$(shell $(PROBE) -Werror -frename-registers -fsyntax-only -xc /dev/null 2> /dev/null && echo -frename-registers))
define set_flags
ISA_$(word 2,$(1)) := $(if $(filter x86 a64,$(word 3,$(1))),$(call accepted,$(wordlist 4,99,$(1)))) $(RENAMES)
endef
$(foreach s,$(filter-out ref,$(SETS)),$(eval $(call set_flags,$(call fields,$(filter set|$(s)|%,$(SET_ROWS))))))

# 32-bit ARM: what NEON and VFPv4 need in addition to the user's flags; nothing on profiles R and M.
ifneq ($(filter arm% thumb%,$(filter-out arm64%,$(TARGET))),)
ISA_neon := $(shell sh tools/package/neon.sh $(PROBE))
NEEDED   += $(if $(ISA_neon),-DV5L_NEON_BY_FILE)
endif

# ---- assembly ----

# Kernels that override those in C (kernels.def), if cpu.h allows them and the compiler can assemble them.
HAS_ASM := $(if $(filter a64 arm,$(TARGETS)),$(shell $(PROBE) $(NEEDED) -DV5L_ASM -Iinclude -dM -E src/cpu.h | grep 'V5L_HAS_ASM '))
ASM_SRC := $(if $(HAS_ASM),$(wildcard src/kernels/*_$(if $(filter a64,$(TARGETS)),a64,a32).S))
ASM_SRC := $(if $(ASM_SRC),$(shell $(foreach s,$(ASM_SRC),$(PROBE) -c -o /dev/null $(s) 2> /dev/null &&) echo $(ASM_SRC)))
NEEDED  += $(if $(ASM_SRC),-DV5L_ASM)
