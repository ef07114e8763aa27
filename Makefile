# make            builds build/responder
# make help       lists the rest
#
# MODE=asan|tsan|fuzz builds the same into build/MODE with sanitizers.

MODE ?= plain
VERSION := 0.1.0
BUILD := build/$(MODE)
GEN := build/gen

CC := gcc
CXX := g++
OPT := -O2 -g
ifeq ($(MODE),asan)
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
ifeq ($(MODE),tsan)
OPT := -O1 -g -fsanitize=thread
endif
ifeq ($(MODE),fuzz)
CC := clang
CXX := clang++
OPT := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
endif

PACKAGES := glib-2.0 libmicrohttpd libcurl libpcre2-8 sqlite3 libcrypto jansson icu-uc icu-i18n libcyaml yaml-0.1
WARN := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef \
	-Wcast-qual -Wconversion -Wno-sign-conversion
CPPFLAGS := -D_GNU_SOURCE -I. -DVERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PACKAGES))
HARDEN := -fstack-protector-strong -fPIE
CFLAGS := -std=gnu17 $(OPT) $(HARDEN) $(WARN) -Wstrict-prototypes -Wmissing-prototypes
CXXFLAGS := -std=c++17 $(OPT) $(HARDEN) -Wall -Wextra -Werror
LDFLAGS := $(filter -fsanitize=%,$(OPT)) -pie -Wl,-z,relro,-z,now -Wl,--as-needed
LDLIBS := $(shell pkg-config --libs $(PACKAGES)) -lphonenumber -lctemplate -lcsv -lcrypt -lstdc++ \
	-lpthread -lm

SOURCES := $(sort $(shell find responder keywords db -name node_modules -prune -o -name '*.c' -print \
	-o -name '*.cc' -print))
OBJECTS := $(patsubst %,$(BUILD)/%.o,$(filter-out responder/main.c,$(SOURCES))) $(BUILD)/gen/q.o
LIB := $(BUILD)/libresponder.a
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
TOOLS := $(patsubst tests/%.c,$(BUILD)/tools/%,$(wildcard tests/*/*_main.c))
ASSETS := responder/web/node_modules/.package-lock.json

ifeq ($(MODE),plain)
PROGRAM := build/responder
else
PROGRAM := $(BUILD)/responder.bin
endif

.PHONY: link-with all check check-all lint fmt asan tsan fuzz bench demo tour install help units tools clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAM)

units: $(UNITS)

tools: $(TOOLS)

$(PROGRAM): $(BUILD)/responder/main.c.o $(LIB)
	@echo "  link $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Made anew each time, so that a deleted source leaves no member behind.
$(LIB): $(OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(GEN)/q.c $(GEN)/q.h &: $(wildcard db/sql/*.sql db/migrations/*.sql) scripts/sqlgen
	@scripts/sqlgen $(GEN)
	@touch $(GEN)/q.c $(GEN)/q.h

$(ASSETS): responder/web/package-lock.json
	cd responder/web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILD)/responder/web/assets.c.o: $(ASSETS) $(wildcard responder/web/pages/* responder/web/static/*)
$(BUILD)/keywords/packs.c.o: $(wildcard keywords/rules/*.rules)

$(BUILD)/%.c.o: %.c | $(GEN)/q.h
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.cc.o: %.cc | $(GEN)/q.h
	@mkdir -p $(@D)
	@echo "  c++ $<"
	@$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/gen/q.o: $(GEN)/q.c $(GEN)/q.h
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# A test may include the .c file it tests, so it needs that file's freedom about prototypes.
$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  test $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-missing-prototypes -Wno-cast-qual -MMD -MP -o $@ $< $(LIB) \
		$(LDFLAGS) $(LDLIBS) -lcmocka

$(BUILD)/tools/%: tests/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  tool $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(LIB) $(LDFLAGS) $(LDLIBS)

# For tests/bench: the program with one object of it changed.
link-with: $(BUILD)/responder/main.c.o $(LIB)
	@$(CC) $(LDFLAGS) -o $(OUT) $(BUILD)/responder/main.c.o $(OBJECT) $(LIB) $(LDLIBS)

build/fuzz/bin/%: tests/fuzz/%.c build/fuzz/libresponder.a
	@mkdir -p $(@D)
	clang $(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer -Wno-missing-prototypes -o $@ $< \
		build/fuzz/libresponder.a $(LDFLAGS) $(LDLIBS)

-include $(shell find build -name '*.d' 2>/dev/null)

## Working on it

check: ## the quick tests: everything that needs no browser and no npm
	scripts/test --quick

check-all: ## the normal tests and the slow proofs
	scripts/test --all

lint: $(PROGRAM) ## include levels, names, sizes, formatting, statements
	scripts/lint

fmt: ## clang-format over the tree
	clang-format -i $(shell git ls-files '*.c' '*.h' '*.cc')

asan tsan: ## the unit tests under a sanitizer
	$(MAKE) MODE=$@ units tools
	scripts/units build/$@

fuzz: ## ten minutes of fuzzing (SECONDS_EACH=600)
	scripts/fuzz $(or $(SECONDS_EACH),600)

bench: ## the speed ratios of shared/speed.md, in one run
	tests/bench/run

demo: all ## a practice to play with, in the browser
	build/responder demo

tour: ## the reading order for a stranger
	@scripts/tour

install: all ## into PREFIX (default /usr/local)
	install -D -m 755 build/responder $(DESTDIR)$(or $(PREFIX),/usr/local)/bin/responder
	install -D -m 644 scripts/responder.service $(DESTDIR)/lib/systemd/system/responder.service
	install -D -m 644 scripts/responder.example.yaml \
		$(DESTDIR)$(or $(PREFIX),/usr/local)/share/doc/responder/responder.example.yaml
	@mkdir -p $(DESTDIR)$(or $(PREFIX),/usr/local)/share/man/man1
	scdoc < scripts/responder.1.scd > $(DESTDIR)$(or $(PREFIX),/usr/local)/share/man/man1/responder.1

clean:
	rm -rf build

help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z -]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
