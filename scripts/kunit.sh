#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites and doctests on a kernel of their own, by kunit.py.

. "$(dirname "$0")/env.sh"

"$TOP/scripts/setup.sh"
[ -n "${KDIR:-}" ] || "$TOP/scripts/apply.sh"
cd "$SRC"
# As in boot.sh, no KVM: in a virtual machine it may be there and not work.
hide=
[ ! -e /dev/kvm ] || hide='mount --bind /dev/null /dev/kvm;'
exec unshare --map-root-user --mount sh -c "$hide"' exec "$@"' sh \
	tools/testing/kunit/kunit.py run --arch "$KARCH" --jobs "$JOBS" --make_options LLVM=1 \
	--make_options "CC=ccache clang" --build_dir "$BUILD/kunit-$ARCH" \
	--kunitconfig rust/kernel/mm/.kunitconfig
