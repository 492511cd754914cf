#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Guest instructions per operation, the C and the Rust drivers in one run.
# Under icount a nanosecond of guest time is an instruction, so the figures are
# the same in every run. The table goes to stdout, the rows to $BENCH_JSON.

. "$(dirname "$0")/env.sh"

for flavor in c rust; do
	FLAVOR=$flavor "$TOP/scripts/kernel.sh" >&2
done
"$TOP/scripts/selftests.sh" "$BUILD/bench-$ARCH" >&2
for flavor in c rust; do
	say "measuring $ARCH-$flavor" >&2
	FLAVOR=$flavor ICOUNT=1 LOG=$BUILD/bench-$ARCH-$flavor.log \
		"$TOP/scripts/boot.sh" "$BUILD/bench-$ARCH/bench" >"$BUILD/bench-$ARCH-$flavor.out" 2>&1 ||
		{ tail -n 20 "$BUILD/bench-$ARCH-$flavor.out" >&2; die "the bench program failed on $ARCH-$flavor"; }
done
say "measuring mmap actions" >&2
# Page frames far above the memory that the machine has.
frames=0x8000000
FLAVOR=rust ICOUNT=1 LOG=$BUILD/bench-$ARCH-action.log \
	APPEND="test_mmap_action.frames=$frames test_mmap_action_rust.frames=$frames" \
	"$TOP/scripts/boot.sh" "$BUILD/bench-$ARCH/bench_action" $frames >"$BUILD/bench-$ARCH-action.out" 2>&1 ||
	{ tail -n 20 "$BUILD/bench-$ARCH-action.out" >&2; die "the bench_action program failed"; }
python3 "$TOP/scripts/bench.py" "$ARCH" "$BENCH_JSON" \
	"$BUILD/bench-$ARCH-c.log" "$BUILD/bench-$ARCH-rust.log" "$BUILD/bench-$ARCH-action.log"

echo
echo "Text size in bytes:"
llvm-size "${OUT%-*}-c/drivers/char/mem.o" "${OUT%-*}-rust/drivers/char/mem_rust.o"
llvm-size "${OUT%-*}-c/kernel/kcov.o" "${OUT%-*}-rust"/kernel/{kcov,kcov_rust}.o
