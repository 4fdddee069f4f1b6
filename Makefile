# vfuscope: `make demo` to see it work, `make check` to test it, `make` to build.
#
# The build: sources by folder, objects in BUILD, one BUILD folder a compiler setting (build, build-asan, build-clang,
# build-fuzz). `make` never installs anything; demo and check install the Debian packages that are missing when run as
# root or where sudo asks no password (tests/packages).

CC ?= cc
PKGS = libedit libcjson libpcap libzstd zlib $(if $(BPF),libbpf) $(if $(SECCOMP),libseccomp) $(if $(EXPAT),expat)
# attach's method bpf, where libbpf is and a clang that compiles for BPF; BPF= builds without.
BPF_CLANG ?= clang
BPF := $(shell pkg-config --exists libbpf 2>/dev/null && \
         echo 'int x;' | $(BPF_CLANG) -target bpf -c -x c -o /dev/null - 2>/dev/null && echo yes)
# The filter of system calls of the plugins' process, where libseccomp is; SECCOMP= builds without.
SECCOMP := $(shell pkg-config --exists libseccomp 2>/dev/null && echo yes)
# What reads register maps of vendors (CMSIS-SVD), where it is; EXPAT= builds without.
EXPAT := $(shell pkg-config --exists expat 2>/dev/null && echo yes)
# What the plots of reports are drawn by, where it is; DYGRAPHS= builds without.
DYGRAPHS := $(wildcard /usr/share/javascript/dygraphs/dygraph.min.js)
# What is built without, and the Debian packages that bring it: make ends with it, and --version says it. Strings of C.
LEFT_OUT = $(if $(BPF),,"attach --method bpf (clang libbpf-dev)"$(comma)) \
           $(if $(SECCOMP),,"keeping plugins from files (libseccomp-dev)"$(comma)) \
           $(if $(EXPAT),,"register maps in SVD (libexpat1-dev)"$(comma)) \
           $(if $(DYGRAPHS),,"the plots of reports (libjs-dygraphs)"$(comma))
comma = ,
VERSION = 0.1

prefix ?= /usr/local
bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
includedir ?= $(prefix)/include
plugindir ?= $(prefix)/lib/vfuscope
datadir ?= $(prefix)/share
INSTALL ?= install

BUILD ?= build
JOBS ?= 2
CSTD = -std=c11
WARN = -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
       -Wno-missing-field-initializers
CFLAGS ?= -O2 -g
WERROR ?=
SANITIZE ?=
CPPFLAGS_ALL = -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVFUSCOPE_VERSION='"$(VERSION)"' \
               -DVFUSCOPE_PLUGIN_DIR='"$(plugindir)"' $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL = $(CSTD) $(WARN) $(WERROR) $(CFLAGS) $(SANITIZE) -pthread
LINK = $(CC) $(CFLAGS_ALL) $(LDFLAGS)
# Under a sanitizer a program stands at a fixed place: UBSan's records are 200,000 relocations, two fifths of a short run.
PROGRAM = $(LINK)$(if $(SANITIZE), -no-pie)
LIBS = $(PKG_LIBS) -pthread -lm -ldl

# Only what compiles needs to ask pkg-config. ncurses, which libedit-dev brings, defines nothing that _GNU_SOURCE does not.
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) ncursesw 2>/dev/null)

