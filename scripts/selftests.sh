#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the user-space tests for ARCH into a folder, with the names of those
# that FLAVOR is to pass in its file "list": selftests.sh [--pfnmap] DIR

. "$(dirname "$0")/env.sh"

tests=$SRC/tools/testing/selftests

if [ "$1" = --pfnmap ]; then
	# One program of a folder whose others want libraries.
	mkdir -p "$2"
	cd "$tests/mm"
	clang --target="$TARGET" -fuse-ld=lld -static -O2 -Wall -D_GNU_SOURCE= -I"$tests" \
		-I"$tests/kselftest" -I"$SRC/tools/include/uapi" \
		-o "$2/pfnmap" pfnmap.c vm_util.c hugepage_settings.c
	exit
fi

case $FLAVOR in
rust) list='$(RUST_PROGS) $(TEST_GEN_PROGS)' ;;
debug) list='$(RUST_PROGS) $(FAULT_PROGS) $(TEST_GEN_PROGS)' ;;
c) list='$(TEST_GEN_PROGS)' ;;
stock)
	list='binder binder_mmap'
	# They are not there, but in the tree with the overlay.
	export FLAVOR=rust
	"$TOP/scripts/setup.sh"
	"$TOP/scripts/apply.sh"
	tests=$BUILD/linux/tools/testing/selftests
	;;
esac

selftest_make()
{
	make -s -C "$tests/mmap_prepare" OUTPUT="$BUILD/selftests-$ARCH" ARCH="$KARCH" LLVM=1 \
		USERCFLAGS=-Werror "$@"
}
mkdir -p "$BUILD/selftests-$ARCH"
selftest_make all
selftest_make INSTALL_PATH="$1" install
selftest_make --eval="list: ; @printf '%s\n' \$(notdir $list)" list >"$1/list"
