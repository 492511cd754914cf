#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs in a booted Debian user land: its programs on the memory devices. KTAP.

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
echo "1..$n"
exit $bad
