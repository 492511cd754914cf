#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The developer's commands: what they refuse, in one line and with what change;
# what `make apply` leaves of a tree; what `make boot` hands on. KTAP.
# Needs a built kernel of ARCH=x86_64 FLAVOR=rust.

. "$(dirname "$0")/../scripts/env.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0 bad=0

result()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n $2"
	else
		echo "not ok $n $2"
		sed 's/^/# /' "$work/out"
		bad=$((bad + 1))
	fi
}

# refuses NAME PATTERN COMMAND...: fails, and says PATTERN in its one line.
refuses()
{
	local name=$1 pattern=$2 rc=0
	shift 2

	if "$@" >"$work/out" 2>&1; then
		rc=1
	fi
	grep -v '^\[\|^make' "$work/out" >"$work/said" || true
	grep -q "$pattern" "$work/said" || rc=1
	[ "$(wc -l <"$work/said")" = 1 ] || rc=1
	result $rc "$name"
}

# gives NAME STATUS COMMAND...
gives()
{
	local name=$1 want=$2 got=0
	shift 2

	"$@" >"$work/out" 2>&1 || got=$?
	echo "status $got, wanted $want" >>"$work/out"
	[ "$got" = "$want" ]
	result $? "$name"
}

# As much of a kernel tree as the overlay touches.
small_tree()
{
	local tree=$work/$1 f

	mkdir -p "$tree"
	cp "$BUILD/linux/Makefile" "$tree"
	(cd "$BUILD/overlay/orig" && find . -type f | cpio --quiet -pd "$tree")
	echo "$tree"
}

program()
{
	printf '#include <unistd.h>\n#include <fcntl.h>\n#include <stdio.h>\nint main(int argc, char **argv) { %s }\n' "$2" >"$work/$1.c"
	clang -fuse-ld=lld ${3--static} -o "$work/$1" "$work/$1.c"
}

mk()
{
	make --no-print-directory -C "$TOP" "$@"
}

set +e
unset KDIR
refuses "a KDIR that is not there" "KDIR=/nonexistent is not a folder" mk apply KDIR=/nonexistent
mkdir "$work/empty"
refuses "a KDIR that is no kernel tree" "not the top of a kernel tree" mk apply KDIR="$work/empty"
tree=$(small_tree old)
sed -i 's/^PATCHLEVEL = .*/PATCHLEVEL = 1/' "$tree/Makefile"
cp -a "$tree" "$tree.before"
refuses "a tree of another version" "is Linux 7.1: this overlay fits 7.3" mk apply KDIR="$tree"
diff -r "$tree.before" "$tree" >"$work/out" 2>&1
result $? "and it is as it was"

tree=$(small_tree changed)
echo '/* other */' >"$tree/rust/kernel/mm.rs"
cp -a "$tree" "$tree.before"
refuses "a tree a patch does not fit" "does not fit" mk apply KDIR="$tree"
diff -r "$tree.before" "$tree" >"$work/out" 2>&1
result $? "and it is as it was"

tree=$(small_tree fresh)
gives "a tree that fits" 0 mk apply KDIR="$tree"
(cd "$tree" && find . -type f -exec cmp {} "$BUILD/linux/{}" \;) >"$work/out" 2>&1
[ ! -s "$work/out" ] && [ -e "$tree/rust/kernel/mm/vma_desc.rs" ]
result $? "carries the same files as ours"
cp -a "$tree" "$tree.before"
refuses "a tree that carries the overlay" "carries the overlay already" mk apply KDIR="$tree"
diff -r "$tree.before" "$tree" >"$work/out" 2>&1
result $? "and it is as it was"

gives "the overlay as mails" 0 mk series KDIR="$(small_tree mailed)"
(
	cd "$work/mailed" && git init -q && git config user.name test && git config user.email test@localhost &&
		git add -A -f && git commit -qm base && git am -q "$BUILD"/series/*.patch
) >"$work/out" 2>&1
result $? "is taken by git am"
rm -rf "$work/mailed/.git"
diff -r "$work/mailed" "$work/fresh" >"$work/out" 2>&1
result $? "and gives the tree that make apply gives"
refuses "mails for a tree that carries the overlay" "carries the overlay already" mk series KDIR="$work/fresh"

refuses "an unknown architecture" "ARCH=mips is not known" mk info ARCH=mips
refuses "an unknown flavor" "FLAVOR=blue is not known" env FLAVOR=blue "$TOP/scripts/build.sh"
refuses "a missing program" "is not a program" "$TOP/scripts/boot.sh" "$work/none"
program dynamic 'return 0;' ""
refuses "a dynamically linked program" "link it with -static" "$TOP/scripts/boot.sh" "$work/dynamic"
refuses "a ROOT that is no folder" "is not a folder" env ROOT="$work/none" "$TOP/scripts/boot.sh" true
program three 'return argc == 3 ? 3 : 9;'
refuses "a DRIVE that is not there" "does not exist" env DRIVE="$work/none" "$TOP/scripts/boot.sh" "$work/three"

gives "make boot exits as the program does" 3 mk boot PROG="$work/three 'one word' two"
program hang 'pause();'
gives "a program that hangs is stopped" 124 env TIMEOUT=8 "$TOP/scripts/boot.sh" "$work/hang"
program splat 'int fd = open("/dev/kmsg", O_WRONLY); write(fd, "<2>BUG: said by a test", 22); sleep(1); return 0;'
gives "a kernel splat fails the run" 97 "$TOP/scripts/boot.sh" "$work/splat"
grep -q 'BUG: said by a test' "$work/out"
result $? "and is printed"
program die 'int fd = open("/proc/sysrq-trigger", O_WRONLY); write(fd, "b", 1); sleep(9); return 0;'
gives "a kernel that dies fails the run" 98 "$TOP/scripts/boot.sh" "$work/die"
truncate -s 1M "$work/disk"
program readdisk 'char c; int fd = open("/dev/vda", O_RDONLY); return read(fd, &c, 1);'
gives "DRIVE= is /dev/vda" 1 env DRIVE="$work/disk" "$TOP/scripts/boot.sh" "$work/readdisk"

echo "1..$n"
exit $((bad != 0))
