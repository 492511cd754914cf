#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Guest instructions from power-on to the first program, where all code is
# instrumented, with the C and the Rust version of kcov. Fails if Rust takes more.
#
# Chance is let vary by its seed. What it makes of the boot of one kernel is printed,
# and must be less than what Rust may take more: a line more on the console is 0.3 %.

. "$(dirname "$0")/env.sh"

PERCENT=0.1

[ "$ARCH" = x86_64 ] || die "ARCH=$ARCH: what reads the clock is for x86_64 only"
for flavor in covrust covc; do
	FLAVOR=$flavor "$TOP/scripts/kernel.sh" >&2
done
prog=$(user_program uptime "$TOP/scripts/boot/uptime.c")

boot()
{
	local log=$BUILD/bench-boot-$1.log

	FLAVOR=$1 SEED=$2 ICOUNT=1 LOG=$log "$TOP/scripts/boot.sh" "$prog" >"${log%.log}.out" 2>&1 ||
		{ tail -n 20 "${log%.log}.out" >&2; die "$ARCH-$1 does not boot"; }
	grep -ao '^instructions [0-9]*' "$log" | cut -d' ' -f2
}

for seed in 1 2 3; do
	say "booting with seed $seed" >&2
	c=$(boot covc "$seed")
	rust=$(boot covrust "$seed")
	echo "$c $rust"
done | awk -v percent=$PERCENT '
function spread(low, high) { return (high / low - 1) * 100 }
BEGIN { printf "%-20s %14s %14s\n", "instructions to boot", "C", "Rust" }
{
	printf "%-20s %14d %14d\n", "seed " NR, $1, $2
	for (i = 1; i <= 2; i++) {
		sum[i] += $i
		if (NR == 1 || $i < low[i]) low[i] = $i
		if (NR == 1 || $i > high[i]) high[i] = $i
	}
}
END {
	if (NR != 3) exit 1
	printf "%-20s %13.4f%% %13.4f%%\n", "chance", spread(low[1], high[1]), spread(low[2], high[2])
	more = spread(sum[1], sum[2])
	bad = more > percent || spread(low[1], high[1]) > percent || spread(low[2], high[2]) > percent
	printf "%-20s %29.4f%% %s\n", "Rust takes more", more, bad ? "FAIL" : "ok"
	exit bad
}'
