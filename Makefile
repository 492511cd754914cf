# SPDX-License-Identifier: GPL-2.0
#
# The developer's commands; `make help` lists them.

export ARCH ?= x86_64
export FLAVOR ?= rust
export BUILD ?= $(CURDIR)/build
export KDIR JOBS MEM SMP APPEND ICOUNT DRIVE TIMEOUT ROOT

.PHONY: help setup apply series build run shell boot boot-run test test-stock kunit bench bench-boot style info clean

help:
	@echo 'make run      boots the Rust memory devices and shows each one at work'
	@echo 'make test     builds and boots all that the tests need, ends with "N passed, N failed"'
	@echo 'make test-stock  boots Linux without the overlay: its Rust Binder passes the tests of ours'
	@echo
	@echo 'make setup    installs the tools, fetches the kernel source'
	@echo 'make apply    puts the overlay on a tree: KDIR=~/linux, or our own'
	@echo 'make series   writes the overlay as mails for git am: KDIR=~/linux, or our own'
	@echo 'make build    builds the kernel of ARCH and FLAVOR'
	@echo 'make shell    a prompt in the booted system'
	@echo "make boot     runs PROG='./static-binary args...', or ROOT=dir CMD='...', in the kernel"
	@echo 'make kunit    the KUnit suites of mm and fs, and the doctests, by kunit.py'
	@echo 'make bench    instructions per operation, C and Rust'
	@echo 'make bench-boot  instructions of a boot with all code instrumented, C and Rust kcov'
	@echo 'make style    rustfmt, checkpatch, rustdoc, sphinx (clippy: make build FLAVOR=debug)'
	@echo 'make info     NAME=value lines: trees, folders, tool versions'
	@echo 'make clean    removes the build folder'
	@echo
	@echo 'ARCH=x86_64|arm64  FLAVOR=rust|c|debug  KDIR=kernel tree  BUILD=folder'
	@echo 'boot: MEM=MiB SMP=n APPEND=command-line ICOUNT=1 DRIVE=file TIMEOUT=seconds'

setup:
	@scripts/setup.sh

apply:
	@scripts/apply.sh

series:
	@scripts/series.sh

build:
	@scripts/kernel.sh

run:
	@scripts/run.sh

shell:
	@scripts/shell.sh

# Whatever fails, make exits with 2. The status of the program is handed on by
# a function that make loads.
ifeq ($(MAKECMDGOALS),boot)
-load $(BUILD)/make_exit.so
$(BUILD)/make_exit.so: scripts/boot/make_exit.c
	@mkdir -p $(BUILD)
	@cc -shared -fPIC -O2 -Wall -o $@ $<
endif

boot: boot-run
	$(exit $(file < $(BUILD)/boot.status))

boot-run:
	@scripts/kernel.sh >&2
	@status=0; \
	if [ -n "$(ROOT)" ]; then scripts/boot.sh /bin/sh -c "$$CMD" || status=$$?; \
	else scripts/boot.sh $(PROG) || status=$$?; fi; \
	echo $$status >$(BUILD)/boot.status

export CMD

# Both architectures, unless one is asked for.
test:
	@$(if $(filter command environment,$(origin ARCH)),ARCHES=$(ARCH)) scripts/test.sh

test-stock:
	@ARCHES=$(ARCH) FLAVORS=stock scripts/test.sh

kunit:
	@scripts/kunit.sh

bench:
	@scripts/bench.sh

bench-boot:
	@scripts/bench_boot.sh

style:
	@scripts/style.sh

info:
	@scripts/info.sh

clean:
	rm -rf $(BUILD)
