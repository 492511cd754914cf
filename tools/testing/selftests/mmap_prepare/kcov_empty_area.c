// SPDX-License-Identifier: GPL-2.0
/*
 * KCOV_REMOTE_ENABLE with areas of no size. The C version takes it, and asks
 * vmalloc() for nothing when a section begins, which warns.
 */
#include "kselftest_harness.h"
#include "kcov_test.h"

TEST(empty_area)
{
	struct cover c;

	ASSERT_EQ(0, cover_open(&c, COVER_WORDS));
	ASSERT_EQ(0, cover_remote(&c, KCOV_TRACE_PC, 0, USB(1), 0));
	EXPECT_EQ(0, write_text(TEST_KCOV, "task 1"));
	EXPECT_EQ(0, cover_count(&c));
	/* Softirqs have areas of their own. */
	EXPECT_EQ(0, write_text(TEST_KCOV, "softirq 1"));
	EXPECT_LT(0, cover_count(&c));
	EXPECT_EQ(0, ioctl(c.fd, KCOV_DISABLE, 0));
}

TEST_HARNESS_MAIN
