#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Boots the kernel of ARCH and FLAVOR under QEMU and runs one program in it.
#
#   boot.sh PROG [ARG...]             a static program
#   ROOT=dir boot.sh CMD [ARG...]     a command in the user land of a folder
#
# MEM= (MiB), SMP=, APPEND= (kernel command line), ICOUNT=1, SEED= (with it),
# DRIVE=file, TIMEOUT= (seconds), KERNEL=image, LOG=file are honoured.
#
# Exit status: the program's own; 97 the kernel splatted, 98 it died before the
# program ended, 124 the time was over.

. "$(dirname "$0")/env.sh"

SPLATS='WARNING: (CPU|(.* )?at )|BUG: |BUG at |Oops|KASAN:|UBSAN:|kernel BUG|possible (circular|recursive) locking|suspicious RCU|inconsistent lock state|INFO: (task|rcu|trying)|Kernel panic|general protection fault|Unable to handle kernel|unreferenced object|Bad page|sleeping function called|refcount_t:|list_(add|del) corruption|scheduling while atomic'

[ $# -gt 0 ] || die "no program: give PROG='./static-binary args...', or ROOT=dir CMD='...'"
KERNEL=${KERNEL:-$OUT/$IMAGE}
[ -s "$KERNEL" ] || die "no kernel at $KERNEL: build it with 'make build FLAVOR=$FLAVOR ARCH=$ARCH'"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
LOG=${LOG:-$work/console.log}

# The files of our own: the first program, what it runs, and the way there.
pack()
{
	local gen=$OUT/usr/gen_init_cpio init
	init=$(user_program init "$TOP/scripts/boot/init.c")

	printf '%s\0' "$@" >"$work/argv"
	{
		echo "dir /.boot 0755 0 0"
		echo "file /.boot/init $init 0755 0 0"
		echo "file /.boot/argv $work/argv 0644 0 0"
		if [ -z "${ROOT:-}" ]; then
			printf 'dir /%s 0755 0 0\n' dev proc sys
			echo "dir /tmp 1777 0 0"
			echo "nod /dev/console 0600 0 0 c 5 1"
			echo "file /.boot/prog $prog 0755 0 0"
		fi
	} >"$work/list"
	if [ -n "${ROOT:-}" ]; then
		(cd "$ROOT" && find . -xdev -print0 | cpio --quiet --null -H newc -o) >"$work/initrd"
	fi
	"$gen" "$work/list" >>"$work/initrd"
}

if [ -n "${ROOT:-}" ]; then
	[ -d "$ROOT" ] || die "ROOT=$ROOT is not a folder"
	pack "$@"
else
	prog=$1
	[ -f "$prog" ] && [ -x "$prog" ] || die "$prog is not a program: give the path of a static binary"
	! readelf -lW "$prog" 2>/dev/null | grep -q INTERP ||
		die "$prog is dynamically linked: link it with -static, or pack its user land with ROOT="
	shift
	pack /.boot/prog "$@"
fi

MEM=${MEM:-1024}
SMP=${SMP:-2}
case $ARCH in
x86_64)
	cpu=max
	# An interrupt while identify_cpu() has the features cleared finds KASAN
	# with the bounds of four levels of page tables: let there be no fifth.
	[ "$FLAVOR" != debug ] || cpu+=",la57=off"
	qemu=(qemu-system-x86_64 -M q35 -cpu "$cpu") console=ttyS0
	;;
arm64) qemu=(qemu-system-aarch64 -M virt -cpu "max,pauth-impdef=on") console=ttyAMA0 ;;
esac
if [ "${ICOUNT:-0}" = 1 ]; then
	# One guest instruction is one nanosecond, and chance the same in every run.
	qemu+=(-icount "shift=0,sleep=off" -seed "${SEED:-1}" -rtc base=2026-01-01,clock=vm)
	SMP=1
fi
if [ -n "${DRIVE:-}" ]; then
	[ -e "$DRIVE" ] || die "DRIVE=$DRIVE does not exist"
	format=raw
	[ "${DRIVE##*.}" != qcow2 ] || format=qcow2
	qemu+=(-drive "file=$DRIVE,format=$format,if=virtio")
fi
command -v "${qemu[0]}" >/dev/null || die "${qemu[0]} is missing: run 'make setup'"

# The host may have other things to do for longer than the 21 seconds after which RCU
# reports a CPU as stalled.
set +e
timeout --foreground -k 5 "${TIMEOUT:-300}" "${qemu[@]}" -accel tcg -smp "$SMP" -m "${MEM}M" \
	-display none -monitor none -no-reboot -device edu \
	-chardev "stdio,id=tty,signal=${CONSOLE_SIGNALS:-on}" -serial chardev:tty -nic none \
	-kernel "$KERNEL" -initrd "$work/initrd" \
	-append "console=$console rdinit=/.boot/init panic=-1 loglevel=${LOGLEVEL:-5} rcupdate.rcu_cpu_stall_timeout=240 kunit.enable=${KUNIT:-0} kunit.autorun=${KUNIT:-0} ${APPEND:-}" \
	2>"$work/qemu.err" | tee "$LOG"
code=${PIPESTATUS[0]}
set -e

if [ "$code" = 124 ] || [ "$code" = 137 ]; then
	echo "error: the time limit TIMEOUT=${TIMEOUT:-300} s is over" >&2
	exit 124
fi
if [ "$code" != 0 ]; then
	cat "$work/qemu.err" >&2
	die "QEMU failed with status $code"
fi
if grep -aqE "$SPLATS" "$LOG"; then
	echo "error: the kernel splatted:" >&2
	grep -aE -m 5 -A 25 "$SPLATS" "$LOG" >&2
	exit 97
fi
status=$(grep -ao '^\[boot\] exit=[0-9]*' "$LOG" | tail -n 1 | cut -d= -f2 || true)
if [ -z "$status" ]; then
	echo "error: the kernel died before the program ended" >&2
	exit 98
fi
exit "$status"
