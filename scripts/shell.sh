#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# A prompt in the booted system; `exit` powers it off.

. "$(dirname "$0")/env.sh"

"$TOP/scripts/kernel.sh"
if [ -z "${ROOT:-}" ]; then
	ROOT=$BUILD/root-shell-$ARCH
	guest_root "$ROOT"
fi
export ROOT TIMEOUT=${TIMEOUT:-1000000} CONSOLE_SIGNALS=off
exec "$TOP/scripts/boot.sh" /bin/sh -c "$INSTALL_BUSYBOX; exec /bin/sh -i"
