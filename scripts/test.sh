#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds every kernel the tests need, boots them, runs the suites. A line a
# suite; the last line is "N passed, N failed". ARCHES= names the architectures,
# FLAVORS= leaves it at the kernels named.

. "$(dirname "$0")/env.sh"

ARCHES=${ARCHES:-x86_64 arm64}
LOGS=$BUILD/logs
# For what hangs: a busy machine is to take the time it needs.
export TIMEOUT=${TIMEOUT:-3600}
background=
SCRIPTS=$TOP/scripts
rm -rf "$LOGS"
mkdir -p "$LOGS"

# Shows what failed, now and once more at the end: of a long log that is what
# people see.
failure()
{
	tee -a "$LOGS/failed"
}

# suite NAME PASSED FAILED: one line, and to the totals.
suite()
{
	local verdict=ok

	[ "$3" = 0 ] || verdict=FAIL
	echo "$2 $3" >>"$LOGS/results"
	say "$(printf '%-4s %-28s %5d passed, %d failed' "$verdict" "$1" "$2" "$3")"
	[ "$3" = 0 ] || echo "$1: $3 failed, see $LOGS/$1.*" | failure
}

# boot NAME COMMAND: runs it in the kernel of ARCH and FLAVOR, with the files of
# $BUILD/root-NAME. The console goes to NAME.log, all of boot.sh to NAME.out.
boot()
{
	local name=$1 status=0
	shift

	ROOT=$BUILD/root-$name LOG=$LOGS/$name.log MEM=2048 \
		"$SCRIPTS/boot.sh" "$@" >"$LOGS/$name.out" 2>&1 || status=$?
	sed -i 's/\r//g' "$LOGS/$name.log" "$LOGS/$name.out"
	if [ $status != 0 ]; then
		tail -n 40 "$LOGS/$name.out"
		# Of a splat what it is, in which program, and where.
		awk '/^error: / { lines = 2 }
			lines != "" && (lines-- > 0 || /Comm: |[a-z]\+0x/)' "$LOGS/$name.out" |
			head -n 9 | failure >/dev/null
	fi
	return $status
}

