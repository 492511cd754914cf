#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel of ARCH and FLAVOR, from nothing: tools, source, overlay, build.
# What is up to date is left alone.

. "$(dirname "$0")/env.sh"

"$TOP/scripts/setup.sh"

# What the kernel is made of, so far as it is ours.
state=$(cd "$TOP" && { find $OVERLAY_DIRS patches scripts/configs scripts/apply.sh scripts/build.sh \
	-type f -exec sha256sum {} + 2>/dev/null || true; } | LC_ALL=C sort | sha256sum)
if [ -z "${KDIR:-}" ] && [ -s "$OUT/$IMAGE" ] && [ "$state" = "$(cat "$OUT/.overlay-state" 2>/dev/null)" ]; then
	say "$ARCH-$FLAVOR is up to date"
	exit 0
fi
if [ "$FLAVOR" = stock ]; then
	: # Linux as it is.
elif [ -z "${KDIR:-}" ]; then
	"$TOP/scripts/apply.sh"
elif [ ! -e "$KDIR/rust/kernel/mm/vma_desc.rs" ]; then
	die "$KDIR does not carry the overlay: run 'make apply KDIR=$KDIR' first"
fi
"$TOP/scripts/build.sh"
echo "$state" >"$OUT/.overlay-state"
