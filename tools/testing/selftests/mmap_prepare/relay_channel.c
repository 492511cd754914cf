// SPDX-License-Identifier: GPL-2.0
/*
 * Channels of relay: what a full buffer does, statistics, flush, reset, poll,
 * the kinds of channels, CPUs that come and go, and closing.
 */
#include "kselftest_harness.h"
#include "relay_test.h"

#define SUBBUF		1024
#define N_SUBBUFS	4
#define RECORD		128	/* a divisor of SUBBUF */
#define FIT		(SUBBUF * N_SUBBUFS / RECORD)

FIXTURE(relay)
{
	struct channel c;
	int fd;
	uint64_t seq;
	char buf[2 * SUBBUF * N_SUBBUFS];
};

FIXTURE_VARIANT(relay)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(relay, in_tree) {
	.flags = 0,
};

FIXTURE_VARIANT_ADD(relay, unsafe) {
	.flags = TEST_RELAY_UNSAFE,
};

FIXTURE_SETUP(relay)
{
	ASSERT_EQ(0, channel_open(&self->c, SUBBUF, N_SUBBUFS, variant->flags));
	self->fd = channel_file(&self->c, 0, O_RDONLY);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(relay)
{
	close(self->fd);
	close(self->c.ctl);
}

/* A channel of another kind in the place of that of the fixture. */
#define REOPEN(more) do {								\
	close(self->fd);								\
	ASSERT_EQ(0, channel_close(&self->c));						\
	close(self->c.ctl);								\
	ASSERT_EQ(0, channel_open(&self->c, SUBBUF, N_SUBBUFS, variant->flags | (more)));\
	self->fd = channel_file(&self->c, 0, O_RDONLY);					\
} while (0)

/* Reads everything; true if it is @count records from number @first on. */
#define READS(first, count) ({								\
	ssize_t __n = read(self->fd, self->buf, sizeof(self->buf));			\
											\
	self->seq = (first);								\
	__n >= 0 && records_in(self->buf, __n, 0, &self->seq) == (count);		\
})

#define STAT(field) (channel_stat(&self->c, 0, 0).field)

TEST_F(relay, full)
{
	ASSERT_EQ(0, channel_write(&self->c, 0, FIT, RECORD));
	EXPECT_EQ(0, STAT(full));
	EXPECT_EQ(N_SUBBUFS - 1, STAT(produced));
	ASSERT_EQ(0, channel_write(&self->c, 0, 8, RECORD));
	EXPECT_EQ(1, STAT(full));
	EXPECT_EQ(N_SUBBUFS, STAT(produced));
	EXPECT_EQ(SUBBUF + 1, STAT(offset));
	EXPECT_EQ(8, STAT(buf_full));
	EXPECT_EQ(8, STAT(full_count));
	EXPECT_EQ(0, STAT(wrt_big));
	/* The first ones are kept. */
	EXPECT_TRUE(READS(0, FIT));
	EXPECT_EQ(0, STAT(full));
	EXPECT_EQ(0, read(self->fd, self->buf, sizeof(self->buf)));
	ASSERT_EQ(0, channel_write(&self->c, 0, 3, RECORD));
	EXPECT_TRUE(READS(FIT + 8, 3));
	EXPECT_EQ(8, STAT(buf_full));
}

/* One sub-buffer that has been read makes room for one. */
TEST_F(relay, full_and_read_in_part)
{
	ASSERT_EQ(0, channel_write(&self->c, 0, FIT + 1, RECORD));
	EXPECT_EQ(SUBBUF - 1, read(self->fd, self->buf, SUBBUF - 1));
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, RECORD));
	EXPECT_EQ(2, STAT(buf_full));
	EXPECT_EQ(1, read(self->fd, self->buf + SUBBUF - 1, 1));
	EXPECT_EQ(8, records_in(self->buf, SUBBUF, 0, &self->seq));
	ASSERT_EQ(0, channel_write(&self->c, 0, 9, RECORD));
	EXPECT_EQ(3, STAT(buf_full));
	EXPECT_EQ(FIT * RECORD, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(FIT - 8, records_in(self->buf, (FIT - 8) * RECORD, 0, &self->seq));
	self->seq = FIT + 2;
	EXPECT_EQ(8, records_in(self->buf + (FIT - 8) * RECORD, SUBBUF, 0, &self->seq));
}

