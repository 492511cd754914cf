#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The style gates: rustfmt, checkpatch --strict, rustdoc, sphinx. Clippy is not here: the
# debug flavor is built with it, and every warning of any compiler is an error
# in our kernel configurations. Prints a line a gate, fails if one fails.

. "$(dirname "$0")/env.sh"

FLAVOR=rust
"$TOP/scripts/setup.sh"
"$TOP/scripts/apply.sh"
failed=0

gate()
{
	local name=$1 out
	shift

	if out=$("$@" 2>&1); then
		say "ok   $name"
	else
		say "FAIL $name"
		echo "$out"
		failed=1
	fi
}

overlay_files()
{
	(cd "$TOP" && find $OVERLAY_DIRS -type f -name "$1" 2>/dev/null || true)
}

patched_files()
{
	(cd "$TOP/patches" && xargs -r sed -n "s,^+++ b/\([^[:space:]]*\).*,\1,p" <series | sort -u)
}

rustfmt_gate()
{
	cd "$SRC"
	# shellcheck disable=SC2046
	rustfmt --check --edition 2021 --config-path .rustfmt.toml \
		$(overlay_files '*.rs') $(patched_files | grep '\.rs$')
}

# A change to files, as patches and as the new files they come with.
checkpatch_gate()
{
	cd "$SRC"
	local f out

	out=$(
		for f in $(cat "$TOP/patches/series"); do
			scripts/checkpatch.pl --strict --no-summary --terse "$TOP/patches/$f"
		done
		for f in $(overlay_files '*.[chS]') $(overlay_files '*.rs') $(overlay_files '*.rst') $(overlay_files 'Kconfig'); do
			scripts/checkpatch.pl --strict --no-summary --terse --file "$f"
		done
	)
	echo "$out"
	[ -z "$out" ]
}

rustdoc_gate()
{
	local log=$BUILD/rustdoc.log

	make -C "$SRC" "O=$OUT" "ARCH=$KARCH" LLVM=1 "CC=ccache clang" -j "$JOBS" rustdoc >"$log" 2>&1 ||
		{ tail -n 30 "$log"; return 1; }
	! grep -A 8 -E '^(warning|error)' "$log"
}

# Built alone, the folder's references to others are unknown: only what is said of
# our files counts.
sphinx_gate()
{
	local ours log=$BUILD/sphinx.log

	ours=$(overlay_files '*.rst' | paste -sd'|')
	make -C "$SRC" LLVM=1 SPHINXDIRS=rust htmldocs >"$log" 2>&1 || { tail -n 30 "$log"; return 1; }
	! grep -E "$ours" "$log"
}

gate rustfmt rustfmt_gate
gate checkpatch checkpatch_gate
gate rustdoc rustdoc_gate
gate sphinx sphinx_gate
exit $failed
