#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the user-space tests for ARCH into a folder, with the names of those
# that FLAVOR is to pass in its file "list": selftests.sh [--pfnmap] DIR

. "$(dirname "$0")/env.sh"

tests=$SRC/tools/testing/selftests
objects=$BUILD/selftests-$ARCH
mkdir -p "$objects"
make -s -C "$SRC" O="$OUT" ARCH="$KARCH" LLVM=1 "CC=ccache clang" headers

if [ "$1" = --pfnmap ]; then
	# One program of a folder whose others want libraries.
	mkdir -p "$2"
	clang --target="$TARGET" -fuse-ld=lld -static -O2 -D_GNU_SOURCE= \
		-I"$tests" -I"$tests/kselftest" -I"$SRC/tools/include/uapi" \
		-isystem "$OUT/usr/include" -o "$2/pfnmap" "$tests/mm/pfnmap.c"
	exit
fi

list='$(notdir $(TEST_GEN_PROGS))'
[ "$FLAVOR" = c ] || list='$(RUST_PROGS) '$list
selftest_make()
{
	make -s -C "$tests/mmap_prepare" OUTPUT="$objects" ARCH="$KARCH" LLVM=1 \
		"KHDR_INCLUDES=-isystem $OUT/usr/include" "$@"
}
selftest_make all
selftest_make INSTALL_PATH="$1" install
selftest_make --eval="list: ; @printf '%s\n' $list" list >"$1/list"
