#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Configures and builds the kernel of one ARCH and FLAVOR. Other make goals than
# the default may be given.

. "$(dirname "$0")/env.sh"

case $FLAVOR in
debug) fragments="base tests $ARCH rust debug" ;;
stock) fragments="base $ARCH stock" ;;
covc) fragments="base $ARCH cov" ;;
covrust) fragments="base $ARCH cov covrust" ;;
*) fragments="base tests $ARCH $FLAVOR" ;;
esac

LOG=$BUILD/$ARCH-$FLAVOR.log
COUNT=$CACHE/objects-$ARCH-$FLAVOR

make_flags=(-C "$SRC" "O=$OUT" "ARCH=$KARCH" LLVM=1 "CC=ccache clang"
	-j "$JOBS" KBUILD_BUILD_USER=rust KBUILD_BUILD_HOST=mmap
	"KBUILD_BUILD_TIMESTAMP=2026-01-01")
# The code that the tests of kcov look at. Its self-test looks at interrupts: timer.o
# is called in them, and not by a scheduler that has the task give way.
make_flags+=(KCOV_INSTRUMENT_eventfd.o=y KCOV_INSTRUMENT_pipe.o=y KCOV_INSTRUMENT_timer.o=y)
# Clippy is rustc with more warnings and the same output: one flavor is always
# built with it, so that the lint costs no second build.
[ "$FLAVOR" != debug ] || make_flags+=(CLIPPY=1)

# A flavor that differs by a few options starts from its sibling's objects.
seed_from_sibling()
{
	local sibling=${OUT%c}rust

	[ "${FLAVOR%c}" != "$FLAVOR" ] && [ ! -d "$OUT" ] && [ -e "$sibling/vmlinux" ] || return 0
	say "$ARCH-$FLAVOR: starting from the objects of $ARCH-${FLAVOR%c}rust"
	rm -rf "$OUT.part"
	cp -a "$sibling" "$OUT.part"
	# objtool's commands name the folder; a new objtool means new objects.
	[ ! -d "$OUT.part/tools" ] ||
		grep -rlZI "$sibling" "$OUT.part/tools" | xargs -0r sed -i "s,$sibling/,$OUT/,g"
	mv "$OUT.part" "$OUT"
}

configure()
{
	local f want wanted=() cfg=$TOP/scripts/configs

	for f in $fragments; do
		wanted+=("$cfg/$f.config")
	done
	if [ -e "$OUT/.config.fragments" ] &&
	   cat "${wanted[@]}" | cmp -s - "$OUT/.config.fragments"; then
		return 0
	fi
	mkdir -p "$OUT"
	(cd "$SRC" && ARCH=$KARCH LLVM=1 KCONFIG_CONFIG="$OUT/.config.new" \
		scripts/kconfig/merge_config.sh -m -O "$OUT" "${wanted[@]}") >"$LOG" 2>&1 ||
		die "merge_config.sh failed, see $LOG"
	make "${make_flags[@]}" KCONFIG_ALLCONFIG="$OUT/.config.new" allnoconfig >>"$LOG" 2>&1 ||
		die "the kernel cannot be configured, see $LOG: $(tail -n 3 "$LOG")"
	# An option that a fragment sets and Kconfig dropped is a mistake here.
	want=$(grep '^CONFIG_.*=[^n]' "$OUT/.config.new" | grep -vxFf "$OUT/.config" || true)
	rm -f "$OUT/.config.new"
	if [ -n "$want" ]; then
		die "Kconfig did not take these, see scripts/configs: $(echo $want)"
	fi
	cat "${wanted[@]}" >"$OUT/.config.fragments"
}

# One line every 30 seconds (or one that is rewritten, on a terminal).
progress()
{
	local pid=$1 done total line
	total=$(cat "$COUNT" 2>/dev/null || echo 1700)

	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		[ -t 1 ] || [ $((SECONDS % 30)) = 0 ] || continue
		done=$(grep -c '^  [A-Z]' "$LOG" || true)
		line=$(tail -n 1 "$LOG" | cut -c 1-60)
		if [ -t 1 ]; then
			printf '\r\033[K[%02d:%02d] %s %s/%s %s' $((SECONDS / 60)) \
				$((SECONDS % 60)) "$ARCH-$FLAVOR" "$done" "~$total" "$line"
		else
			say "$ARCH-$FLAVOR $done/~$total $line"
		fi
	done
	[ ! -t 1 ] || printf '\r\033[K'
}

seed_from_sibling
configure
: >"$LOG"
goals=("$@")
[ ${#goals[@]} -gt 0 ] || goals=(all)
make "${make_flags[@]}" "${goals[@]}" >"$LOG" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null || true' INT TERM
progress $pid
if ! wait $pid; then
	grep -m 20 -A 12 -E '(^|: )(error|fatal error|ld.lld: error|warning)[:[]' "$LOG" || tail -n 30 "$LOG"
	die "$ARCH-$FLAVOR does not build, the whole log is $LOG"
fi
n=$(grep -c '^  [A-Z]' "$LOG" || true)
[ "$n" -lt 1000 ] || echo "$n" >"$COUNT"
say "$ARCH-$FLAVOR built ($n steps)"
