// SPDX-License-Identifier: GPL-2.0
/*
 * The sample driver samples/rust/rust_relay.rs: a relay channel, whose buffers
 * are read and mapped, and to which each write() to "produce" adds a record.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"

#define DIR	"/sys/kernel/debug/rust_relay"
#define SUBBUF	16384
#define NSUBBUF	4
#define SIZE	(SUBBUF * NSUBBUF)
#define RECORD	64

FIXTURE(relay)
{
	int fd;		/* of CPU 0 */
	int produce;
};

/* Reads all there is, and returns how much that was. */
static size_t drain(int fd)
{
	char buf[RECORD * 3];
	size_t sum = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		sum += n;
	return n ? -1 : sum;
}

/* Writes records with these numbers, and returns how many were taken. */
static int produce(int fd, unsigned int from, unsigned int to)
{
	unsigned int record[RECORD / sizeof(int)] = {};

	for (; from < to; from++) {
		record[0] = from;
		if (write(fd, record, RECORD) != RECORD)
			break;
	}
	return from;
}

FIXTURE_SETUP(relay)
{
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpu), &cpu));
	mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
	self->fd = open(DIR "/cpu0", O_RDONLY);
	ASSERT_LE(0, self->fd) TH_LOG("%s: enable SAMPLE_RUST_RELAY", strerror(errno));
	self->produce = open(DIR "/produce", O_WRONLY);
	ASSERT_LE(0, self->produce);
	ASSERT_NE(-1, drain(self->fd));
}

FIXTURE_TEARDOWN(relay)
{
	drain(self->fd);
	close(self->fd);
	close(self->produce);
}

TEST_F(relay, files)
{
	struct stat st;

	ASSERT_EQ(0, stat(DIR "/cpu0", &st));
	EXPECT_EQ(S_IFREG | 0400, st.st_mode);
	ASSERT_EQ(0, stat(DIR "/produce", &st));
	EXPECT_EQ(S_IFREG | 0600, st.st_mode);
}

TEST_F(relay, read_gives_records)
{
	unsigned int record[RECORD / sizeof(int)];

	ASSERT_EQ(1000, produce(self->produce, 0, 1000));
	for (unsigned int i = 0; i < 1000; i++) {
		ASSERT_EQ(RECORD, read(self->fd, record, RECORD));
		ASSERT_EQ(i, record[0]);
	}
	EXPECT_EQ(0, read(self->fd, record, RECORD));
}

TEST_F(relay, full_buffer_drops_the_newest)
{
	unsigned int record[RECORD / sizeof(int)];
	size_t room = SIZE;

	/* What is in the sub-buffer that is being written cannot be taken back. */
	ASSERT_EQ(3000, produce(self->produce, 0, 3000));
	for (unsigned int i = 0; room >= RECORD; i++, room -= RECORD) {
		ssize_t n = read(self->fd, record, RECORD);

		if (!n)
			break;
		ASSERT_EQ(RECORD, n);
		ASSERT_EQ(i, record[0]);
	}
	EXPECT_GT(SUBBUF, room);
	EXPECT_EQ(0, drain(self->fd));

	/* There is room again. */
	ASSERT_EQ(7, produce(self->produce, 6, 7));
	ASSERT_EQ(RECORD, read(self->fd, record, RECORD));
	EXPECT_EQ(6, record[0]);
}

TEST_F(relay, mapping_shows_what_read_gives)
{
	char *p = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, self->fd, 0);
	char mark[RECORD] = "a record to be found in the mapping";

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(RECORD, write(self->produce, mark, RECORD));
	EXPECT_NE(NULL, memmem(p, SIZE, mark, RECORD));

	/* The mapping keeps the buffer. */
	drain(self->fd);
	close(self->fd);
	EXPECT_NE(NULL, memmem(p, SIZE, mark, RECORD));
	EXPECT_EQ(0, munmap(p, SIZE));
	self->fd = open(DIR "/cpu0", O_RDONLY);
}

TEST_F(relay, only_all_of_it_is_mapped)
{
	long page = sysconf(_SC_PAGESIZE);
	off_t offset;

	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE - page, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE + page, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(EINVAL, errno);
	for (offset = page; offset < 1L << 40; offset *= 2) {
		EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ, MAP_SHARED, self->fd, offset));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_WRITE, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(EACCES, errno);
}

TEST_F(relay, poll_waits_for_a_full_subbuf)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };

	EXPECT_EQ(0, poll(&p, 1, 0));
	/* One more than fits. */
	produce(self->produce, 0, SUBBUF / RECORD + 1);
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLIN, p.revents);
}

TEST_F(relay, no_position)
{
	char c;

	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pread(self->fd, &c, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_F(relay, bad_records_and_buffers)
{
	char record[RECORD + 1] = {};

	EXPECT_EQ(-1, write(self->produce, record, RECORD + 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->produce, NULL, RECORD));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(RECORD, write(self->produce, record, RECORD));
	/* As in C: nothing was read. */
	EXPECT_EQ(0, read(self->fd, NULL, RECORD));
	EXPECT_EQ(RECORD, drain(self->fd));
}

TEST_HARNESS_MAIN