# Folders as deep as the tree goes; of plugins/ those two, the others are plugins.
SRC = $(filter-out $(WITHOUT),$(foreach depth,* */* */*/* */*/*/*,$(wildcard $(WINGS:%=%/$(depth).c))))
WINGS = decoder capture plugins/host plugins/devices plugins/maps cli
ATTACH = capture/attach
WITHOUT = $(ATTACH)/attach.bpf.c $(if $(EXPAT),plugins/maps/nosvd.c,$(wildcard plugins/maps/svd*.c)) \
          $(if $(BPF),$(ATTACH)/nobpf.c,$(ATTACH)/bpf.c $(ATTACH)/bpfload.c)
OBJ = $(SRC:%.c=$(BUILD)/%.o)
LIB = $(BUILD)/libvfuscope.a
TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/c/*.c))
TOOLS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c))
FUZZERS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*.c))
# A plugin is what is in a folder of plugins/, but for those that are the program's and Wireshark's; those of the tests
# are one file each.
PLUGIN_DIRS = $(filter-out $(addprefix plugins/,host/ devices/ maps/ wireshark/),$(wildcard plugins/*/))
PLUGINS = $(PLUGIN_DIRS:plugins/%/=$(BUILD)/plugins/%.so)
PLUGIN_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(PLUGIN_DIRS:%=%*.c)))
TEST_PLUGINS = $(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/plugins/*.c))
MAN = $(wildcard man/*.[1-9])

all: $(BUILD)/vfuscope $(PLUGINS) $(BUILD)/plugins/wireshark/vfio_user.lua $(BUILD)/completion/vfuscope.bash \
     $(BUILD)/completion/_vfuscope
	@$(SAY_LEFT_OUT)
left-out:
	@$(SAY_LEFT_OUT)
SAY_LEFT_OUT = for what in $(subst "$(comma),",$(LEFT_OUT)); do echo "left out: $$what"; done
$(BUILD)/cli/main.o: private CPPFLAGS_ALL += -DVFUSCOPE_LEFT_OUT='$(strip $(LEFT_OUT))'
programs: all tools $(TESTS)
tools: $(TOOLS) $(TEST_PLUGINS)
fuzzers: $(FUZZERS)

# V=1 shows the commands.
Q = $(if $(V),,@)
quiet = $(if $(V),,@echo '  $(1) $(subst $(BUILD)/,,$@)')

# ./vfuscope, for the person at the prompt
$(BUILD)/vfuscope: $(OBJ) $(BUILD)/objects
	$(call quiet,LINK)
	$(Q)$(PROGRAM) -o $@ $(OBJ) $(LIBS)
	@[ '$(BUILD)' != build ] || ln -sf build/vfuscope vfuscope

# Everything but main: what the tests link with.
$(LIB): $(OBJ) $(BUILD)/objects
	@rm -f $@
	@$(AR) qcs $@ $(filter-out $(BUILD)/cli/main.o,$(OBJ))

$(TESTS) $(TOOLS): %: %.o $(LIB)
	$(call quiet,LINK)
	$(Q)$(PROGRAM) -o $@ $< $(LIB) $(LIBS)

$(FUZZERS): %: %.o $(LIB)
	$(call quiet,LINK)
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $< $(LIB) $(LIBS)

$(BUILD)/cli/output/maps.o: private CPPFLAGS_ALL += -DVFUSCOPE_REGISTERS_DIR='"$(datadir)/vfuscope/registers"'
$(BUILD)/tests/c/maps.o: private CPPFLAGS_ALL += $(if $(EXPAT),-DHAVE_EXPAT)
$(BUILD)/plugins/host/process/confine.o: private CPPFLAGS_ALL += $(if $(SECCOMP),-DHAVE_SECCOMP)
$(BUILD)/cli/version.o: private CPPFLAGS_ALL += $(if $(SECCOMP),-DHAVE_SECCOMP) $(if $(BPF),-DHAVE_BPF)
$(BUILD)/%.o: %.c $(BUILD)/settings
	@mkdir -p $(@D)
	$(call quiet,CC)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

define plugin
$(BUILD)/plugins/$(1).so: $(patsubst %.c,$(BUILD)/%.o,$(wildcard plugins/$(1)/*.c))
	$$(call quiet,LINK)
	$$(Q)$$(LINK) -shared -o $$@ $$^
endef
$(foreach name,$(PLUGINS:$(BUILD)/plugins/%.so=%),$(eval $(call plugin,$(name))))
$(PLUGIN_OBJ) $(TEST_PLUGINS:.so=.o): CFLAGS_ALL += -fPIC -fvisibility=hidden
$(TEST_PLUGINS): %.so: %.o
	$(call quiet,LINK)
	$(Q)$(LINK) -shared -o $@ $<

# The program that goes into the kernel; it stands in ours.
BPF_OBJECT = $(BUILD)/$(ATTACH)/attach.bpf.o
BPF_ARCH = $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(shell uname -m)))
BPF_FLAGS = -I. -target bpf -g -O2 -Wall -Wextra $(WERROR) -D__TARGET_ARCH_$(BPF_ARCH) \
            -idirafter /usr/include/$(shell uname -m)-linux-gnu
$(BPF_OBJECT): $(ATTACH)/attach.bpf.c $(ATTACH)/record.h $(ATTACH)/calls.h $(BUILD)/settings
	@mkdir -p $(@D)
	$(call quiet,BPF)
	$(Q)$(BPF_CLANG) $(BPF_FLAGS) -c -o $@ $<
$(BUILD)/$(ATTACH)/bpfload.o: private CPPFLAGS_ALL += -DVFUSCOPE_BPF_OBJECT='"$(BPF_OBJECT)"'
$(BUILD)/$(ATTACH)/bpfload.o: $(BPF_OBJECT)

# Objects made with other settings are made anew, programs made of other objects linked anew. Says which packages are
# missing before the compiler stumbles.
SETTINGS = $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS)$(if $(strip $(LEFT_OUT)), # without $(strip $(LEFT_OUT)))
quoted = '$(subst ','\'',$(1))'
$(BUILD)/settings: FORCE
	@CC='$(CC)' tests/packages check build
	@mkdir -p $(@D)
	@echo $(call quoted,$(SETTINGS)) | cmp -s - $@ || echo $(call quoted,$(SETTINGS)) > $@
$(BUILD)/objects: $(BUILD)/settings FORCE
	@echo $(call quoted,$(OBJ)) | cmp -s - $@ || echo $(call quoted,$(OBJ)) > $@

include plugins/wireshark/build.mk cli/build.mk cli/report/build.mk man/build.mk

install: all install-wireshark install-completion
	$(INSTALL) -d '$(DESTDIR)$(bindir)'
	$(INSTALL) -m 755 $(BUILD)/vfuscope '$(DESTDIR)$(bindir)/vfuscope'
	$(INSTALL) -d '$(DESTDIR)$(plugindir)' '$(DESTDIR)$(includedir)/vfuscope'
	$(INSTALL) -m 755 $(PLUGINS) '$(DESTDIR)$(plugindir)/'
	$(INSTALL) -m 644 plugins/plugin.h '$(DESTDIR)$(includedir)/vfuscope/'
	$(INSTALL) -d '$(DESTDIR)$(datadir)/vfuscope/registers'
	$(INSTALL) -m 644 plugins/maps/*.json '$(DESTDIR)$(datadir)/vfuscope/registers/'
	$(INSTALL) -m 644 plugins/maps/schema/registers.schema.json '$(DESTDIR)$(datadir)/vfuscope/'
	$(INSTALL) -m 644 tests/lib/vfuscope.bash '$(DESTDIR)$(datadir)/vfuscope/vfuscope.bash'
	@set -e; for page in $(MAN); do \
	    dir='$(DESTDIR)$(mandir)'/man$${page##*.}; \
	    $(INSTALL) -d "$$dir"; \
	    echo "$(INSTALL) -m 644 $$page $$dir/"; \
	    $(INSTALL) -m 644 "$$page" "$$dir/"; \
	done

# What install puts somewhere, by installing it elsewhere: the files, and the folders that are ours alone; not a profile that
# somebody changed.
uninstall: all
	@staged=$$(mktemp -d) && trap 'rm -rf "$$staged"' EXIT && \
	$(SUBMAKE) -o all install DESTDIR="$$staged" > /dev/null && \
	{ find "$$staged" ! -type d; find "$$staged" -depth -type d \( -name 'vf[iu]*' -o -path '*/vfuscope/registers' \); } | while read -r ours; do \
	    path='$(DESTDIR)'$${ours#"$$staged"}; \
	    if [ -d "$$path" ]; then rmdir --ignore-fail-on-non-empty "$$path"; \
	    elif [ ! -e "$$path" ]; then :; \
	    elif [ "$${path#*/profiles/}" = "$$path" ] || cmp -s "$$ours" "$$path"; then rm -v "$$path"; \
	    else echo "kept, since it was changed: $$path"; fi \
	done

SUBMAKE = $(MAKE) --no-print-directory
ASAN = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# The whole test suite, once as built for use and once under ASan and UBSan; ends with `N passed, N failed`.
check:
	@tests/packages install build test bpf
	@$(SUBMAKE) -j$(JOBS) BUILD=$(BUILD) programs
	@$(SUBMAKE) -j$(JOBS) BUILD=$(BUILD)-asan SANITIZE='$(ASAN)' programs
	@tests/check $(BUILD) $(BUILD)-asan

# Only the fast half of it, while working: no sanitizers; ONLY=tap runs the suites whose names begin so.
check-quick: programs
	@tests/check $(BUILD)

# Everything compiles without a warning under both compilers.
check-werror check-gcc check-clang:
	@tests/packages install build $(if $(filter %-clang,$@),clang)
	@$(SUBMAKE) -j$(JOBS) CC=$(if $(filter %-clang,$@),clang,gcc) WERROR=-Werror \
	    BUILD=$(BUILD)-$(if $(filter %-clang,$@),clang,gcc) programs

# Those that look further find nothing: clang's -Wconditional-uninitialized, gcc's -fanalyzer, cppcheck.
check-static:
	@tests/packages install build bpf clang static
	@BUILD=$(BUILD) JOBS=$(JOBS) tests/static

demo:
	@tests/packages install build demo
	@$(SUBMAKE) -j$(JOBS) all
	@BUILD=$(BUILD) tests/demo

bench:
	@tests/packages install build bench bpf
	@$(SUBMAKE) -j$(JOBS) programs
	@BUILD=$(BUILD) tests/bench

FUZZ_TIME ?= 60
fuzz:
	@tests/packages install build clang
	@$(SUBMAKE) -j$(JOBS) BUILD=$(BUILD)-fuzz CC=clang \
	    SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' fuzzers $(BUILD)-fuzz/tests/c/messages
	@BUILD=$(BUILD)-fuzz FUZZ_TIME=$(FUZZ_TIME) tests/fuzz/run

mutants:
	@tests/packages install build test bpf
	@BUILD=$(BUILD)-mutants tests/mutants/run

# Lines broken at random; MUTANTS='--count 60 decoder/filter': how many, and where.
mutants-random:
	@tests/packages install build test bpf
	@BUILD=$(BUILD)-mutants tests/mutants/random $(MUTANTS)

# A real VMM: RIG is a folder made by the QEMU rig's set-up script.
check-qemu: all
	@test -n '$(RIG)' || { echo 'check-qemu: name the rig: make check-qemu RIG=DIR' >&2; exit 2; }
	@BUILD=$(BUILD) RIG='$(RIG)' tests/qemu-check

help:
	@echo 'make               build $(BUILD)/vfuscope (installs nothing)'
	@echo 'make demo          two minutes of it: a device, the tap, the shell, a capture'
	@echo 'make check         every test, also under ASan and UBSan; check-quick: without those; ONLY=tap: those suites'
	@echo 'make check-werror  compile with gcc, warnings as errors; check-clang: with clang'
	@echo 'make check-static  what cppcheck and the compilers that look further find'
	@echo 'make check-qemu RIG=DIR   boot a guest through the tap'
	@echo 'make bench         measure; make fuzz: run the fuzzers; make mutants: test the tests'
	@echo 'make mutants-random MUTANTS="--count 60 decoder"   break lines there at random: who notices?'
	@echo 'make install       honours prefix and DESTDIR; make install-user: for one person, without root'
	@echo 'make uninstall     removes it again, with the same prefix and DESTDIR; uninstall-user: likewise'

clean:
	rm -rf vfuscope $(BUILD) $(BUILD)-asan $(BUILD)-gcc $(BUILD)-clang $(BUILD)-fuzz $(BUILD)-mutants \
	    $(BUILD)-analyzer $(BUILD)-uninitialized

-include $(OBJ:.o=.d) $(PLUGIN_OBJ:.o=.d) $(TEST_PLUGINS:.so=.d) $(TESTS:=.d) $(TOOLS:=.d) $(FUZZERS:=.d)
.SECONDARY:
FORCE:
.PHONY: all left-out programs tools fuzzers install uninstall check check-quick check-werror check-gcc check-clang \
        check-static demo bench fuzz mutants mutants-random check-qemu help clean FORCE
