// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/port: each byte is one access to the I/O port of that number.
 *
 * Ports that do nothing: 0x80, where firmware shows its progress, and those at
 * the end, where no device is. On x86 the scratch register of the first serial
 * port is memory for one byte.
 */
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"
#include "uring.h"

#define SCRATCH 0x3ff

/* Without a bridge, an architecture with mapped ports has nothing there. */
static bool ports_are_mapped(void)
{
#ifdef __x86_64__
	return true;
#else
	static char text[65536];

	return read_text("/proc/ioports", text, sizeof(text)) > 0 && strchr(text, '-');
#endif
}

FIXTURE(port)
{
	int fd;
	char *hole;	/* 64 usable bytes, then none */
};

FIXTURE_SETUP(port)
{
	if (!ikconfig("DEVPORT"))
		SKIP(return, "CONFIG_DEVPORT is not set: there is no /dev/port");
	if (!ports_are_mapped())
		SKIP(return, "no bridge with I/O ports: an access would be an oops");
	self->fd = open("/dev/port", O_RDWR);
	ASSERT_LE(0, self->fd);
	self->hole = buffer_before_hole(64);
	ASSERT_NE(NULL, self->hole);
	memset(self->hole, 'x', 64);
}

FIXTURE_TEARDOWN(port)
{
	close(self->fd);
}

TEST_F(port, read)
{
	EXPECT_EQ(1, pread(self->fd, self->hole, 1, 0x80));
	EXPECT_EQ('x', self->hole[1]);
	EXPECT_EQ(3, pread(self->fd, self->hole, 3, 65530));
	EXPECT_EQ('x', self->hole[3]);
	EXPECT_EQ(0, pread(self->fd, self->hole, 0, 0x80));
}

#ifdef __x86_64__
TEST_F(port, write_and_read_back)
{
	static const unsigned char values[] = { 0x5a, 0xa5, 0x00, 0xff };
	unsigned char old, c;

	ASSERT_EQ(1, pread(self->fd, &old, 1, SCRATCH));
	for (int i = 0; i < ARRAY_SIZE(values); i++) {
		EXPECT_EQ(1, pwrite(self->fd, &values[i], 1, SCRATCH));
		EXPECT_EQ(1, pread(self->fd, &c, 1, SCRATCH));
		EXPECT_EQ(values[i], c);
	}
	EXPECT_EQ(1, pwrite(self->fd, &old, 1, SCRATCH));
}

/* One byte a port, in order. */
TEST_F(port, neighbours)
{
	unsigned char c[2] = { 0x5a, 0 }, d[2];

	/* No device has 0x400 in a machine with a serial port before it. */
	EXPECT_EQ(2, pwrite(self->fd, c, 2, SCRATCH));
	EXPECT_EQ(2, pread(self->fd, d, 2, SCRATCH));
	EXPECT_EQ(0x5a, d[0]);
	EXPECT_EQ(1, pread(self->fd, d, 1, SCRATCH));
	EXPECT_EQ(0x5a, d[0]);
}
#endif