/* relay_reserve() tells its caller as well. */
TEST_F(relay, full_without_slot)
{
	ASSERT_EQ(0, channel_write_how(&self->c, TEST_RELAY_SLOT, 0, FIT + 5, RECORD));
	EXPECT_EQ(5, STAT(refused));
	EXPECT_EQ(5, STAT(buf_full));
	EXPECT_TRUE(READS(0, FIT));
	ASSERT_EQ(0, channel_write_how(&self->c, TEST_RELAY_WRITE_TASK, 0, FIT + 5, RECORD));
	EXPECT_EQ(5, STAT(refused));
	EXPECT_EQ(10, STAT(buf_full));
	EXPECT_TRUE(READS(FIT + 5, FIT));
}

/* A sub-buffer that is written over counts once; reading starts with the next. */
TEST_F(relay, overwrite)
{
	REOPEN(TEST_RELAY_OVERWRITE);
	ASSERT_EQ(0, channel_write(&self->c, 0, FIT, RECORD));
	EXPECT_EQ(0, STAT(buf_full));
	ASSERT_EQ(0, channel_write(&self->c, 0, 3, RECORD));
	EXPECT_EQ(1, STAT(buf_full));
	EXPECT_TRUE(READS(8, FIT - 8 + 3));
	ASSERT_EQ(0, channel_write(&self->c, 0, 1000, RECORD));
	/* 1035 records, in whose last sub-buffer are 3. */
	EXPECT_TRUE(READS(FIT + 3 + 1000 - (FIT - 8 + 3), FIT - 8 + 3));
	EXPECT_EQ(0, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ((FIT + 3 + 1000) / 8, STAT(produced));
}

TEST_F(relay, too_big)
{
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, SUBBUF + 1));
	EXPECT_EQ(1, STAT(wrt_big));
	EXPECT_EQ(0, STAT(buf_full));
	EXPECT_EQ(0, STAT(produced));
	EXPECT_EQ(0, STAT(offset));
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, SUBBUF));
	EXPECT_EQ(1, STAT(wrt_big));
	EXPECT_TRUE(READS(1, 1));

	/* Too big for what the header leaves: found when the next one was begun. */
	REOPEN(TEST_RELAY_RESERVE);
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, SUBBUF - TEST_RELAY_HEADER + 1));
	EXPECT_EQ(1, STAT(wrt_big));
	EXPECT_EQ(1, STAT(produced));
	EXPECT_EQ(TEST_RELAY_HEADER, STAT(offset));
	EXPECT_EQ(SUBBUF - TEST_RELAY_HEADER, STAT(padding));
	ASSERT_EQ(0, channel_write_how(&self->c, TEST_RELAY_SLOT, 0, 1, SUBBUF));
	EXPECT_EQ(1, STAT(refused));
	EXPECT_EQ(2, STAT(wrt_big));
}

TEST_F(relay, flush)
{
	ASSERT_EQ(0, channel_write(&self->c, 0, 3, RECORD));
	EXPECT_EQ(0, poll_now(self->fd));
	ASSERT_EQ(0, channel_flush(&self->c));
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(self->fd));
	EXPECT_EQ(SUBBUF - 3 * RECORD, STAT(padding));
	EXPECT_EQ(1, STAT(produced));
	EXPECT_EQ(0, STAT(offset));
	ASSERT_EQ(0, channel_write(&self->c, 0, 2, RECORD));
	EXPECT_TRUE(READS(0, 5));
	EXPECT_EQ(0, poll_now(self->fd));
	/* To flush the last sub-buffer is to be full. */
	for (int i = 0; i < N_SUBBUFS; i++) {
		EXPECT_EQ(0, STAT(full_count));
		ASSERT_EQ(0, channel_write(&self->c, 0, 1, RECORD));
		ASSERT_EQ(0, channel_flush(&self->c));
	}
	EXPECT_EQ(1, STAT(full_count));
	EXPECT_EQ(1, STAT(full));
	EXPECT_TRUE(READS(5, 4));
}

