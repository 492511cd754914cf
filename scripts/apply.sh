#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Puts the overlay (the new files, and the patches to existing ones) on a kernel
# tree: the user's (KDIR=), which must not carry it yet, or ours, which is
# brought up to date. Everything is put together beside the tree first; the
# tree is written only when all of it fits, and unchanged files keep their time.

. "$(dirname "$0")/env.sh"

for tool in quilt rsync; do
	command -v $tool >/dev/null || die "$tool is missing: run 'make setup', or install the package $tool"
done

STATE=$BUILD/overlay
MARK=rust/kernel/mm/vma_desc.rs

[ -n "${KDIR:-}" ] || [ -e "$SRC/Makefile" ] || die "there is no kernel tree yet: run 'make setup', or give one with KDIR="

version=$(sed -n 's/^\(VERSION\|PATCHLEVEL\) = //p' "$SRC/Makefile" 2>/dev/null | paste -sd. || true)
case $version in
7.3) ;;
"") die "$SRC is not the top of a kernel tree: it has no kernel Makefile" ;;
*) die "$SRC is Linux $version: this overlay fits 7.3" ;;
esac
[ -z "${KDIR:-}" ] || [ ! -e "$SRC/$MARK" ] ||
	die "$SRC carries the overlay already ($MARK is there): use it as it is, or restore the tree first"

stage=$(mktemp -d)
trap 'rm -rf "$stage" "$stage.orig" "$stage.log"' EXIT

patches=$TOP/patches
patched=$(cd "$patches" && grep -v '^#' series | xargs -r sed -n 's,^+++ b/\([^[:space:]]*\).*,\1,p' | sort -u)
for f in $patched; do
	mkdir -p "$stage/$(dirname "$f")"
	if [ -z "${KDIR:-}" ] && [ -e "$STATE/orig/$f" ]; then
		cp -p "$STATE/orig/$f" "$stage/$f"
	else
		cp -p "$SRC/$f" "$stage/$f" 2>/dev/null ||
			die "$SRC has no $f: it is not a complete Linux $version tree"
	fi
done
mkdir -p "$stage.orig"
cp -a "$stage/." "$stage.orig/"

# Quilt keeps its notes in .pc, which is not part of the overlay.
if [ -n "$patched" ]; then
	(cd "$stage" && QUILT_PATCHES=$patches quilt --quiltrc - push -a -q --fuzz=2) >"$stage.log" 2>&1 ||
		die "a patch does not fit $SRC, which is left as it was: $(tail -n 4 "$stage.log" | paste -sd' ')"
	rm -rf "$stage/.pc"
fi

new=
for d in $OVERLAY_DIRS; do
	[ -d "$TOP/$d" ] || continue
	new="$new $(cd "$TOP" && find "$d" -type f)"
done
for f in $new; do
	if [ -n "${KDIR:-}" ] && [ -e "$SRC/$f" ]; then
		die "$SRC has a $f of its own: nothing was changed"
	fi
	mkdir -p "$stage/$(dirname "$f")"
	cp -p "$TOP/$f" "$stage/$f"
done

if [ -z "${KDIR:-}" ]; then
	# What an older state of the overlay put there and this one does not.
	mkdir -p "$STATE"
	touch "$STATE.list"
	while read -r f; do
		[ ! -e "$stage/$f" ] || continue
		if [ -e "$STATE/orig/$f" ]; then
			cp "$STATE/orig/$f" "$SRC/$f"
		else
			rm -f "$SRC/$f"
		fi
	done <"$STATE.list"
	rm -rf "$STATE/orig"
	mv "$stage.orig" "$STATE/orig"
	(cd "$stage" && find . -type f | sed 's,^\./,,') >"$STATE.list"
fi
rsync -rpc "$stage/" "$SRC/"
say "the overlay is on $SRC (Linux $version)"
