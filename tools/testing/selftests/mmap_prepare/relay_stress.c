// SPDX-License-Identifier: GPL-2.0
/*
 * Writers on all CPUs, in tasks and in interrupts, one reader a buffer, CPUs that
 * go and come, and channels that are closed under all of them.
 *
 * Every record is accounted for: it was read or relay says that it was lost. The
 * C relay cannot hold that, as its reader and writer race (it takes a buffer that
 * is just becoming full for one that is written over, and padding that is just
 * being noted for the end of what it has read, and hands out records that are
 * then half written over): there the program reports how often it happened.
 *
 * 70 seconds on a kernel with KASAN, 7 on others.
 */
#include <stdatomic.h>
#include <time.h>

#include "kselftest_harness.h"
#include "relay_test.h"

#define MAX_CPUS	8

enum reader { BY_READ, BY_POLL, BY_MMAP };

/* Shared by the processes of a round. */
struct round {
	atomic_bool stop_writing, stop_reading, stop_plugging;
	struct tally {
		unsigned long read, again, torn;
	} cpu[MAX_CPUS];
};

FIXTURE(stress)
{
	struct channel c;
	struct round *round;
	int cpus;
	size_t subbuf, n_subbufs;
	uint64_t lost, again;
};

FIXTURE_VARIANT(stress)
{
	enum reader reader;
	size_t record;		/* does not fill a sub-buffer if odd */
	unsigned int flags;
	bool close;		/* while there is writing and reading */
};

FIXTURE_VARIANT_ADD(stress, read) {
	.reader = BY_READ, .record = 64,
};

FIXTURE_VARIANT_ADD(stress, poll) {
	.reader = BY_POLL, .record = 128,
};

FIXTURE_VARIANT_ADD(stress, mmap) {
	.reader = BY_MMAP, .record = 64,
};

FIXTURE_VARIANT_ADD(stress, padding) {
	.reader = BY_READ, .record = 77,
};

FIXTURE_VARIANT_ADD(stress, overwrite) {
	.reader = BY_READ, .record = 64, .flags = TEST_RELAY_OVERWRITE,
};

FIXTURE_VARIANT_ADD(stress, close) {
	.reader = BY_POLL, .record = 64, .close = true,
};

FIXTURE_VARIANT_ADD(stress, close_mapped) {
	.reader = BY_MMAP, .record = 64, .close = true,
};

FIXTURE_SETUP(stress)
{
	self->round = mmap(NULL, sizeof(*self->round), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->round);
	self->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	ASSERT_GE(MAX_CPUS, self->cpus);
	ASSERT_LE(2, self->cpus);
}

FIXTURE_TEARDOWN(stress)
{
	EXPECT_EQ(0, write_text(CPU1_ONLINE, "1"));
}

static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Counts the records in @data; @last is the number of the one before. */
static void count(struct tally *tally, const char *data, size_t len, int cpu, size_t size,
		  int64_t *last)
{
	for (; len >= size; data += size, len -= size) {
		struct test_relay_record r;
		uint64_t seq;

		memcpy(&r, data, sizeof(r));
		seq = r.seq;
		if (r.size != size || records_in(data, size, cpu, &seq) != 1) {
			tally->torn++;
		} else if ((int64_t)r.seq <= *last) {
			tally->again++;
		} else {
			tally->read++;
			*last = r.seq;
		}
	}
	tally->torn += len != 0;
}

/* Ends with the channel, or when told to. */
static void write_all_the_time(struct channel *c, struct round *round, unsigned int cpu,
			       size_t size)
{
	unsigned int seed = cpu;
	cpu_set_t set;

	if (cpu < MAX_CPUS) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
		cpu = TEST_RELAY_THIS_CPU;
	}
	while (!round->stop_writing) {
		if (channel_write_how(c, rand_r(&seed) % 2, cpu, 1 + rand_r(&seed) % 40, size))
			_exit(0);
		if (rand_r(&seed) % 4 == 0)
			usleep(rand_r(&seed) % 1000);
	}
	_exit(0);
}

static void read_all_the_time(struct channel *c, struct round *round, int cpu, size_t size,
			      bool polls)
{
	static char buf[64 << 10];
	int fd = channel_file(c, cpu, O_RDONLY);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned int seed = cpu;
	int64_t last = -1;
	ssize_t n;

	if (fd < 0)
		_exit(1);
	for (;;) {
		bool stop = round->stop_reading;

		if (polls && !stop && poll(&p, 1, 100) == 1 && p.revents & (POLLERR | POLLHUP))
			stop = true;
		n = read(fd, buf, (1 + rand_r(&seed) % (sizeof(buf) / size)) * size);
		if (n < 0)
			_exit(errno != EIO);
		count(&round->cpu[cpu], buf, n, cpu, size, &last);
		if (stop && !n)
			_exit(0);
		if (!polls && !stop)
			usleep(rand_r(&seed) % 3000);
	}
}

/*
 * Looks at the mapping, says what it has seen, and looks again when nothing can be left, or
 * nobody says any more how much there is.
 */
