/* SPDX-License-Identifier: GPL-2.0 */
/* Failing one allocation. Needs FAULT_INJECTION, FAILSLAB and FAIL_PAGE_ALLOC. */
#ifndef __MMAP_PREPARE_FAULT_TEST_H
#define __MMAP_PREPARE_FAULT_TEST_H

#include "leak_test.h"

/* Lets allocations of all kinds fail on demand; returns /proc/self/fail-nth, or -1. */
static inline int fail_nth_open(void)
{
	if (write_text(DEBUGFS "failslab/ignore-gfp-wait", "N") ||
	    write_text(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N") ||
	    write_text(DEBUGFS "fail_page_alloc/min-order", "0"))
		return -1;
	write_text(DEBUGFS "failslab/verbose", "0");
	write_text(DEBUGFS "fail_page_alloc/verbose", "0");
	return open("/proc/self/fail-nth", O_RDWR);
}

/* Has the @n-th allocation from now on fail; returns 0 or -1. */
static inline int fail_nth(int nth, int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	return pwrite(nth, text, len, 0) == len ? 0 : -1;
}

/* Whether one has failed; none will any more. */
static inline bool fail_nth_stop(int nth)
{
	char text[16] = {};

	if (pread(nth, text, sizeof(text) - 1, 0) <= 0 || fail_nth(nth, 0))
		return false;
	return !atoi(text);
}

#endif