/* Each flush makes a sub-buffer, with or without anything in it. */
TEST_F(relay, flush_of_nothing)
{
	ASSERT_EQ(0, channel_flush(&self->c));
	EXPECT_EQ(1, STAT(produced));
	EXPECT_EQ(SUBBUF, STAT(padding));
	EXPECT_EQ(0, read(self->fd, self->buf, sizeof(self->buf)));
	ASSERT_EQ(0, channel_write(&self->c, 0, 10, RECORD));
	EXPECT_TRUE(READS(0, 10));
	EXPECT_EQ(0, read(self->fd, self->buf, sizeof(self->buf)));
}

TEST_F(relay, reset)
{
	struct stat st;

	ASSERT_EQ(0, channel_write(&self->c, 0, FIT + 3, RECORD));
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, SUBBUF + 1));
	EXPECT_EQ(200, read(self->fd, self->buf, 200));
	ASSERT_EQ(0, channel_reset(&self->c));
	EXPECT_EQ(0, STAT(produced));
	EXPECT_EQ(0, STAT(consumed));
	EXPECT_EQ(0, STAT(offset));
	EXPECT_EQ(0, STAT(buf_full));
	EXPECT_EQ(0, STAT(wrt_big));
	EXPECT_EQ(0, STAT(full));
	EXPECT_EQ(0, poll_now(self->fd));
	EXPECT_EQ(0, read(self->fd, self->buf, sizeof(self->buf)));
	ASSERT_EQ(0, channel_write(&self->c, 0, 9, RECORD));
	EXPECT_TRUE(READS(FIT + 4, 9));
	/* But the size of the file goes on. */
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ((N_SUBBUFS + 1) * SUBBUF, st.st_size);
}

/* Whole sub-buffers are what a reader is woken for. */
TEST_F(relay, poll)
{
	int wr = channel_file(&self->c, 0, O_WRONLY);

	ASSERT_LE(0, wr);
	EXPECT_EQ(0, poll_now(self->fd));
	ASSERT_EQ(0, channel_write(&self->c, 0, 8, RECORD));
	EXPECT_EQ(0, poll_now(self->fd));
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, RECORD));
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(self->fd));
	EXPECT_EQ(0, poll_now(wr));
	EXPECT_TRUE(READS(0, 9));
	EXPECT_EQ(0, poll_now(self->fd));
}

TEST_F(relay, poll_wakes)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };
	pid_t child = fork();
	int status;

	if (!child)
		_exit(poll(&p, 1, 30000) != 1 || p.revents != POLLIN);
	/* Asleep, as far as one can tell. */
	usleep(300000);
	EXPECT_EQ(0, waitpid(child, &status, WNOHANG));
	ASSERT_EQ(0, channel_write(&self->c, 0, 9, RECORD));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(relay, each_cpu_its_buffer)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char all[SUBBUF];

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, channel_write(&self->c, TEST_RELAY_ALL_CPUS, 1, RECORD));
	for (int cpu = 0; cpu < cpus; cpu++) {
		int fd = channel_file(&self->c, cpu, O_RDONLY);
		uint64_t seq = 0;

		ASSERT_LE(0, fd);
		ASSERT_EQ(3 * RECORD, read(fd, all, sizeof(all)));
		EXPECT_EQ(3, records_in(all, 3 * RECORD, cpu, &seq));
		ASSERT_EQ(0, channel_write(&self->c, cpu, FIT + 1, RECORD));
	}
	/* The statistics are those of all. */
	EXPECT_EQ(1 + 3, STAT(full_count));
	EXPECT_EQ((1 + 3) * cpus, STAT(buf_full));
	EXPECT_EQ(-ENOENT, channel_file(&self->c, cpus, O_RDONLY));
}

