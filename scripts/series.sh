#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Writes the overlay as numbered mails for KDIR, or for the tree we fetched, to
# build/series: "git am" takes them.

. "$(dirname "$0")/env.sh"

tree=$SRC
if [ -z "${KDIR:-}" ]; then
	"$TOP/scripts/setup.sh"
	"$TOP/scripts/apply.sh"
	tree=$BUILD/overlay/orig
fi
[ ! -e "$tree/rust/kernel/mm/vma_desc.rs" ] ||
	die "$tree carries the overlay already: give a tree without it"
OVERLAY_DIRS=$OVERLAY_DIRS "$TOP/scripts/series.py" "$tree" "$BUILD/series"
