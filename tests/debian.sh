#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs in a booted Debian user land: its programs on the memory devices, blktrace
# on relay. KTAP.

n=0 bad=0

check()
{
	local name=$1
	shift

	n=$((n + 1))
	if "$@" >/tmp/out 2>&1; then
		echo "ok $n $name"
	else
		echo "not ok $n $name"
		sed 's/^/# /' /tmp/out
		bad=1
	fi
}

check "bash is the shell" test -n "$BASH_VERSION"
check "dpkg knows its packages" sh -c 'test "$(dpkg -l | grep -c ^ii)" -gt 50'
check "dd from /dev/zero" sh -c 'dd if=/dev/zero bs=64k count=64 status=none | cmp -n 4194304 - /dev/zero'
check "writing to /dev/full fails" sh -c '! echo x 2>/dev/null >/dev/full'
check "writing to /dev/null" sh -c 'seq 100000 >/dev/null'
check "reading /dev/null" sh -c 'test -z "$(cat /dev/null)"'
check "python3 maps /dev/zero, shared over fork" python3 -c '
import mmap, os
fd = os.open("/dev/zero", os.O_RDWR)
m = mmap.mmap(fd, 1 << 20, mmap.MAP_SHARED)
if os.fork() == 0:
    m[4096:4101] = b"child"
    os._exit(0)
os.wait()
assert m[4096:4101] == b"child" and m[:4] == bytes(4)
'
check "python3 maps /dev/mem" python3 -c '
import mmap, os
fd = os.open("/dev/mem", os.O_RDONLY)
m = mmap.mmap(fd, 65536, mmap.MAP_SHARED, mmap.PROT_READ, offset=0xf0000)
os.lseek(fd, 0xf0000, os.SEEK_SET)
assert m[:] == os.read(fd, 65536)
'
check "openssl draws from /dev/urandom" openssl rand -hex 16
check "modes of the devices" sh -c 'test "$(stat -c "%a %t:%T" /dev/null /dev/zero /dev/full /dev/random /dev/urandom | tr "\n" ,)" = "666 1:3,666 1:5,666 1:7,666 1:8,666 1:9,"'
# A loop disk, and direct I/O on it, one request after the other: load FIO-OPTION...
truncate -s 32M /tmp/disk
loop=$(losetup -f --show /tmp/disk)
queue=/sys/kernel/debug/block/${loop#/dev/}
load()
{
	fio --name=load --filename="$loop" --direct=1 --ioengine=psync --bs=4k --size=16M \
		--randseed=1 --output=/tmp/fio "$@"
}

# trace DIR BLKTRACE-OPTION... starts to trace the disk, traced ends it.
trace()
{
	local dir=$1
	shift

	blktrace -d "$loop" -D "$dir" -o t "$@" >"$dir.said" 2>&1 &
	tracer=$!
	until [ -e "$queue/trace1" ]; do
		sleep 0.1
	done
	sleep 5
}

traced()
{
	kill -INT $tracer
	wait $tracer
}

trace /tmp/all
load --number_ios=1000 --rw=randwrite
load --number_ios=500 --rw=randread
# A file of debugfs_create_file() can be mapped if it is one of the Rust relay.
check "mapping a file of blktrace" python3 -c '
import ctypes, errno, gzip, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
with open(sys.argv[1]) as f:
    p = libc.mmap(None, 4 << 19, 1, 1, f.fileno(), ctypes.c_long(0))
if b"\nCONFIG_RELAY_RUST=y\n" in gzip.open("/proc/config.gz").read():
    assert ctypes.c_uint32.from_address(p).value & ~0xff == 0x65617400
else:
    assert ctypes.c_long(p).value == -1 and ctypes.get_errno() == errno.ENODEV
' "$queue/trace0"
traced
check "blktrace dropped nothing" grep 'Total: *[0-9]* events (dropped 0)' /tmp/all.said
check "blkparse misses nothing" sh -c 'blkparse -D /tmp/all -i t | grep "^Skips: 0 forward"'
blkparse -q -D /tmp/all -i t -f '%a %d %n\n' | grep -v ^Input | sort | uniq -c | sed 's/^ */# events: /' |
	tee /tmp/events
check "each request is queued, made, issued and completed" sh -c '
for action in C D G Q; do
	echo "# events: 500 $action RS 8"
	echo "# events: 1000 $action WS 8"
done | diff - /tmp/events'

# Nobody reads: what does not fit is lost, and counted.
trace /tmp/some -b 4 -n 2
kill -STOP $tracer
load --number_ios=500 --rw=randwrite --cpus_allowed=0
dropped=$(cat "$queue/dropped")
kill -CONT $tracer
sleep 5
load --number_ios=20 --rw=randwrite --cpus_allowed=0
load --number_ios=20 --rw=randwrite --cpus_allowed=1
sleep 1
check "no reader, no loss any more" test "$dropped" = "$(cat "$queue/dropped")"
traced
check "blktrace says what was dropped" grep "(dropped $dropped)" /tmp/some.said
# Events are numbered, lost or not; notes about processes are not.
check "what was dropped is what is missing" python3 -c '
import glob, struct, sys
missing = seen = 0
for name in glob.glob("/tmp/some/t.blktrace.*"):
    data = open(name, "rb").read()
    at, numbers = 0, set()
    while at < len(data):
        magic, number = struct.unpack_from("<II", data, at)
        assert magic == 0x65617407
        numbers.add(number)
        at += 48 + struct.unpack_from("<H", data, at + 46)[0]
    numbers.discard(0)
    seen += len(numbers)
    missing += max(numbers) - len(numbers)
dropped = int(sys.argv[1])
print(seen, missing, dropped)
assert seen + missing == 540 * 4 and 1000 < missing <= dropped <= missing + 40
' "$dropped"
echo "1..$n"
exit $bad
