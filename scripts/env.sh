# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by every script here: folders, tool versions, messages.

set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/rust-mmap-prepare
BUILD=${BUILD:-$TOP/build}
ARCH=${ARCH:-x86_64}
FLAVOR=${FLAVOR:-rust}
JOBS=${JOBS:-$(nproc)}
BENCH_JSON=$BUILD/bench.json

# Where new kernel files lie, those of them that are there.
OVERLAY_DIRS="Documentation drivers fs include kernel lib mm rust samples tools"

LLVM_VERSION=22
RUST_VERSION=1.96
BINDGEN_VERSION=0.73.2
LINUX_SERIES=7.3
LINUX_SUITE=trixie-backports

# Matching compiler and library sources come from Debian: they must precede
# any rustup shim in PATH.
export PATH=/usr/lib/llvm-$LLVM_VERSION/bin:$CACHE/tools/bin:/usr/bin:$PATH
export CCACHE_DIR=$CACHE/ccache CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=8G

die()
{
	echo "error: $*" >&2
	exit 1
}

say()
{
	printf '[%02d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"
}

# The Debian mirror that the system itself uses.
debian_mirror()
{
	local uri

	uri=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(RELEASE)' \
		'Created-By: Packages' | awk '$2 == "main" && !/security/ && !/updates/ { print $1; exit }')
	[ -n "$uri" ] || die "apt has no Debian mirror configured: add one to /etc/apt/sources.list"
	echo "$uri"
}

# What follows from ARCH and FLAVOR.
set_arch()
{
	case $ARCH in
	x86_64) KARCH=x86_64 IMAGE=arch/x86/boot/bzImage TARGET=x86_64-linux-gnu ;;
	arm64) KARCH=arm64 IMAGE=arch/arm64/boot/Image TARGET=aarch64-linux-gnu ;;
	*) die "ARCH=$ARCH is not known: use ARCH=x86_64 or ARCH=arm64" ;;
	esac
	case $FLAVOR in
	rust | c | debug | stock | covrust | covc) ;;
	*) die "FLAVOR=$FLAVOR is not known: use FLAVOR=rust, c or debug" ;;
	esac

	if [ -n "${KDIR:-}" ]; then
		[ "$FLAVOR" != stock ] || die "FLAVOR=stock is Linux as we fetch it: give no KDIR="
		[ -d "$KDIR" ] || die "KDIR=$KDIR is not a folder: give the top of a kernel tree"
		SRC=$(cd "$KDIR" && pwd)
		OUT=$BUILD/$ARCH-$FLAVOR
	else
		# Directly below the source, kbuild uses relative paths: the
		# objects in the cache then serve every checkout.
		SRC=$BUILD/linux
		[ "$FLAVOR" != stock ] || SRC=$BUILD/stock/linux
		OUT=$SRC/out-$ARCH-$FLAVOR
	fi
}
set_arch

# Compiles a static program for ARCH and prints its path: user_program NAME SOURCE
user_program()
{
	local bin=$BUILD/user-$ARCH/$1

	if [ "$2" -nt "$bin" ]; then
		mkdir -p "$(dirname "$bin")"
		clang --target=$TARGET -fuse-ld=lld -static -O2 -Wall -Werror -o "$bin.$$" "$2" ||
			die "$2 does not compile"
		mv "$bin.$$" "$bin"
	fi
	echo "$bin"
}

# Makes a root folder with busybox, for boot.sh's ROOT=: guest_root DIR
guest_root()
{
	rm -rf "$1"
	mkdir -p "$1"/{bin,dev,etc,proc,sys,tmp,tests}
	cp "$CACHE/busybox-$ARCH" "$1/bin/busybox"
	ln -s busybox "$1/bin/sh"
	echo 'root::0:0:root:/tmp:/bin/sh' >"$1/etc/passwd"
}

INSTALL_BUSYBOX='/bin/busybox --install -s /bin'