TEST_F(relay, global)
{
	int last = sysconf(_SC_NPROCESSORS_ONLN) - 1;

	REOPEN(TEST_RELAY_GLOBAL);
	EXPECT_EQ(-ENOENT, channel_file(&self->c, 1, O_RDONLY));
	ASSERT_EQ(0, channel_write(&self->c, 0, 2, RECORD));
	ASSERT_EQ(0, channel_write(&self->c, last, 2, RECORD));
	ASSERT_EQ(4 * RECORD, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(2, records_in(self->buf, 2 * RECORD, 0, &self->seq));
	self->seq = last ? 0 : 2;
	EXPECT_EQ(2, records_in(self->buf + 2 * RECORD, 2 * RECORD, last, &self->seq));
	ASSERT_EQ(0, channel_write(&self->c, last, FIT, RECORD));
	EXPECT_EQ(4, STAT(buf_full));
	ASSERT_EQ(0, channel_reset(&self->c));
	EXPECT_EQ(0, STAT(buf_full));
	ASSERT_EQ(0, channel_write(&self->c, last, 1, RECORD));
	ASSERT_EQ(0, channel_flush(&self->c));
	EXPECT_EQ(1, STAT(produced));
	EXPECT_EQ(RECORD, read(self->fd, self->buf, sizeof(self->buf)));
}

/* Those who write one buffer at once lose nothing but what does not fit. */
TEST_F(relay, global_writers)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);

	REOPEN(TEST_RELAY_GLOBAL);
	for (int i = 1; i <= 100; i++) {
		ASSERT_EQ(0, channel_write(&self->c, TEST_RELAY_ALL_CPUS, FIT, RECORD));
		ASSERT_EQ(i * (cpus - 1) * FIT, STAT(buf_full));
		ASSERT_EQ(FIT * RECORD, read(self->fd, self->buf, sizeof(self->buf)));
	}
}

/* Without a name the buffers have no files, until their owner makes some. */
TEST_F(relay, late_files)
{
	struct stat st;

	REOPEN(TEST_RELAY_LATE);
	EXPECT_EQ(-ENOENT, self->fd);
	ASSERT_EQ(0, channel_write(&self->c, 0, 20, 100));
	EXPECT_EQ(1000, STAT(early_bytes));
	ASSERT_EQ(0, ioctl(self->c.ctl, TEST_RELAY_FILES));
	self->fd = channel_file(&self->c, 0, O_RDONLY);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(0, st.st_size);
	EXPECT_TRUE(READS(0, 20));
	ASSERT_EQ(0, channel_write(&self->c, 0, 1, 100));
	EXPECT_EQ(2000, STAT(early_bytes));
	EXPECT_TRUE(READS(20, 1));
}

TEST_F(relay, late_global)
{
	REOPEN(TEST_RELAY_LATE | TEST_RELAY_GLOBAL);
	ASSERT_EQ(0, channel_write(&self->c, 0, 20, 100));
	ASSERT_EQ(0, ioctl(self->c.ctl, TEST_RELAY_FILES));
	self->fd = channel_file(&self->c, 0, O_RDONLY);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(-ENOENT, channel_file(&self->c, 1, O_RDONLY));
	EXPECT_TRUE(READS(0, 20));
}

/* A CPU gets its buffer when it first comes, and keeps it when it goes. */
TEST_F(relay, hotplug)
{
	uint64_t seq = 0;
	int fd;

	ASSERT_EQ(0, write_text(CPU1_ONLINE, "0")) TH_LOG("needs a CPU to take away");
	REOPEN(0);
	EXPECT_EQ(-ENOENT, channel_file(&self->c, 1, O_RDONLY));
	EXPECT_EQ(-ENXIO, channel_write(&self->c, 1, 1, RECORD));
	ASSERT_EQ(0, write_text(CPU1_ONLINE, "1"));
	fd = channel_file(&self->c, 1, O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, channel_write(&self->c, 1, FIT + 2, RECORD));
	EXPECT_EQ(2, STAT(buf_full));

	ASSERT_EQ(0, write_text(CPU1_ONLINE, "0"));
	/* What it has lost is lost: the C relay forgets it while the CPU is away. */
	EXPECT_EQ(ikconfig("RELAY_RUST") ? 2 : 0, STAT(buf_full));
	EXPECT_EQ(10 * RECORD, read(fd, self->buf, 10 * RECORD));
	ASSERT_EQ(0, channel_flush(&self->c));
	ASSERT_EQ(0, write_text(CPU1_ONLINE, "1"));
	ASSERT_EQ(0, channel_write(&self->c, 1, 1, RECORD));
	EXPECT_EQ((FIT - 10 + 1) * RECORD,
		  read(fd, self->buf + 10 * RECORD, sizeof(self->buf) - 10 * RECORD));
	EXPECT_EQ(FIT, records_in(self->buf, FIT * RECORD, 1, &seq));
	seq = FIT + 2;
	EXPECT_EQ(1, records_in(self->buf + FIT * RECORD, RECORD, 1, &seq));
}

