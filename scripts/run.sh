#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds the kernel of ARCH and FLAVOR and shows the devices at work in it.

. "$(dirname "$0")/env.sh"

"$TOP/scripts/kernel.sh"
tour=$(user_program tour "$TOP/scripts/boot/tour.c")
say "booting $ARCH-$FLAVOR"
exec "$TOP/scripts/boot.sh" "$tour"
