// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the files of a relay channel: what is there comes once and in order,
 * without the padding, in whatever portions it is asked for.
 */
#include <sys/sendfile.h>

#include "kselftest_harness.h"
#include "relay_test.h"

#define SUBBUF		1024
#define N_SUBBUFS	4
#define ALL		(SUBBUF * N_SUBBUFS)

FIXTURE(read)
{
	struct channel c;
	int fd;
	uint64_t seq;
	char buf[2 * ALL];
};

FIXTURE_VARIANT(read)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(read, in_tree) {
	.flags = 0,
};

FIXTURE_VARIANT_ADD(read, unsafe) {
	.flags = TEST_RELAY_UNSAFE,
};

FIXTURE_SETUP(read)
{
	ASSERT_EQ(0, channel_open(&self->c, SUBBUF, N_SUBBUFS, variant->flags));
	self->fd = channel_file(&self->c, 0, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(read)
{
	close(self->fd);
	EXPECT_EQ(0, channel_close(&self->c));
	close(self->c.ctl);
}

TEST_F(read, empty)
{
	EXPECT_EQ(0, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(0, read(self->fd, self->buf, 0));
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, 100));
	EXPECT_EQ(0, read(self->fd, self->buf, 0));
	EXPECT_EQ(100, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(0, read(self->fd, self->buf, sizeof(self->buf)));
}

/* Ten records of 100 fit, and 24 bytes stay free. */
TEST_F(read, padding_is_left_out)
{
	ASSERT_EQ(0, channel_write(&self->c, 0, 25, 100));
	EXPECT_EQ(24, channel_stat(&self->c, 0, 0).padding);
	EXPECT_EQ(24, channel_stat(&self->c, 0, 1).padding);
	EXPECT_EQ(0, channel_stat(&self->c, 0, 2).padding);
	EXPECT_EQ(2, channel_stat(&self->c, 0, 0).produced);
	EXPECT_EQ(500, channel_stat(&self->c, 0, 0).offset);
	EXPECT_EQ(0, channel_stat(&self->c, 0, 0).consumed);
	ASSERT_EQ(2500, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(25, records_in(self->buf, 2500, 0, &self->seq));
	EXPECT_EQ(2, channel_stat(&self->c, 0, 0).consumed);
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, 100));
	ASSERT_EQ(100, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(1, records_in(self->buf, 100, 0, &self->seq));
}

TEST_F(read, no_padding)
{
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, channel_write(&self->c, 0, 3 * SUBBUF / 128, 128));
		ASSERT_EQ(3 * SUBBUF, read(self->fd, self->buf, sizeof(self->buf)));
		EXPECT_EQ(24, records_in(self->buf, 3 * SUBBUF, 0, &self->seq));
		EXPECT_EQ(0, read(self->fd, self->buf, sizeof(self->buf)));
	}
}

/* In portions of any size the same bytes come, whatever they cut through. */
TEST_F(read, portions)
{
	static const size_t portions[] = { 1, 7, 16, 99, 100, 101, 999, 1000, 1001, SUBBUF, 2500 };

	for (int i = 0; i < ARRAY_SIZE(portions); i++) {
		size_t len = 0;
		ssize_t n;

		ASSERT_EQ(0, channel_write(&self->c, 0, 37, 100));
		while ((n = read(self->fd, self->buf + len, portions[i])) > 0) {
			EXPECT_GE(portions[i], n);
			len += n;
			ASSERT_GE(3700, len) TH_LOG("portions of %zu", portions[i]);
		}
		ASSERT_EQ(0, n);
		EXPECT_EQ(37, records_in(self->buf, len, 0, &self->seq))
			TH_LOG("portions of %zu", portions[i]);
		EXPECT_EQ(3700, len);
		ASSERT_EQ(0, channel_reset(&self->c));
	}
}

/* Whatever the sizes of records and portions, if the buffer is never full. */
TEST_F(read, mixed_sizes)
{
	static char all[1 << 20];
	unsigned int seed = 1;
	size_t len = 0, written = 0;
	ssize_t n;

	while (written < sizeof(all) - 2 * SUBBUF) {
		struct test_relay_stat stat = channel_stat(&self->c, 0, 0);

		if (stat.produced - stat.consumed < N_SUBBUFS - 1) {
			size_t size = rand_r(&seed) % 4 ? 16 + rand_r(&seed) % 200
							: 16 + rand_r(&seed) % (SUBBUF - 15);

			ASSERT_EQ(0, channel_write(&self->c, 0, 1, size));
			written += size;
		}
		if (rand_r(&seed) % 3)
			continue;
		n = read(self->fd, all + len, rand_r(&seed) % (2 * SUBBUF));
		ASSERT_LE(0, n);
		len += n;
		ASSERT_GE(written, len);
	}
	while ((n = read(self->fd, all + len, 100)) > 0)
		len += n;
	EXPECT_EQ(written, len);
	EXPECT_EQ(channel_stat(&self->c, 0, 0).seq, records_in(all, len, 0, &self->seq));
	EXPECT_EQ(0, channel_stat(&self->c, 0, 0).buf_full);
}

