/* SPDX-License-Identifier: GPL-2.0 */
/* Channels of lib/test_relay.c, which TEST_RELAY builds. */
#ifndef __MMAP_PREPARE_RELAY_TEST_H
#define __MMAP_PREPARE_RELAY_TEST_H

#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "mem_test.h"
#include "../../../../lib/test_relay_uapi.h"

#define TEST_RELAY	"/sys/kernel/debug/test_relay"
#define CPU1_ONLINE	"/sys/devices/system/cpu/cpu1/online"

struct channel {
	int ctl;
	struct test_relay_open open;
};

/* Like the others below, returns 0 or the negative errno. */
static inline int channel_open(struct channel *c, size_t subbuf_size, size_t n_subbufs,
			       unsigned int flags)
{
	static int n;

	c->ctl = open(TEST_RELAY "/control", O_RDWR | O_CLOEXEC);
	if (c->ctl < 0)
		return -errno;
	c->open = (struct test_relay_open) {
		.subbuf_size = subbuf_size, .n_subbufs = n_subbufs, .flags = flags,
	};
	snprintf(c->open.name, sizeof(c->open.name), "%d.%d", getpid(), n++);
	return SYSRET(ioctl(c->ctl, TEST_RELAY_OPEN, &c->open));
}

static inline int channel_close(struct channel *c)
{
	return SYSRET(ioctl(c->ctl, TEST_RELAY_CLOSE));
}

static inline int channel_write_how(struct channel *c, unsigned int how, unsigned int cpu,
				    unsigned int count, unsigned int size)
{
	struct test_relay_write w = { .cpu = cpu, .how = how, .count = count, .size = size };

	return SYSRET(ioctl(c->ctl, TEST_RELAY_WRITE_RECORDS, &w));
}

static inline int channel_write(struct channel *c, unsigned int cpu, unsigned int count,
				unsigned int size)
{
	return channel_write_how(c, TEST_RELAY_WRITE, cpu, count, size);
}

static inline int channel_flush(struct channel *c)
{
	return SYSRET(ioctl(c->ctl, TEST_RELAY_FLUSH));
}

static inline int channel_reset(struct channel *c)
{
	return SYSRET(ioctl(c->ctl, TEST_RELAY_RESET));
}

static inline int channel_consume(struct channel *c, unsigned int cpu, size_t subbufs)
{
	struct test_relay_consume consume = { .cpu = cpu, .subbufs = subbufs };

	return SYSRET(ioctl(c->ctl, TEST_RELAY_CONSUME, &consume));
}

/* What cannot be asked for shows in fields that no test expects. */
static inline struct test_relay_stat channel_stat(struct channel *c, unsigned int cpu,
						  unsigned int subbuf)
{
	struct test_relay_stat stat = { .cpu = cpu, .subbuf = subbuf };

	if (ioctl(c->ctl, TEST_RELAY_STAT, &stat))
		memset(&stat, 0xff, sizeof(stat));
	return stat;
}

static inline int channel_file(struct channel *c, unsigned int cpu, int flags)
{
	char path[96];

	snprintf(path, sizeof(path), TEST_RELAY "/%s/cpu%u", c->open.name, cpu);
	return SYSRET(open(path, flags | O_CLOEXEC));
}

/*
 * How many records lie in @len bytes, all of @cpu and whole, the first being
 * number @*seq and each the successor of the one before. @*seq is that of the
 * next. Returns -1 if they are not that.
 */
static inline int records_in(const void *data, size_t len, unsigned int cpu, uint64_t *seq)
{
	const unsigned char *p = data;
	int n = 0;

	for (; len; n++) {
		struct test_relay_record r;

		if (len < sizeof(r))
			return -1;
		memcpy(&r, p, sizeof(r));
		if (r.cpu != cpu || r.seq != *seq || r.size < sizeof(r) || r.size > len)
			return -1;
		for (size_t i = sizeof(r); i < r.size; i++)
			if (p[i] != (unsigned char)(r.seq + i))
				return -1;
		++*seq;
		p += r.size;
		len -= r.size;
	}
	return n;
}

/* Whether @fd is readable, or what else poll() says of it at once. */
static inline int poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDNORM | POLLPRI };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

#endif