# ktap NAME EXTRA_FAILURES: counts the results in NAME.log, at the depth at which
# the tests themselves report. A skipped test has not passed. What a test that
# failed has said is shown.
ktap()
{
	local log=$LOGS/$1.log p f s

	p=$(grep -cE '^(# )*ok [0-9]+ ' "$log" || true)
	s=$(grep -cE '^(# )*ok [0-9]+ .*# SKIP' "$log" || true)
	f=$(grep -cE '^(# )*not ok [0-9]+ ' "$log" || true)
	awk '/^# .*:[0-9]+:/ && lines++ < 5 { said = said $0 "\n" }
		/^(# )*not ok [0-9]+ / { printf "%s%s\n", said, $0 }
		/^(# )*ok [0-9]+ .*# SKIP/
		/^(# )*(not )?ok [0-9]+ / { said = ""; lines = 0 }' "$log" | failure
	p=$((p - s))
	f=$((f + $2))
	[ "$p" -gt 0 ] || f=$((f + 1))
	suite "$1" "$p" "$f"
}

# KUnit runs while the kernel boots; kunit.py reads what it said.
kunit_suite()
{
	local name=kunit-$ARCH-$FLAVOR extra=0 said

	guest_root "$BUILD/root-$name"
	KUNIT=1 LOGLEVEL=7 boot "$name" /bin/busybox true || extra=1
	"$SRC/tools/testing/kunit/kunit.py" parse "$LOGS/$name.log" >"$LOGS/$name.parsed" 2>&1 || extra=1
	grep -E '\[(FAILED|ERROR|CRASHED)\]' "$LOGS/$name.parsed" | failure || true
	said=$(grep 'Testing complete' "$LOGS/$name.parsed" || true)
	count() { echo "$said" | grep -o "$1: [0-9]*" | grep -o '[0-9]*$' || echo 0; }
	suite "$name" "$(count passed)" $(($(count failed) + $(count crashed) + $(count errors) + extra))
}

# The kselftests of this project; each program is one line of the list.
selftest_suite()
{
	local name=selftest-$ARCH-$FLAVOR root=$BUILD/root-selftest-$ARCH-$FLAVOR

	guest_root "$root"
	"$SCRIPTS/selftests.sh" "$root/tests" >"$LOGS/$name.build" 2>&1 ||
		{ cat "$LOGS/$name.build"; suite "$name" 0 1; return; }
	if [ "$FLAVOR" = debug ]; then
		# A third of the time of all, mostly of one CPU: the rest goes on.
		selftest_run "$name" "$root" &
		background+=" $!"
	else
		selftest_run "$name" "$root"
	fi
}

selftest_run()
{
	local name=$1 root=$2 extra=0

	# The status is that of all: a message of the kernel may cut any line.
	boot "$name" /bin/sh -c "$INSTALL_BUSYBOX; cd /tests; bad=0
		for t in \$(cat list); do
			./\$t || { echo \"[test] \$t \$?\"; bad=1; }
		done; exit \$bad" || extra=1
	grep -a '^\[test\] ' "$LOGS/$name.log" | failure || true
	ktap "$name" $extra
}

# The kernel's own test of PFN mappings, on /dev/mem.
pfnmap_suite()
{
	local name=pfnmap-$ARCH-$FLAVOR extra=0 root=$BUILD/root-pfnmap-$ARCH-$FLAVOR

	guest_root "$root"
	"$SCRIPTS/selftests.sh" --pfnmap "$root/tests" >"$LOGS/$name.build" 2>&1 ||
		{ cat "$LOGS/$name.build"; suite "$name" 0 1; return; }
	boot "$name" /tests/pfnmap || extra=1
	ktap "$name" $extra
}

# A whole Debian user land lives on these devices.
debian_suite()
{
	local name=debian-$ARCH-$FLAVOR f=0

	"$SCRIPTS/debian.sh" "$BUILD/root-$name" >"$LOGS/$name.build" 2>&1 ||
		{ cat "$LOGS/$name.build"; suite "$name" 0 1; return; }
	boot "$name" /bin/bash /tests/debian.sh || f=1
	ktap "$name" $f
}

# Misuse of the API does not compile.
compile_fail_suite()
{
	local name=compile-fail-$ARCH

	"$SCRIPTS/compile_fail.py" "$ARCH" "$OUT" >"$LOGS/$name.log" 2>&1 || true
	ktap "$name" 0
}

# The selftests of kcov print where the same calls led, by symbol and offset.
kcov_suite()
{
	local name=kcov-$ARCH f n

	for f in rust c; do
		grep -o '^# pc .*' "$LOGS/selftest-$ARCH-$f.log" | sort -u >"$LOGS/$name.$f" || true
	done
	n=$(comm -12 "$LOGS/$name".{rust,c} | wc -l)
	f=$(comm -3 "$LOGS/$name".{rust,c} | wc -l)
	suite "$name" "$n" $((f + (n == 0)))
}

# The kernel's tests of VMAs in user space, with those of the new actions.
vma_suite()
{
	local log=$LOGS/vma.log said

	if make -C "$SRC/tools/testing/vma" >"$log" 2>&1; then
		(cd "$SRC/tools/testing/vma" && ./vma) >>"$log" 2>&1 || true
	fi
	said=$(grep -E '^[0-9]+ tests run' "$log" || echo "0 tests run, 0 passed, 1 failed.")
	suite vma "$(echo "$said" | grep -oE '[0-9]+ passed' | cut -d' ' -f1)" \
		"$(echo "$said" | grep -oE '[0-9]+ failed' | cut -d' ' -f1)"
}

commands_suite()
{
	"$TOP/tests/commands.sh" >"$LOGS/commands.log" 2>&1 || true
	ktap commands 0
}

# The overlay as mails: the kernel crate compiles after each.
mails_suite()
{
	"$TOP/tests/mails.sh" >"$LOGS/mails.log" 2>"$LOGS/mails.err" || true
	ktap mails 0
}

# A row passes when the operation takes no more instructions in Rust than in C.
bench_suite()
{
	local name=bench-$ARCH extra=0 log=$LOGS/bench-$ARCH.log

	"$SCRIPTS/bench.sh" >"$log" 2>&1 || true
	[ "$(grep -cE ' [0-9.]+ +ok' "$log")" -gt 0 ] || { tail -n 5 "$log"; extra=1; }
	grep -E ' [0-9.]+ +FAIL' "$log" | failure || true
	suite "$name" "$(grep -cE ' [0-9.]+ +ok' "$log")" \
		"$(($(grep -cE ' [0-9.]+ +FAIL' "$log") + extra))"
}

for ARCH in $ARCHES; do
	flavors="rust c"
	[ "$ARCH" = arm64 ] || flavors="rust c debug"
	for FLAVOR in ${FLAVORS:-$flavors}; do
		set_arch
		export ARCH FLAVOR
		"$SCRIPTS/kernel.sh" || { suite "build-$ARCH-$FLAVOR" 0 1; continue; }
		case $FLAVOR in rust | debug) kunit_suite ;; esac
		selftest_suite
		case $FLAVOR in rust | c) pfnmap_suite ;; esac
		[ "$ARCH-$FLAVOR" != x86_64-c ] || debian_suite
	done
	[ -z "${FLAVORS:-}" ] || continue
	FLAVOR=rust
	set_arch
	compile_fail_suite
	kcov_suite
	if [ "$ARCH" = x86_64 ]; then
		vma_suite
		debian_suite
		commands_suite
		mails_suite
		bench_suite
	fi
done

for pid in $background; do
	wait "$pid" || suite background 0 1
done
read -r passed failed < <(awk '{ p += $1; f += $2 } END { print p, f }' "$LOGS/results")
[ "$failed" = 0 ] || cut -c-120 "$LOGS/failed"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
