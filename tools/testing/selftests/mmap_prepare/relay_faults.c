// SPDX-License-Identifier: GPL-2.0
/*
 * Channels of relay with each allocation failing in turn, by
 * /proc/self/fail-nth. Needs FAULT_INJECTION, FAILSLAB, FAIL_PAGE_ALLOC and
 * DEBUG_KMEMLEAK.
 *
 * Where the file of a buffer cannot be made, the C relay forgets the buffer of
 * CPU 0: if that is another one, it leaks.
 */
#include "kselftest_harness.h"
#include "fault_test.h"
#include "relay_test.h"

#define MAX_ALLOCATIONS	1000

FIXTURE(faults)
{
	struct channel c;
	int nth;
};

FIXTURE_VARIANT(faults)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(faults, in_tree) {
	.flags = 0,
};

FIXTURE_VARIANT_ADD(faults, unsafe) {
	.flags = TEST_RELAY_UNSAFE,
};

FIXTURE_VARIANT_ADD(faults, global) {
	.flags = TEST_RELAY_GLOBAL,
};

FIXTURE_VARIANT_ADD(faults, late) {
	.flags = TEST_RELAY_LATE,
};

FIXTURE_SETUP(faults)
{
	self->nth = fail_nth_open();
	ASSERT_LE(0, self->nth);
}

FIXTURE_TEARDOWN(faults)
{
	close(self->nth);
}

TEST_F(faults, open)
{
	struct test_relay_open again;
	int n, refused = 0;

	ASSERT_EQ(0, channel_open(&self->c, PAGE, 4, variant->flags));
	ASSERT_EQ(0, channel_close(&self->c));
	again = self->c.open;
	for (n = 1; n < MAX_ALLOCATIONS; n++) {
		bool fault;
		int ret;

		ASSERT_EQ(0, fail_nth(self->nth, n));
		ret = SYSRET(ioctl(self->c.ctl, TEST_RELAY_OPEN, &again));
		fault = fail_nth_stop(self->nth);
		EXPECT_TRUE(ret == 0 || (fault && ret == -ENOMEM))
			TH_LOG("allocation %d: %s", n, strerror(-ret));
		refused += ret != 0;
		/* Nothing is in the way of the next one. */
		EXPECT_EQ(ret ? -ENODEV : 0, channel_flush(&self->c));
		EXPECT_EQ(ret ? -ENODEV : 0, channel_close(&self->c));
		if (!fault)
			break;
	}
	EXPECT_GT(MAX_ALLOCATIONS, n);
	/* The channel; a buffer, its paddings, pages and their array; names and files. */
	EXPECT_LT(8, refused);
	EXPECT_EQ(0, channel_open(&self->c, PAGE, 4, variant->flags));
}

/* The whole life of an open file. */
TEST_F(faults, use)
{
	/* Relay does not know of late files. */
	bool maps = variant->flags & TEST_RELAY_UNSAFE ||
		    (ikconfig("RELAY_RUST") && !(variant->flags & TEST_RELAY_LATE));
	int n;

	ASSERT_EQ(0, channel_open(&self->c, PAGE, 4, variant->flags));
	if (variant->flags & TEST_RELAY_LATE)
		ASSERT_EQ(0, ioctl(self->c.ctl, TEST_RELAY_FILES));
	for (n = 1; n < MAX_ALLOCATIONS; n++) {
		bool fault, opened;
		char buf[64], *p = MAP_FAILED;
		int fd, ret, got = -1, sig = 0;

		ASSERT_EQ(0, channel_write(&self->c, 0, 1, sizeof(buf)));
		ASSERT_EQ(0, fail_nth(self->nth, n));
		fd = channel_file(&self->c, 0, O_RDONLY);
		opened = fd >= 0;
		ret = opened ? 0 : fd;
		if (opened && maps) {
			p = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
			ret = p == MAP_FAILED ? -errno : 0;
		}
		if (p != MAP_FAILED)
			sig = try_read(p);
		if (opened)
			got = read(fd, buf, sizeof(buf));
		if (opened)
			poll_now(fd);
		fault = fail_nth_stop(self->nth);
		EXPECT_TRUE(ret == 0 || (fault && ret == -ENOMEM))
			TH_LOG("allocation %d: %s", n, strerror(-ret));
		EXPECT_TRUE(sig == 0 || (fault && sig == SIGBUS));
		/* To read takes no memory. */
		EXPECT_EQ(opened ? (int)sizeof(buf) : -1, got);
		if (p != MAP_FAILED)
			EXPECT_EQ(0, munmap(p, 4 * PAGE));
		if (opened)
			EXPECT_EQ(0, close(fd));
		ASSERT_EQ(0, channel_reset(&self->c));
		if (!fault)
			break;
	}
	EXPECT_GT(MAX_ALLOCATIONS, n);
	EXPECT_LT(1, n);
}

/* A fixture of its own, to come after the others. */
FIXTURE(then)
{
};

FIXTURE_SETUP(then)
{
}

FIXTURE_TEARDOWN(then)
{
}

TEST_F(then, nothing_has_leaked)
{
	static char leaks[1 << 16];

	ASSERT_LE(0, find_leaks(leaks, sizeof(leaks)));
	EXPECT_EQ(ikconfig("RELAY_RUST"), leaks[0] == '\0') TH_LOG("%s", leaks);
}

TEST_HARNESS_MAIN
