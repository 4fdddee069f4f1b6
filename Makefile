# vfuscope: `make demo` to see it work, `make check` to test it, `make` to build.
# The build: sources by folder, one object folder a compiler setting (build/), no generated sources.

CC ?= cc
PKGS = libedit libcjson libpcap
VERSION = 0.1

BUILD ?= build
CSTD = -std=c11
WARN = -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
       -Wno-missing-field-initializers
CFLAGS ?= -O2 -g
WERROR ?=
CPPFLAGS_ALL = -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVFUSCOPE_VERSION='"$(VERSION)"' \
               $(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(CPPFLAGS)
CFLAGS_ALL = $(CSTD) $(WARN) $(WERROR) $(CFLAGS) -pthread -MMD -MP
LIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -pthread

SRC = $(wildcard decoder/*.c capture/*.c plugins/*.c cli/*.c)
OBJ = $(SRC:%.c=$(BUILD)/%.o)

all: $(BUILD)/vfuscope

$(BUILD)/vfuscope: $(OBJ)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $(OBJ) $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

clean:
	rm -rf $(BUILD)

-include $(OBJ:.o=.d)
.PHONY: all clean
