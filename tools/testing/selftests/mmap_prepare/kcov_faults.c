// SPDX-License-Identifier: GPL-2.0
/*
 * Remote coverage with each allocation failing in turn, by
 * /proc/self/fail-nth; fail_nth does this to the buffer and its mapping. Needs
 * FAULT_INJECTION, FAILSLAB, FAIL_PAGE_ALLOC and TEST_KCOV.
 */
#include "kselftest_harness.h"
#include "fault_test.h"
#include "kcov_test.h"

FIXTURE(faults)
{
	struct cover c;
	int nth;
};

FIXTURE_SETUP(faults)
{
	ASSERT_EQ(0, cover_open(&self->c, COVER_WORDS));
	self->nth = fail_nth_open();
	ASSERT_LE(0, self->nth);
}

FIXTURE_TEARDOWN(faults)
{
	cover_close(&self->c);
}

TEST_F(faults, remote_enable)
{
	struct {
		struct kcov_remote_arg arg;
		uint64_t handles[32];
	} arg = { .arg = { .area_size = 512, .num_handles = 32, .common_handle = COMMON(1) } };
	int seen = 0, n, sweeps = 0;

	for (int i = 0; i < 32; i++)
		arg.handles[i] = USB(i);
again:
	seen = 0;
	for (n = 1; n < 1000; n++) {
		int ret;

		ASSERT_EQ(0, fail_nth(self->nth, n));
		ret = SYSRET(ioctl(self->c.fd, KCOV_REMOTE_ENABLE, &arg));
		if (!fail_nth_stop(self->nth)) {
			EXPECT_EQ(0, ret);
			break;
		}
		if (!ret) {
			/* Debugging can do without. */
			EXPECT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
			continue;
		}
		/* The argument, and one for each handle. */
		EXPECT_EQ(-ENOMEM, ret);
		seen++;
		/* Nothing is left of it. */
		cover_reset(&self->c);
		ASSERT_EQ(0, write_text(TEST_KCOV, "task 0"));
		EXPECT_EQ(0, cover_count(&self->c));
		EXPECT_ERRNO(EINVAL, ioctl(self->c.fd, KCOV_DISABLE, 0));
	}
	EXPECT_GT(1000, n);
	/* Allocations of debugging come and go, and may be hit in the place of one. */
	if (seen < 34 && ++sweeps < 10) {
		EXPECT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
		goto again;
	}
	EXPECT_LE(34, seen);
	EXPECT_EQ(0, write_text(TEST_KCOV, "task 31"));
	EXPECT_LT(0, cover_count(&self->c));
	EXPECT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
}

/* A section without memory is not recorded; nor does anything else become of it. */
TEST_F(faults, section)
{
	int silent = 0, n;

	/* A size that no area is there for. */
	ASSERT_EQ(0, cover_remote(&self->c, KCOV_TRACE_PC, 3 * PAGE / 8 + 5, USB(1), 0));
	for (n = 1; n < 200; n++) {
		bool fault;
		int ret, fd = open(TEST_KCOV, O_WRONLY);

		cover_reset(&self->c);
		ASSERT_EQ(0, fail_nth(self->nth, n));
		ret = write(fd, "self 1", 6);
		fault = fail_nth_stop(self->nth);
		close(fd);
		EXPECT_EQ(6, ret);
		silent += !cover_count(&self->c);
		if (cover_count(&self->c))
			break;
		EXPECT_TRUE(fault);
	}
	EXPECT_LT(0, silent);
	EXPECT_GT(200, n);
	EXPECT_EQ(0, ioctl(self->c.fd, KCOV_DISABLE, 0));
}

/* Runs after the others. What leaks has to be some seconds old to be told. */
TEST_F(faults, then_nothing_has_leaked)
{
	char leaks[4096];

	EXPECT_EQ(0, find_leaks(leaks, sizeof(leaks))) TH_LOG("%s", leaks);
}

TEST_HARNESS_MAIN
