#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# What is where, one NAME=value a line.

. "$(dirname "$0")/env.sh"

version()
{
	"$@" --version 2>/dev/null | grep -o '[0-9][0-9.]*[0-9]' | head -n 1 || echo missing
}

echo "KDIR=$SRC"
echo "ARCH=$ARCH"
echo "FLAVOR=$FLAVOR"
echo "BUILD=$BUILD"
for flavor in rust c debug; do
	echo "OUT_$flavor=${OUT%-*}-$flavor"
done
echo "KERNEL=$OUT/$IMAGE"
echo "CACHE=$CACHE"
echo "LOGS=$BUILD/logs"
echo "BENCH_JSON=$BENCH_JSON"
echo "LINUX=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' "$SRC/Makefile" 2>/dev/null | paste -sd.)"
echo "CLANG=$(version clang)"
echo "LLD=$(version ld.lld)"
echo "RUSTC=$(version rustc)"
echo "BINDGEN=$(version bindgen)"
echo "QEMU=$(version qemu-system-x86_64)"