TEST_F(port, position)
{
	EXPECT_EQ(65530, lseek(self->fd, 65530, SEEK_SET));
	EXPECT_EQ(4, read(self->fd, self->hole, 4));
	EXPECT_EQ(65534, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(1, write(self->fd, self->hole, 1));
	EXPECT_EQ(65535, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(0, read(self->fd, self->hole, 0));
	EXPECT_EQ(65535, lseek(self->fd, 0, SEEK_CUR));
}

/* There are 65536 ports. */
TEST_F(port, last_port)
{
	EXPECT_EQ(6, pread(self->fd, self->hole, 64, 65530));
	EXPECT_EQ('x', self->hole[6]);
	EXPECT_EQ(1, pread(self->fd, self->hole, 64, 65535));
	EXPECT_EQ(0, pread(self->fd, self->hole, 64, 65536));
	EXPECT_EQ(0, pread(self->fd, self->hole, 64, 1LL << 40));
	EXPECT_EQ(1, pwrite(self->fd, self->hole, 64, 65535));
	EXPECT_EQ(0, pwrite(self->fd, self->hole, 64, 65536));
	/* At the end the position stays, and nothing is wrong with the buffer. */
	EXPECT_EQ(65535, lseek(self->fd, 65535, SEEK_SET));
	EXPECT_EQ(1, read(self->fd, self->hole, 64));
	EXPECT_EQ(65536, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(0, read(self->fd, (void *)8, 64));
	EXPECT_EQ(0, write(self->fd, (void *)8, 64));
	EXPECT_EQ(65536, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(1 << 20, lseek(self->fd, 1 << 20, SEEK_SET));
	EXPECT_EQ(0, read(self->fd, self->hole, 64));
	EXPECT_EQ(1 << 20, lseek(self->fd, 0, SEEK_CUR));
}

/* Seeking is /dev/mem's, but reading takes no negative position. */
TEST_F(port, seek)
{
	EXPECT_EQ(0x80, lseek(self->fd, 0x80, SEEK_SET));
	EXPECT_EQ(0x70, lseek(self->fd, -0x10, SEEK_CUR));
	EXPECT_ERRNO(EINVAL, lseek(self->fd, 0, SEEK_END));
	EXPECT_ERRNO(EINVAL, lseek(self->fd, 0, SEEK_DATA));
	EXPECT_ERRNO(EOVERFLOW, lseek(self->fd, -1, SEEK_SET));
	EXPECT_ERRNO(EOVERFLOW, lseek(self->fd, -4095, SEEK_SET));
	EXPECT_EQ(0x70, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(-4096, lseek(self->fd, -4096, SEEK_SET));
	EXPECT_ERRNO(EINVAL, read(self->fd, self->hole, 1));
	EXPECT_ERRNO(EINVAL, write(self->fd, self->hole, 1));
}

TEST_F(port, bad_buffers)
{
	EXPECT_ERRNO(EFAULT, pread(self->fd, (void *)8, 1, 65530));
	EXPECT_ERRNO(EFAULT, pread(self->fd, (void *)-8192L, 1, 65530));
	EXPECT_ERRNO(EFAULT, pwrite(self->fd, (void *)8, 1, 65530));
	EXPECT_ERRNO(EFAULT, pwrite(self->fd, (void *)-8192L, 1, 65530));

	/* A read that fails later fails as a whole, and does not move. */
	EXPECT_EQ(65530, lseek(self->fd, 65530, SEEK_SET));
	EXPECT_ERRNO(EFAULT, read(self->fd, self->hole + 62, 4));
	EXPECT_EQ(65530, lseek(self->fd, 0, SEEK_CUR));
	/* A write that fails later has written what it could. */
	EXPECT_EQ(2, write(self->fd, self->hole + 62, 4));
	EXPECT_EQ(65532, lseek(self->fd, 0, SEEK_CUR));
}

TEST_F(port, vectors)
{
	struct iovec iov[] = { { self->hole, 2 }, { self->hole + 8, 64 - 8 } };

	EXPECT_EQ(6, preadv(self->fd, iov, 2, 65530));
	EXPECT_EQ('x', self->hole[2]);
	EXPECT_EQ('x', self->hole[12]);
	EXPECT_EQ(6, pwritev(self->fd, iov, 2, 65530));
}

TEST_F(port, io_uring)
{
	struct uring r;

	ASSERT_EQ(0, uring_open(&r));
	EXPECT_EQ(6, uring_rw(&r, IORING_OP_READ, self->fd, self->hole, 64, 65530, 0));
	EXPECT_EQ(6, uring_rw(&r, IORING_OP_WRITE, self->fd, self->hole, 64, 65530, 0));
	EXPECT_EQ(-EFAULT, uring_rw(&r, IORING_OP_READ, self->fd, (void *)8, 1, 65530, 0));
	EXPECT_EQ(-EOPNOTSUPP, uring_rw(&r, IORING_OP_URING_CMD, self->fd, NULL, 0, 0, 0));
}

TEST_F(port, no_splice)
{
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(1, write(p[1], "x", 1));
	EXPECT_ERRNO(EINVAL, splice(self->fd, &(loff_t){ 65530 }, p[1], NULL, 1, 0));
	EXPECT_ERRNO(EINVAL, splice(p[0], NULL, self->fd, &(loff_t){ 65530 }, 1, 0));
	EXPECT_ERRNO(EINVAL, sendfile(p[1], self->fd, &(off_t){ 65530 }, 1));
}

TEST_F(port, no_mmap)
{
	EXPECT_ERRNO(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, 0));
	EXPECT_ERRNO(ENODEV, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0));
}

TEST_F(port, wrong_direction)
{
	int rd = open("/dev/port", O_RDONLY), wr = open("/dev/port", O_WRONLY);

	ASSERT_LE(0, rd);
	ASSERT_LE(0, wr);
	EXPECT_ERRNO(EBADF, pwrite(rd, self->hole, 1, 65530));
	EXPECT_ERRNO(EBADF, pread(wr, self->hole, 1, 65530));
}

TEST_HARNESS_MAIN