static void map_all_the_time(struct channel *c, struct round *round, int cpu, size_t size)
{
	const size_t subbuf = c->open.subbuf_size, n = c->open.n_subbufs;
	struct test_relay_stat stat = channel_stat(c, cpu, 0);
	int fd = channel_file(c, cpu, O_RDONLY);
	char *p = mmap(NULL, stat.alloc_size, PROT_READ, MAP_SHARED, fd, 0);
	unsigned int seed = cpu;
	uint64_t taken = 0;
	int64_t last = -1;

	if (p == MAP_FAILED)
		_exit(1);
	close(fd);
	for (;;) {
		bool stop = round->stop_reading;

		stat = channel_stat(c, cpu, 0);
		if (stat.cpu != cpu) {
			for (size_t at = 0; at < subbuf * n; at += PAGE)
				if (try_read(p + at))
					_exit(2);
			_exit(munmap(p, subbuf * n));
		}
		for (; taken < stat.produced; taken++) {
			count(&round->cpu[cpu], p + taken % n * subbuf, subbuf, cpu, size, &last);
			channel_consume(c, cpu, 1);
		}
		if (stop && stat.offset <= subbuf)
			count(&round->cpu[cpu], p + taken % n * subbuf, stat.offset, cpu, size,
			      &last);
		if (stop)
			_exit(0);
		usleep(rand_r(&seed) % 3000);
	}
}

static void plug_all_the_time(struct round *round)
{
	while (!round->stop_plugging) {
		if (write_text(CPU1_ONLINE, "0"))
			_exit(1);
		usleep(20000);
		if (write_text(CPU1_ONLINE, "1"))
			_exit(1);
		usleep(50000);
	}
	_exit(0);
}

#define FORK(statement) ({	\
	pid_t __pid = fork();	\
				\
	if (!__pid)		\
		statement;	\
	__pid;			\
})

/* Whether @n children end well. */
static bool join(pid_t *pids, int n)
{
	bool ok = true;

	while (n--) {
		int status = -1;

		waitpid(pids[n], &status, 0);
		ok &= status == 0;
	}
	return ok;
}

TEST_F(stress, every_record)
{
	const bool slow = ikconfig("KASAN"), exact = ikconfig("RELAY_RUST");
	time_t end = seconds() + (slow ? 10 : 1);
	struct round *round = self->round;
	uint64_t written = 0, read = 0, lost = 0, again = 0, torn = 0, missing = 0;

	for (int n = 0; n == 0 || seconds() < end; n++) {
		unsigned int flags = variant->flags | (n % 2 ? TEST_RELAY_UNSAFE : 0);
		pid_t readers[MAX_CPUS], writers[MAX_CPUS + 1], plugger;
		bool maps = variant->reader == BY_MMAP;

		if (maps && !exact)
			flags |= TEST_RELAY_UNSAFE;
		memset(round, 0, sizeof(*round));
		ASSERT_EQ(0, channel_open(&self->c, n % 3 ? 1024 : 16384, n % 3 ? 4 : 8, flags));
		for (int i = 0; i < self->cpus; i++) {
			readers[i] = maps ? FORK(map_all_the_time(&self->c, round, i,
								  variant->record))
					  : FORK(read_all_the_time(&self->c, round, i,
								   variant->record,
								   variant->reader == BY_POLL));
			writers[i] = FORK(write_all_the_time(&self->c, round, i,
							     variant->record));
		}
		writers[self->cpus] = FORK(write_all_the_time(&self->c, round, TEST_RELAY_ALL_CPUS,
							      variant->record));
		plugger = FORK(plug_all_the_time(round));

		usleep(slow ? 1000000 : 300000);
		for (int i = 0; i < self->cpus; i++)
			while (!round->cpu[i].read)
				usleep(10000);
		if (variant->close)
			ASSERT_EQ(0, channel_close(&self->c));
		round->stop_writing = true;
		EXPECT_TRUE(join(writers, self->cpus + 1));
		round->stop_plugging = true;
		EXPECT_TRUE(join(&plugger, 1));
		round->stop_reading = true;
		EXPECT_TRUE(join(readers, self->cpus));

		for (int i = 0; i < self->cpus; i++) {
			struct test_relay_stat stat = channel_stat(&self->c, i, 0);
			struct tally *tally = &round->cpu[i];

			again += tally->again;
			read += tally->read;
			/* Nobody counts what was written over, or after the channel is gone. */
			if (variant->close || variant->flags & TEST_RELAY_OVERWRITE)
				continue;
			torn += tally->torn;
			written += stat.seq;
			lost += stat.full_count;
			missing += stat.seq - tally->read - stat.full_count;
			if (exact)
				EXPECT_EQ(stat.seq, tally->read + stat.full_count);
		}
		if (!variant->close)
			ASSERT_EQ(0, channel_close(&self->c));
		close(self->c.ctl);
	}
	TH_LOG("written %lu, read %lu, lost %lu; unaccounted %ld, read again %lu, torn %lu",
	       written, read, lost, (long)missing, again, torn);
	if (exact) {
		EXPECT_EQ(0, torn);
		if (!(variant->flags & TEST_RELAY_OVERWRITE))
			EXPECT_EQ(0, again);
	}
}

TEST_HARNESS_MAIN
