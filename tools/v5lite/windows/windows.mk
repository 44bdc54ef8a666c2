# SPDX-License-Identifier: MIT
# Included by the Makefile: the program for Windows, by mingw-w64 (CROSS=x86_64-w64-mingw32-), without watch. This folder gives it
# the POSIX that it uses.

WINDOWS := $(filter %-mingw32,$(TARGET))
MINGW   := x86_64-w64-mingw32

ifneq ($(WINDOWS),)
EXE         := .exe
WINDOWS_C   := $(filter-out %/cmd_watch.c,$(wildcard tools/v5lite/*.c)) $(wildcard tools/v5lite/windows/*.c)
POSIX_FLAGS := -Itools/v5lite/windows -include tools/v5lite/windows/posix.h
# Windows 8 or later. Threads by winpthreads, which is linked as all else: the program is one file.
NEEDED      += -D_WIN32_WINNT=0x0602 -DV5L_THREADS -D__USE_MINGW_ANSI_STDIO=1
LDFLAGS     += -static
LIBS         = $(LDLIBS) -lm -lpthread
endif

$(BUILD)/tools/v5lite/main.o: private NEEDED += $(if $(WINDOWS),-DV5LITE_PROGRAM)
