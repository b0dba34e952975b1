# lockstep: build, test, check. `make help` lists the targets.
#
#   SANITIZE=address,undefined   build and test in a folder of its own
#   COVERAGE=1 BUILD=...         count branches (make coverage)
#   CC=clang   WERROR=1   V=1 (show commands)   JOBS=N

VERSION := 0.1.0
SANITIZE ?=
WERROR ?= $(if $(CI),1)
JOBS ?= $(shell nproc)
ifeq ($(origin CC),default)
CC := gcc
endif

MAKEFLAGS += $(if $(filter 0,$(MAKELEVEL)),-j$(JOBS)) --no-print-directory -r
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.DEFAULT_GOAL := all
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '%-5s %s\n' '$(1)' '$(2)')
comma := ,

BUILD := build$(if $(SANITIZE),/san-$(subst $(comma),-,$(SANITIZE)))
PROGRAM := $(BUILD)/lockstep
GEN := $(BUILD)/gen
FARM := build/farm
export LOCKSTEP := $(CURDIR)/$(PROGRAM)
export BUILD CI V

# ---- what there is -------------------------------------------------------
# X_main.c is a build tool; every other .c belongs to the program.
SOURCES := $(sort $(shell find reconciler modules state -name '*.c' ! -name '*_main.c'))
HEADERS := $(sort $(shell find reconciler modules state tests -name '*.h'))
TOOL_SOURCES := $(sort $(shell find reconciler modules state -name '*_main.c'))
TEST_SOURCES := $(sort $(wildcard tests/unit/*_test.c))
TEST_LIB_SOURCES := $(sort $(wildcard tests/lib/*.c))
SIM_SOURCES := $(sort $(wildcard tests/sim/*.c))
WINDOWS_SOURCES := $(sort $(wildcard tests/windows/*.c))
FLEET_SOURCES := $(sort $(wildcard tests/fleet/*.c))
FAULT_SOURCES := $(sort $(wildcard tests/fault/*.c))
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/*.c))
C_SOURCES := $(SOURCES) $(TOOL_SOURCES) $(TEST_SOURCES) $(TEST_LIB_SOURCES) $(SIM_SOURCES) $(WINDOWS_SOURCES) $(FLEET_SOURCES) $(FAULT_SOURCES) $(FUZZ_SOURCES)

MODULE := modules/iis_app_pool
# What later files call when they are loaded comes first.
STAGE_ORDER := windows fence places http probe observe apply activate verify
STAGES := $(wildcard $(patsubst %,$(MODULE)/%.ps1,$(STAGE_ORDER)))
STRAY := $(filter-out $(STAGES),$(wildcard $(MODULE)/*.ps1))
$(if $(STRAY),$(error $(STRAY): put it into STAGE_ORDER in the Makefile))
POWERSHELL := reconciler/transport/powershell
SCHEMA := $(sort $(wildcard state/schema/[0-9]*.sql))
# Only what .NET compiles: scripts and configurations are used where they are.
FARM_FILES := tests/farm/build $(shell find tests/farm -type f \( -name '*.cs' -o -name '*proj' -o -name '*.props' -o -name '*.json' \) ! -path '*/bin/*' ! -path '*/obj/*' 2>/dev/null)

object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
MAIN_OBJECT := $(call object,$(filter reconciler/main.c,$(SOURCES)))
GEN_OBJECTS := $(BUILD)/obj/gen/script_embed.o $(BUILD)/obj/gen/schema_embed.o
OBJECTS := $(call object,$(filter-out reconciler/main.c,$(SOURCES))) $(GEN_OBJECTS)
TEST_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(TEST_SOURCES))
LIBRARY := $(BUILD)/lockstep.a
TEST_LIBRARY := $(if $(TEST_LIB_SOURCES),$(BUILD)/test.a)

# ---- flags ---------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wformat=2 -Wconversion -Wsign-conversion -Wvla -Wswitch-enum \
	-Wcast-qual -Wwrite-strings -Wundef -fno-common $(if $(WERROR),-Werror)
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
ifeq ($(shell $(CC) --version 2>/dev/null | grep -c clang),0)
WARNINGS += -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wnull-dereference
HARDENING += -ftrivial-auto-var-init=zero
endif
ifeq ($(shell uname -m),aarch64)
HARDENING := $(filter-out -fcf-protection,$(HARDENING)) -mbranch-protection=standard
endif
ifdef SANITIZE
OPTIMIZE := -O1 -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
else
OPTIMIZE := $(if $(COVERAGE),-O0 --coverage,-O2 -D_FORTIFY_SOURCE=3)
endif
CFLAGS ?= -g
LDFLAGS ?=
COMMON := -std=gnu17 -D_GNU_SOURCE -I. -I$(GEN) $(OPTIMIZE) $(HARDENING) \
	$(WARNINGS) $(CFLAGS)
LINK := $(if $(COVERAGE),--coverage )$(if $(SANITIZE),-fsanitize=$(SANITIZE)) -pie -pthread -Wl,-z,relro,-z,now $(LDFLAGS)

# ---- program -------------------------------------------------------------
all: $(PROGRAM)

# libs.mk: where the libraries are; libcsv has no .pc file. Making it installs
# what is missing.
ifeq ($(filter-out clean help,$(or $(MAKECMDGOALS),all)),)
else
-include $(BUILD)/libs.mk
endif
$(BUILD)/libs.mk: Makefile packaging/debian-packages.txt
	$(Q)packaging/install-packages build
	@mkdir -p $(@D)
	$(Q)libs="libssh2 libuv sqlite3 yaml-0.1 jansson libcrypto" && \
	cflags=$$(pkg-config --cflags $$libs) && ldlibs=$$(pkg-config --libs $$libs) && \
	printf 'LIB_CFLAGS := %s\nLIBS := %s -lcsv\n' "$$cflags" "$$ldlibs" >$@

# Everything is made again when flags, and relinked when the list of files,
# change.
define remember
@mkdir -p $(@D)
@printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' >$@
endef
$(BUILD)/flags: FORCE
	$(call remember,$(CC) $(COMMON) $(LIB_CFLAGS) $(LINK) $(LIBS) $(VERSION))
$(BUILD)/objects: FORCE
	$(call remember,$(OBJECTS))

VERSION_DEFINE := -DLOCKSTEP_VERSION='"$(VERSION)"'
$(BUILD)/obj/reconciler/main.o $(BUILD)/obj/reconciler/cmd/%.o: private VERSION_FLAG := $(VERSION_DEFINE)

define compile
$(call say,CC,$<)
@mkdir -p $(@D)
$(Q)$(CC) $(COMMON) $(LIB_CFLAGS) $(VERSION_FLAG) -MMD -MP -MT $@ -c $< -o $@
endef
$(BUILD)/obj/%.o: %.c $(BUILD)/flags Makefile
	$(compile)
$(BUILD)/obj/gen/%.o: $(GEN)/%.c $(BUILD)/flags Makefile
	$(compile)

define archive
$(call say,AR,$@)
@rm -f $@
$(Q)ar rcsP $@ $(filter %.o,$^)
endef
$(LIBRARY): $(OBJECTS) $(BUILD)/objects
	$(archive)
$(PROGRAM): $(MAIN_OBJECT) $(LIBRARY)
	$(call say,LINK,$@)
	$(Q)$(CC) $(COMMON) $(LINK) -o $@ $(MAIN_OBJECT) $(LIBRARY) $(LIBS)
objects: $(LIBRARY) $(MAIN_OBJECT)

# ---- generated -----------------------------------------------------------
EMBED := $(BUILD)/tools/embed
$(EMBED): $(call object,$(POWERSHELL)/embed_main.c $(MODULE)/fields.c)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(LINK) -o $@ $^ $(LIBS)

# embed leaves what is equal as it is, so its output may be older than its
# input: script.stamp says when it ran.
$(GEN)/script.stamp: $(EMBED) $(POWERSHELL)/prelude.ps1 $(STAGES) $(POWERSHELL)/stub.ps1
	$(call say,GEN,$(GEN)/script.ps1)
	@mkdir -p $(@D)
	$(Q)$(EMBED) $(GEN) $(filter-out $(EMBED),$^)
	@touch $@
$(GEN)/script_embed.c $(GEN)/script.ps1: $(GEN)/script.stamp ;

$(GEN)/schema_embed.c: state/schema/embed.sh $(SCHEMA) Makefile
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)sh state/schema/embed.sh $@ $(SCHEMA)

# What manifests/ says of kinds and fields; tests/unit/schema_test.c holds it current.
generate: $(PROGRAM)
	$(Q)$(PROGRAM) schema >manifests/schema.json
	$(Q)$(PROGRAM) schema readme >manifests/README.md

# ---- tests ---------------------------------------------------------------
ifneq ($(TEST_LIBRARY),)
$(TEST_LIBRARY): $(call object,$(TEST_LIB_SOURCES))
	$(archive)
endif
$(TEST_PROGRAMS): $(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(TEST_LIBRARY) $(LIBRARY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(LINK) -o $@ $(filter %.o,$^) $(TEST_LIBRARY) $(LIBRARY) $(LIBS) -lcmocka
unit-programs: $(TEST_PROGRAMS)
# The engine in a simulated farm.
SIM := $(BUILD)/tests/sim
$(SIM): $(call object,$(SIM_SOURCES)) $(LIBRARY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(LINK) -o $@ $^ $(LIBS)

# The engine under faults: SEEDS seeds from FIRST on. sim-same: two processes
# get the same hash of everything that happened, seed by seed.
SEEDS ?= 20000
FIRST ?= 1
sim: $(SIM)
	@$(SIM) $(SEEDS) $(FIRST)
sim-same: $(SIM)
	@$(SIM) --hash $(SEEDS) $(FIRST) >$(SIM).hash-1
	@$(SIM) --hash $(SEEDS) $(FIRST) >$(SIM).hash-2
	@same=$$(paste -d'|' $(SIM).hash-1 $(SIM).hash-2 | awk -F'|' '$$1 == $$2' | wc -l) && \
		all=$$(wc -l <$(SIM).hash-1) && echo "same seed, same hash: $$same of $$all" && \
		[ "$$same" = "$$all" ] && [ "$$all" -gt 0 ]
.PHONY: sim sim-same

# Each patch of tests/mutants breaks a rule: the simulator must notice.
sim-mutants:
	@tests/mutants/run
.PHONY: sim-mutants

# What zones and windows say, for an oracle to compare.
WINDOWS := $(BUILD)/tests/windows
$(WINDOWS): $(call object,$(WINDOWS_SOURCES)) $(LIBRARY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(LINK) -o $@ $^ $(LIBS)

# A fuzz target with what feeds it: the files of its corpus, or libFuzzer.
FUZZ_PROGRAMS := $(patsubst %_fuzz.c,$(BUILD)/%,$(filter %_fuzz.c,$(FUZZ_SOURCES)))
FUZZER ?=
FUZZ_FEED := $(if $(FUZZER),,$(BUILD)/obj/tests/fuzz/replay.o)
$(FUZZ_PROGRAMS): $(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%_fuzz.o $(BUILD)/obj/tests/fuzz/fuzz.o $(FUZZ_FEED) $(LIBRARY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(LINK) $(if $(FUZZER),-fsanitize=fuzzer) -o $@ $^ $(LIBS)
fuzz-programs: $(FUZZ_PROGRAMS)
fuzz: packages-check
	$(Q)$(MAKE) CC=clang SANITIZE=fuzzer-no-link,address,undefined FUZZER=1 BUILD=build/fuzz fuzz-programs
FUZZ_SECONDS ?= 5
fuzz-smoke: fuzz
	@tests/fuzz/run $(FUZZ_SECONDS)
.PHONY: fuzz fuzz-programs fuzz-smoke
# The program with short deadlines, for servers that let it wait.
QUICK := $(BUILD)/tests/lockstep-quick
QUICK_SOURCES := $(filter reconciler/engine/% reconciler/transport/transport.c,$(SOURCES))
QUICK_OBJECTS := $(patsubst %.c,$(BUILD)/quick/%.o,$(QUICK_SOURCES))
$(BUILD)/quick/%.o: %.c $(BUILD)/flags Makefile
	$(call say,CC,$< (quick))
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(LIB_CFLAGS) -DDEADLINES_QUICK -MMD -MP -MT $@ -c $< -o $@
# Its objects come first, so those of the library are not taken.
$(QUICK): $(MAIN_OBJECT) $(QUICK_OBJECTS) $(LIBRARY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(LINK) -o $@ $^ $(LIBS)

# Emulated servers in C, thousands in one process.
FLEET_OBJECTS := $(call object,$(FLEET_SOURCES))
FLEET := $(BUILD)/tests/fleet
$(FLEET_OBJECTS): | packages-test
$(FLEET): $(FLEET_OBJECTS) $(LIBRARY)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(COMMON) $(LINK) -o $@ $^ $(LIBS) -lssh
fleet: $(FLEET)

# What is loaded before the program to make the disk and the memory fail.
FAULTS := $(patsubst tests/fault/%.c,$(BUILD)/tests/fault-%.so,$(FAULT_SOURCES))
$(FAULTS): $(BUILD)/tests/fault-%.so: tests/fault/%.c $(BUILD)/flags Makefile
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE -I. -O2 $(WARNINGS) $(CFLAGS) -fPIC -shared -pthread -o $@ $<

# The emulated Windows servers; status 3 of its build = no .NET SDK.
$(FARM)/.stamp: $(FARM_FILES)
	$(call say,FARM,$(FARM))
	@mkdir -p $(@D)
	$(Q)tests/farm/build $(FARM)
	@touch $@
farm: $(FARM)/.stamp

packages-%:
	$(Q)packaging/install-packages build $*

test: $(PROGRAM) unit-programs $(SIM) $(WINDOWS) $(FLEET) $(FAULTS) $(FUZZ_PROGRAMS) $(QUICK) packages-test
	@tests/run unit sim windows fuzz golden badinput fleet fault powershell farm integration secrets
# What needs neither .NET nor a server.
UNIT_PARTS ?= unit sim windows fuzz golden badinput
test-unit: $(PROGRAM) unit-programs $(SIM) $(WINDOWS) $(FUZZ_PROGRAMS) $(QUICK) packages-test
	@tests/run $(UNIT_PARTS)
test-golden: $(PROGRAM)
	@tests/run golden
test-badinput: $(PROGRAM) $(QUICK) packages-test
	@tests/run badinput
# Branches of the pure parts that decide: engine, plan and windows.
coverage: packages-test
	$(Q)$(MAKE) COVERAGE=1 BUILD=build/cov build/cov/lockstep unit-programs build/cov/tests/sim build/cov/tests/lockstep-quick
	@tests/coverage/run build/cov
.PHONY: coverage
# Each case of bad input with the line that says what is wrong.
badinput-list:
	@tests/badinput/run --list
	@tests/badinput/servers/run --list
# The whole program against servers in C.
test-fleet: $(PROGRAM) $(FLEET) packages-test
	@tests/run fleet
# Kills, failing disks, missing memory, races: the whole program.
test-fault: $(PROGRAM) $(FLEET) $(FAULTS) packages-test
	@tests/run fault
# CPU a server and wall clock of 1,000 servers.
bench: $(PROGRAM) $(FLEET)
	@tests/fleet/bench 1000
test-integration: $(PROGRAM) $(FLEET) packages-test
	@tests/run farm integration
# Where the .NET SDK is missing, a program in C plays the servers.
ifneq ($(filter demo,$(MAKECMDGOALS)),)
DEMO_SERVERS := $(if $(shell dotnet --list-sdks 2>/dev/null | grep '^10\.'),farm,fleet)
endif
demo: $(PROGRAM) $(if $(filter farm,$(DEMO_SERVERS)),$(FARM)/.stamp,$(FLEET)) packages-test
	@DEMO_SERVERS=$(DEMO_SERVERS) tests/demo/run
# A whole plan and apply under memcheck.
valgrind: $(PROGRAM) $(FARM)/.stamp packages-test packages-nightly
	@tests/integration/valgrind
.PHONY: valgrind
nightly: packages-test packages-check $(SIM) $(WINDOWS) $(FLEET) $(FAULTS)
	$(Q)$(MAKE) WERROR=1 check
	$(Q)$(MAKE) test
	$(Q)$(MAKE) SANITIZE=address,undefined test
	$(Q)$(MAKE) CC=clang SANITIZE=address,undefined BUILD=build/san-clang test-unit
	$(Q)tests/windows/run --whole
	$(Q)$(SIM) 100000 1000000
	$(Q)$(MAKE) sim-mutants
	$(Q)tests/integration/run --farm
	$(Q)tests/integration/crashes 60
	$(Q)tests/integration/pools --check
	$(Q)tests/secrets/run --long
	$(Q)$(MAKE) valgrind
	$(Q)tests/fleet/run long_
	$(Q)tests/fault/run --long
	$(Q)tests/fleet/peers
	$(Q)$(MAKE) fuzz-smoke FUZZ_SECONDS=600
	$(Q)tests/badinput/servers/run --real

# ---- checks --------------------------------------------------------------
# Other objects than those of a plain build, because warnings are errors here.
CHECK_BUILD := $(if $(WERROR)$(SANITIZE),$(BUILD),build/check)
CHECKED := $(C_SOURCES) $(HEADERS)
TIDIED := $(patsubst %.c,build/tidy/%.ok,$(C_SOURCES))
SECOND := $(patsubst %.c,build/clang/%.ok,$(C_SOURCES))
SCRIPTS := $(shell grep -rlE '^\#!/bin/(ba|da)?sh' --include='*' packaging .ci tests state 2>/dev/null | grep -v -e /obj/ -e /bin/)

check: lint lint-powershell format-check tidy cppcheck clang shellcheck
lint: packages-check
	$(Q)$(MAKE) WERROR=1 BUILD=$(CHECK_BUILD) objects
	@BUILD=$(CHECK_BUILD) tests/lint/run
# Over the syntax tree, so it needs .NET and says so where that is missing.
lint-powershell:
	$(call say,CHECK,PowerShell)
	@mkdir -p build
	$(Q)tests/lint/powershell/run >build/lint-powershell.log || { cat build/lint-powershell.log; exit 1; }
	@grep SKIPPED build/lint-powershell.log || true
format-check: packages-check
	$(call say,CHECK,format)
	$(Q)clang-format-14 --dry-run -Werror $(CHECKED)
format:
	$(Q)clang-format-14 -i $(CHECKED)
tidy: $(TIDIED)
# One file a process: two in one gave false findings. Headers have no list of
# users here, so a change of one checks all again. Padding: members stand in
# the order in which they are read; sizeof-expression takes each array of
# pointers for a mistake.
build/tidy/%.ok: %.c .clang-tidy $(HEADERS) | packages-check
	$(call say,TIDY,$<)
	@mkdir -p $(@D)
	$(Q)clang-tidy-14 --quiet --checks=-clang-analyzer-optin.performance.Padding,-bugprone-sizeof-expression $< -- -std=gnu17 -D_GNU_SOURCE -I. $(VERSION_DEFINE) $(LIB_CFLAGS) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@
# The second compiler, for its warnings.
clang: $(SECOND)
build/clang/%.ok: %.c $(HEADERS) Makefile | packages-check
	$(call say,CLANG,$<)
	@mkdir -p $(@D)
	$(Q)clang -std=gnu17 -D_GNU_SOURCE -I. $(VERSION_DEFINE) $(LIB_CFLAGS) $(filter-out -Wlogical-op -Wduplicated-% -Wnull-dereference,$(WARNINGS)) -Werror -fsyntax-only $<
	@touch $@
cppcheck: packages-check
	$(call say,CHECK,cppcheck)
	@mkdir -p build/cppcheck
	$(Q)cppcheck --quiet --std=c11 --enable=warning,style,performance,portability \
		--inline-suppr --error-exitcode=1 --suppressions-list=tests/lint/cppcheck.suppress \
		--cppcheck-build-dir=build/cppcheck -j $(JOBS) -D_GNU_SOURCE -I. $(SOURCES) $(TOOL_SOURCES)
shellcheck: packages-check
	$(call say,CHECK,shellcheck)
	$(Q)shellcheck -x $(SCRIPTS)

compile_commands.json:
	bear -- $(MAKE) -B objects unit-programs
clean:
	rm -rf build
help:
	@echo 'all (build/lockstep)  demo  test  test-unit  test-golden  test-badinput  test-fleet  test-fault  test-integration  sim  sim-same  sim-mutants  bench  badinput-list  farm  fleet  fuzz  valgrind'
	@echo 'check (lint lint-powershell format-check tidy clang cppcheck shellcheck)  format  generate  nightly  clean'

-include $(patsubst %.o,%.d,$(call object,$(C_SOURCES)) $(GEN_OBJECTS) $(QUICK_OBJECTS))
FORCE:
.PHONY: FORCE all generate objects unit-programs farm test test-unit test-golden test-badinput badinput-list test-fleet test-fault fleet bench test-integration demo nightly \
	check lint lint-powershell format-check format tidy clang cppcheck shellcheck clean help
