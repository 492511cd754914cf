#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# A minimal Debian user land in a folder, for a boot with ROOT=: debian.sh DIR

. "$(dirname "$0")/env.sh"

packages=openssl,python3,blktrace,fio
tar=$CACHE/debian-$ARCH-$packages.tar
if [ ! -s "$tar" ]; then
	mirror=$(debian_mirror)
	say "making a Debian user land"
	mmdebstrap --quiet --variant=minbase "--include=$packages" \
		bookworm "$tar.part.tar" "deb $mirror bookworm main"
	mv "$tar.part.tar" "$tar"
fi
rm -rf "$1"
mkdir -p "$1"
tar -C "$1" --exclude='./dev/*' --exclude='./usr/share/doc/*' --exclude='./usr/share/locale/*' \
	--exclude='./var/cache/*' -xf "$tar"
mkdir -p "$1/tests"
cp "$TOP/tests/debian.sh" "$1/tests/"
