// SPDX-License-Identifier: GPL-2.0
/* /dev/random and /dev/urandom: reached through the memory device's open. */
#include <linux/random.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"
#include "uring.h"

FIXTURE(random)
{
	int fd;
};

FIXTURE_VARIANT(random)
{
	const char *path;
};

FIXTURE_VARIANT_ADD(random, random) { .path = "/dev/random" };
FIXTURE_VARIANT_ADD(random, urandom) { .path = "/dev/urandom" };

FIXTURE_SETUP(random)
{
	self->fd = open(variant->path, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(random)
{
	close(self->fd);
}

TEST_F(random, read_differs)
{
	static unsigned char a[4096], b[4096];
	int equal = 0;

	ASSERT_EQ(sizeof(a), read(self->fd, a, sizeof(a)));
	ASSERT_EQ(sizeof(b), read(self->fd, b, sizeof(b)));
	for (int i = 0; i < sizeof(a); i++)
		equal += a[i] == b[i];
	/* 16 are expected; 64 is twelve standard deviations above. */
	EXPECT_GT(64, equal);
	EXPECT_EQ(0, read(self->fd, a, 0));
}

TEST_F(random, vectors)
{
	unsigned char a[16] = {}, b[16] = {};
	struct iovec iov[] = { { a, sizeof(a) }, { b, sizeof(b) } };

	EXPECT_EQ(32, readv(self->fd, iov, 2));
	EXPECT_FALSE(filled_with(a, 0, sizeof(a)));
	EXPECT_FALSE(filled_with(b, 0, sizeof(b)));
	EXPECT_EQ(32, preadv(self->fd, iov, 2, 4096));
	EXPECT_EQ(32, writev(self->fd, iov, 2));
}

TEST_F(random, bad_buffers)
{
	char *buf = buffer_before_hole(64);

	ASSERT_NE(NULL, buf);
	EXPECT_ERRNO(EFAULT, read(self->fd, buf + 64, 16));
	EXPECT_ERRNO(EFAULT, write(self->fd, buf + 64, 16));
	/* In part: what fitted counts. */
	EXPECT_EQ(64, read(self->fd, buf, 128));
}

TEST_F(random, write)
{
	EXPECT_EQ(5, write(self->fd, "stir!", 5));
	EXPECT_EQ(5, pwrite(self->fd, "stir!", 5, 1 << 20));
	EXPECT_EQ(0, write(self->fd, "", 0));
}

TEST_F(random, position_never_moves)
{
	char buf[8];

	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(8, read(self->fd, buf, 8));
	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(0, lseek(self->fd, 4096, SEEK_SET));
	EXPECT_EQ(0, lseek(self->fd, -1, SEEK_END));
}

TEST_F(random, ioctl)
{
	int n = -1;

	EXPECT_EQ(0, ioctl(self->fd, RNDGETENTCNT, &n));
	EXPECT_LT(0, n);
	n = 0;
	EXPECT_EQ(0, ioctl(self->fd, RNDADDTOENTCNT, &n));
	n = -1;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, RNDADDTOENTCNT, &n));
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, RNDGETENTCNT, NULL));
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, 0xdead, NULL));
	ASSERT_EQ(0, drop_capability(CAP_SYS_ADMIN));
	n = 0;
	EXPECT_ERRNO(EPERM, ioctl(self->fd, RNDADDTOENTCNT, &n));
}

TEST_F(random, splice)
{
	char buf[4096] = {};
	int p[2];

	ASSERT_EQ(0, pipe(p));
	EXPECT_EQ(4096, splice(self->fd, NULL, p[1], NULL, 4096, 0));
	EXPECT_EQ(4096, read(p[0], buf, sizeof(buf)));
	EXPECT_FALSE(filled_with(buf, 0, sizeof(buf)));
	EXPECT_EQ(4096, write(p[1], buf, sizeof(buf)));
	EXPECT_EQ(4096, splice(p[0], NULL, self->fd, NULL, 4096, 0));
}

TEST_F(random, io_uring)
{
	struct uring r;
	char buf[64] = {};

	ASSERT_EQ(0, uring_open(&r));
	EXPECT_EQ(64, uring_rw(&r, IORING_OP_READ, self->fd, buf, 64, 0, 0));
	EXPECT_FALSE(filled_with(buf, 0, sizeof(buf)));
	EXPECT_EQ(64, uring_rw(&r, IORING_OP_WRITE, self->fd, buf, 64, 0, 0));
	EXPECT_EQ(64, uring_rw(&r, IORING_OP_READ, self->fd, buf, 64, 0, IOSQE_ASYNC));
	EXPECT_EQ(-EFAULT, uring_rw(&r, IORING_OP_READ, self->fd, NULL, 64, 0, 0));
	EXPECT_EQ(-EOPNOTSUPP, uring_rw(&r, IORING_OP_URING_CMD, self->fd, NULL, 0, 0, 0));
}

TEST_F(random, mmap)
{
	EXPECT_ERRNO(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, 0));
	EXPECT_ERRNO(ENODEV, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0));
}

TEST(random_is_ready)
{
	struct pollfd p = { .fd = open("/dev/random", O_RDWR), .events = POLLIN | POLLRDNORM };

	ASSERT_LE(0, p.fd);
	EXPECT_EQ(1, poll(&p, 1, 30000));
	EXPECT_EQ(POLLIN | POLLRDNORM, p.revents);
}

TEST_HARNESS_MAIN