TEST_F(read, reserved_header)
{
	struct channel c;
	int fd;

	ASSERT_EQ(0, channel_open(&c, SUBBUF, N_SUBBUFS, variant->flags | TEST_RELAY_RESERVE));
	fd = channel_file(&c, 0, O_RDONLY);
	ASSERT_LE(0, fd);
	/* It can be read before there is any record. */
	ASSERT_EQ(TEST_RELAY_HEADER, read(fd, self->buf, sizeof(self->buf)));
	EXPECT_TRUE(filled_with(self->buf, 'H', TEST_RELAY_HEADER));
	ASSERT_EQ(0, channel_write(&c, 0, 15, 100));
	ASSERT_EQ(1500 + TEST_RELAY_HEADER, read(fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(10, records_in(self->buf, 1000, 0, &self->seq));
	EXPECT_TRUE(filled_with(self->buf + 1000, 'H', TEST_RELAY_HEADER));
	EXPECT_EQ(5, records_in(self->buf + 1000 + TEST_RELAY_HEADER, 500, 0, &self->seq));
	EXPECT_EQ(0, channel_close(&c));
}

/* The position belongs to the buffer. */
TEST_F(read, two_files)
{
	int fd = channel_file(&self->c, 0, O_RDONLY);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, channel_write(&self->c, 0, 30, 100));
	ASSERT_EQ(1050, read(self->fd, self->buf, 1050));
	ASSERT_EQ(1000, read(fd, self->buf + 1050, 1000));
	ASSERT_EQ(950, read(self->fd, self->buf + 2050, sizeof(self->buf) - 2050));
	EXPECT_EQ(30, records_in(self->buf, 3000, 0, &self->seq));
	EXPECT_EQ(0, read(fd, self->buf, sizeof(self->buf)));
}

/* What could not be copied has not been read, and is no error. */
TEST_F(read, bad_address)
{
	char *end = buffer_before_hole(1500);

	ASSERT_NE(NULL, end);
	ASSERT_EQ(0, channel_write(&self->c, 0, 20, 100));
	EXPECT_EQ(0, read(self->fd, end + 1500, 100));
	EXPECT_EQ(1000, read(self->fd, end, 2000));
	EXPECT_EQ(10, records_in(end, 1000, 0, &self->seq));
	EXPECT_EQ(1000, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(10, records_in(self->buf, 1000, 0, &self->seq));
}

/* A stream, which nothing but read() takes from. */
TEST_F(read, other_calls)
{
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, channel_write(&self->c, 0, 20, 100));
	EXPECT_ERRNO(ESPIPE, lseek(self->fd, 0, SEEK_SET));
	EXPECT_ERRNO(ESPIPE, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_ERRNO(ESPIPE, pread(self->fd, self->buf, 10, 0));
	EXPECT_ERRNO(ESPIPE, pwrite(self->fd, self->buf, 10, 0));
	EXPECT_ERRNO(EINVAL, write(self->fd, self->buf, 10));
	EXPECT_ERRNO(ENOTTY, ioctl(self->fd, TEST_RELAY_FLUSH));
	EXPECT_ERRNO(EINVAL, splice(self->fd, NULL, p[1], NULL, 1000, 0));
	EXPECT_ERRNO(EINVAL, sendfile(p[1], self->fd, NULL, 1000));
	EXPECT_EQ(2000, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(20, records_in(self->buf, 2000, 0, &self->seq));
}

/* The size of the file is what completed sub-buffers hold, read or not. */
TEST_F(read, file_size)
{
	struct stat st;

	ASSERT_EQ(0, channel_write(&self->c, 0, 10, 100));
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(0, st.st_size);
	EXPECT_EQ(S_IFREG | 0400, st.st_mode);
	ASSERT_EQ(0, channel_write(&self->c, 0, 11, 100));
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(2000, st.st_size);
	ASSERT_EQ(2100, read(self->fd, self->buf, sizeof(self->buf)));
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(2000, st.st_size);
	ASSERT_EQ(0, channel_flush(&self->c));
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(2100, st.st_size);
}

TEST_HARNESS_MAIN
