#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Each mail of `make series` leaves a kernel crate that compiles without a
# warning; checked with the bindings of all mails, and their configuration so far
# as its options are there. KTAP.
# Needs a built kernel of ARCH=x86_64 FLAVOR=rust.

. "$(dirname "$0")/../scripts/env.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0 bad=0

"$TOP/scripts/series.sh" >&2

# The crate as it is upstream, and all that the mails touch.
mkdir "$work/tree"
cd "$work/tree"
cp -a "$SRC/rust" .
xargs rm -f <"$BUILD/overlay.list"
cp -a "$BUILD/overlay/orig/." .
git init -q
git config user.name test
git config user.email test@localhost
git add -A -f
git commit -qm base
base=$(git rev-parse HEAD)
git am -q "$BUILD"/series/*.patch

compile=$(sed -n 's/^savedcmd_rust\/kernel.o := \([^;]*\).*/\1/p' "$OUT/rust/.kernel.o.cmd" |
	sed -E "s,@[^ ]*,@$work/cfg,; s,--(emit|out-dir)[= ][^ ]*,,g; s,[^ ]*rust/kernel/lib.rs,$work/tree/rust/kernel/lib.rs,")
[ -n "$compile" ] || die "$OUT has no rust/kernel.o: build the kernel first"
options=$(git diff "$base" -- '*Kconfig*' | sed -n 's/^+config //p')
for commit in $(git log --reverse --format=%h "$base".. -- rust/kernel); do
	git checkout -q "$commit"
	n=$((n + 1)) not=
	missing=$(for o in $options; do git grep -q "^config $o\$" -- '*Kconfig*' || echo "$o"; done)
	grep -vE "CONFIG_(${missing//$'\n'/|})\>" "$OUT/include/generated/rustc_cfg" >"$work/cfg"
	(cd "$OUT" && eval "RUSTC_BOOTSTRAP=1 $compile --emit=metadata=$work/libkernel.rmeta") >"$work/said" 2>&1 ||
		not="not "
	[ ! -s "$work/said" ] || not="not "
	echo "${not}ok $n $(git log -1 --format=%s)"
	[ -z "$not" ] || { sed 's/^/# /' "$work/said"; bad=$((bad + 1)); }
done
echo "1..$n"
[ "$bad" = 0 ]