/* It gets the buffer of all, if that is what the channel has. */
TEST_F(relay, hotplug_global)
{
	ASSERT_EQ(0, write_text(CPU1_ONLINE, "0")) TH_LOG("needs a CPU to take away");
	REOPEN(TEST_RELAY_GLOBAL);
	ASSERT_EQ(0, write_text(CPU1_ONLINE, "1"));
	EXPECT_EQ(-ENOENT, channel_file(&self->c, 1, O_RDONLY));
	ASSERT_EQ(0, channel_write(&self->c, 1, 2, RECORD));
	ASSERT_EQ(2 * RECORD, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(2, records_in(self->buf, 2 * RECORD, 1, &self->seq));
}

/* Open files outlive the channel; with the C relay, only those that can be mapped. */
TEST_F(relay, close_with_open_files)
{
	bool dead = !ikconfig("RELAY_RUST") && !(variant->flags & TEST_RELAY_UNSAFE);

	ASSERT_EQ(0, channel_write(&self->c, 0, 20, 100));
	ASSERT_EQ(0, channel_close(&self->c));
	EXPECT_EQ(-ENOENT, channel_file(&self->c, 0, O_RDONLY));
	EXPECT_EQ(dead ? POLLHUP : POLLERR, poll_now(self->fd));
	EXPECT_EQ(dead ? -EIO : 2000, SYSRET(read(self->fd, self->buf, sizeof(self->buf))));
	if (!dead)
		EXPECT_EQ(20, records_in(self->buf, 2000, 0, &self->seq));
	EXPECT_EQ(dead ? -EIO : 0, SYSRET(read(self->fd, self->buf, sizeof(self->buf))));
}

TEST_F(relay, close_and_open_again)
{
	for (int i = 0; i < 50; i++) {
		int fd = channel_file(&self->c, 0, O_RDONLY);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, channel_write(&self->c, TEST_RELAY_ALL_CPUS, i, RECORD));
		REOPEN(i & (TEST_RELAY_OVERWRITE | TEST_RELAY_GLOBAL));
		close(fd);
	}
}

TEST_F(relay, consumed)
{
	ASSERT_EQ(0, channel_write(&self->c, 0, 3 * 8 + 1, RECORD));
	EXPECT_EQ(3, STAT(produced));
	ASSERT_EQ(0, channel_consume(&self->c, 0, 1));
	EXPECT_EQ(1, STAT(consumed));
	/* More than there are sub-buffers is ignored, more than are produced is all. */
	ASSERT_EQ(0, channel_consume(&self->c, 0, N_SUBBUFS + 1));
	EXPECT_EQ(1, STAT(consumed));
	EXPECT_EQ(100, read(self->fd, self->buf, 100));
	ASSERT_EQ(0, channel_consume(&self->c, 0, N_SUBBUFS));
	EXPECT_EQ(3, STAT(consumed));
}

TEST(sizes)
{
	static const struct {
		size_t subbuf_size, n_subbufs, alloc_size;
	} sizes[] = {
		{ 0, 4, 0 }, { 1024, 0, 0 },
		{ 1UL << 31, 2, 0 }, { UINT32_MAX, 2, 0 }, { 2, UINT32_MAX, 0 },
		{ 1, 1UL << 20, 0 },	/* too many for the array of paddings */
		{ 1, 1, 1 }, { 1000, 4, 4000 }, { 70000, 3, 210000 }, { 4096, 16, 65536 },
	};

	for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t len = (sizes[i].alloc_size + PAGE - 1) / PAGE * PAGE;
		struct channel c;

		EXPECT_EQ(len ? 0 : -ENOMEM,
			  channel_open(&c, sizes[i].subbuf_size, sizes[i].n_subbufs, 0))
			TH_LOG("%zu * %zu", sizes[i].subbuf_size, sizes[i].n_subbufs);
		if (len)
			EXPECT_EQ(len, channel_stat(&c, 0, 0).alloc_size);
		close(c.ctl);
	}
}

TEST_HARNESS_MAIN
