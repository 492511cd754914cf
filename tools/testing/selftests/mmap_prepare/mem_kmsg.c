// SPDX-License-Identifier: GPL-2.0
/* /dev/kmsg: reached through the memory device's open. */
#include <poll.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"
#include "uring.h"

#define RECORD_MAX 8192

/* Writes a line with a number nobody else has. Ten a file are not rate limited. */
static int put_line(int fd)
{
	static int serial;
	char line[64];
	int id = getpid() * 1000 + serial++;

	snprintf(line, sizeof(line), "<14>mmap_prepare test %d\n", id);
	return write(fd, line, strlen(line)) == (ssize_t)strlen(line) ? id : -1;
}

/* Reads records up to the line with that number. */
static bool find_line(int fd, int id, char *record)
{
	char want[64];
	ssize_t n;

	snprintf(want, sizeof(want), ";mmap_prepare test %d\n", id);
	while ((n = read(fd, record, RECORD_MAX - 1)) > 0 || errno == EPIPE) {
		record[n > 0 ? n : 0] = '\0';
		if (strstr(record, want))
			return true;
	}
	return false;
}

FIXTURE(kmsg)
{
	int fd;
	char record[RECORD_MAX];
};

FIXTURE_SETUP(kmsg)
{
	self->fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(kmsg)
{
	close(self->fd);
}

TEST_F(kmsg, write_and_read_back)
{
	int id;

	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_END));
	id = put_line(self->fd);
	ASSERT_LT(0, id);
	ASSERT_TRUE(find_line(self->fd, id, self->record));
	EXPECT_EQ(0, strncmp(self->record, "14,", 3)) TH_LOG("%s", self->record);
	EXPECT_EQ(4, writev(self->fd, (struct iovec[]){ { "<15", 3 }, { ">", 1 } }, 2));
}

TEST_F(kmsg, end_of_log)
{
	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_END));
	while (read(self->fd, self->record, RECORD_MAX) > 0)
		;
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(kmsg, small_buffer)
{
	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_END));
	ASSERT_LT(0, put_line(self->fd));
	EXPECT_ERRNO(EINVAL, read(self->fd, self->record, 4));
	/* The record counts as read. */
	ASSERT_LT(0, put_line(self->fd));
	EXPECT_ERRNO(EFAULT, read(self->fd, (void *)8, RECORD_MAX));
}

TEST_F(kmsg, write_limits)
{
	char *big = malloc(1 << 16);

	memset(big, 'x', 1 << 16);
	EXPECT_ERRNO(EINVAL, write(self->fd, big, 1 << 16));
	EXPECT_ERRNO(EFAULT, write(self->fd, (void *)8, 100));
}

TEST_F(kmsg, seek)
{
	int id = put_line(self->fd);

	ASSERT_LT(0, id);
	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_SET));
	EXPECT_TRUE(find_line(self->fd, id, self->record));
	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_DATA));
	EXPECT_TRUE(find_line(self->fd, id, self->record));
	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_END));
	EXPECT_FALSE(find_line(self->fd, id, self->record));
	EXPECT_ERRNO(ESPIPE, lseek(self->fd, 1, SEEK_SET));
	EXPECT_ERRNO(ESPIPE, lseek(self->fd, -1, SEEK_END));
	EXPECT_ERRNO(EINVAL, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_ERRNO(EINVAL, lseek(self->fd, 0, SEEK_HOLE));
}

TEST_F(kmsg, poll)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN | POLLRDNORM };
	int ready = 1;

	/* The kernel may have something to say, but not always. */
	for (int i = 0; i < 10 && ready; i++) {
		EXPECT_EQ(0, lseek(self->fd, 0, SEEK_END));
		ready = poll(&p, 1, 0);
	}
	EXPECT_EQ(0, ready);
	ASSERT_LT(0, put_line(self->fd));
	EXPECT_EQ(1, poll(&p, 1, 30000));
	EXPECT_EQ(POLLIN | POLLRDNORM, p.revents);
}

/* Each open has its own place in the log. */
TEST_F(kmsg, opens_are_independent)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK), id;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_END));
	id = put_line(self->fd);
	EXPECT_TRUE(find_line(self->fd, id, self->record));
	EXPECT_TRUE(find_line(fd, id, self->record));
	EXPECT_FALSE(find_line(fd, id, self->record));
}

TEST_F(kmsg, splice)
{
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(4, write(p[1], "<14>", 4));
	EXPECT_ERRNO(EINVAL, splice(self->fd, NULL, p[1], NULL, 4096, 0));
	EXPECT_ERRNO(EINVAL, splice(p[0], NULL, self->fd, NULL, 4, 0));
}

TEST_F(kmsg, io_uring)
{
	char line[] = "<14>mmap_prepare test through io_uring\n";
	bool found = false;
	struct uring r;

	ASSERT_EQ(0, uring_open(&r));
	EXPECT_EQ(0, lseek(self->fd, 0, SEEK_END));
	EXPECT_EQ(strlen(line), uring_rw(&r, IORING_OP_WRITE, self->fd, line, strlen(line), -1, 0));
	for (int i = 0; i < 10 && !found; i++) {
		ASSERT_LT(0, uring_rw(&r, IORING_OP_READ, self->fd, self->record,
				      RECORD_MAX - 1, -1, 0));
		found = strstr(self->record, "through io_uring");
	}
	EXPECT_TRUE(found);
	EXPECT_EQ(-EOPNOTSUPP, uring_rw(&r, IORING_OP_URING_CMD, self->fd, NULL, 0, 0, 0));
}

TEST_F(kmsg, mmap)
{
	EXPECT_ERRNO(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, 0));
	EXPECT_ERRNO(ENODEV, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0));
}

TEST_F(kmsg, read_of_a_write_only_file)
{
	int fd = open("/dev/kmsg", O_WRONLY);

	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EBADF, read(fd, self->record, RECORD_MAX));
	EXPECT_LT(0, put_line(fd));
}

TEST_HARNESS_MAIN
