# SPDX-License-Identifier: MIT
# Included by the Makefile: libraries that the program, not libv5lite, uses if they are found at build time. Needs PROBE
# (flags.mk).
#
#   JPEG=auto|turbo|stb    decoder of JPEG: libjpeg-turbo; tools/third_party/stb_image.h; auto: the first if it is found
#   HTTP=auto|microhttpd|none
#                          server of the live view: libmicrohttpd, if it is found; none: a program without live view
#   PKG_CONFIG=...         default: pkg-config, in a cross build that of CROSS
#   $(PARTS_FLAGS)         flags of the program's sources
#   $(PARTS_LIBS)          ends a command that links the program's objects

JPEG       ?= auto
PKG_CONFIG ?= $(CROSS)pkg-config

ifneq ($(JPEG),$(filter auto turbo stb,$(firstword $(JPEG))))
$(error JPEG=$(JPEG): expected auto, turbo or stb)
endif
ifneq ($(JPEG),stb)
# pkg-config may find a library for another machine, or no static one: a probe is linked.
TURBO := $(shell $(PKG_CONFIG) --cflags --libs libjpeg 2> /dev/null)
TURBO := $(if $(TURBO),$(shell $(PROBE) tools/package/turbo.c $(LDFLAGS) -o /dev/null $(TURBO) 2> /dev/null && echo $(TURBO)))
endif
ifeq ($(JPEG)$(TURBO),turbo)
$(error JPEG=turbo: $(PKG_CONFIG) and $(CC) find no libjpeg-turbo: expected its headers and library, such as Debian's libjpeg-dev)
endif

HTTP ?= auto

ifneq ($(HTTP),$(filter auto microhttpd none,$(firstword $(HTTP))))
$(error HTTP=$(HTTP): expected auto, microhttpd or none)
endif
ifneq ($(HTTP),none)
MICROHTTPD := $(shell $(PKG_CONFIG) --cflags --libs libmicrohttpd 2> /dev/null)
MICROHTTPD := $(if $(MICROHTTPD),$(shell $(PROBE) tools/package/microhttpd.c $(LDFLAGS) -o /dev/null $(MICROHTTPD) -lpthread \
                2> /dev/null && echo $(MICROHTTPD)))
endif
ifeq ($(HTTP)$(MICROHTTPD),microhttpd)
$(error HTTP=microhttpd: $(PKG_CONFIG) and $(CC) find no libmicrohttpd: expected its headers and library, such as Debian's libmicrohttpd-dev)
endif

PARTS_FLAGS = $(if $(TURBO),-DV5LITE_TURBO $(filter-out -l%,$(TURBO))) \
              $(if $(MICROHTTPD),-DV5LITE_MICROHTTPD $(filter-out -l%,$(MICROHTTPD))) $(POSIX_FLAGS)
PARTS_LIBS  = $(TURBO) $(MICROHTTPD) $(LIBS)

# ---- what changes every object ----

# Flags that only warn make no difference.
STAMP := $(strip $(filter-out -Werror,$(CC) $(FLAGS) $(LDFLAGS) $(LDLIBS) $(foreach s,$(SETS),$(ISA_$(s))) $(PARTS_FLAGS)))
ifneq ($(STAMP),$(shell cat $(BUILD)/flags 2> /dev/null))
.PHONY: $(BUILD)/flags
endif
$(BUILD)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(STAMP)) > $@
