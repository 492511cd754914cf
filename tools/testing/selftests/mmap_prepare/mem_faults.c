// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping with each allocation on the way failing in turn, by
 * /proc/self/fail-nth. Needs FAULT_INJECTION, FAILSLAB and FAIL_PAGE_ALLOC.
 *
 * What fails before the mapping exists is ENOMEM, or ENOSPC for the inode of
 * shared memory. For /dev/mem, what fails when its page tables are filled is
 * EAGAIN. In each case nothing is left of the mapping.
 */
#include "kselftest_harness.h"
#include "mem_test.h"

#define DEBUGFS "/sys/kernel/debug/"

FIXTURE(faults)
{
	int fd, nth;
	uint64_t ram, ram_len, top;
};

FIXTURE_VARIANT(faults)
{
	const char *path;
	int flags;
	int late;	/* errno of what fails late, 0 if nothing can */
	int inode;	/* errno without memory for an inode, 0 if none is made */
};

FIXTURE_VARIANT_ADD(faults, mem_shared) {
	.path = "/dev/mem", .flags = MAP_SHARED, .late = EAGAIN,
};

FIXTURE_VARIANT_ADD(faults, mem_private) {
	.path = "/dev/mem", .flags = MAP_PRIVATE, .late = EAGAIN,
};

FIXTURE_VARIANT_ADD(faults, zero_shared) {
	.path = "/dev/zero", .flags = MAP_SHARED, .inode = ENOSPC,
};

FIXTURE_VARIANT_ADD(faults, zero_private) {
	.path = "/dev/zero", .flags = MAP_PRIVATE,
};

FIXTURE_SETUP(faults)
{
	static const char *const names[] = {
		DEBUGFS "failslab/ignore-gfp-wait", DEBUGFS "fail_page_alloc/ignore-gfp-wait",
	};

	for (int i = 0; i < ARRAY_SIZE(names); i++)
		ASSERT_EQ(0, write_text(names[i], "N"));
	write_text(DEBUGFS "failslab/verbose", "0");
	write_text(DEBUGFS "fail_page_alloc/verbose", "0");
	ASSERT_EQ(0, write_text(DEBUGFS "fail_page_alloc/min-order", "0"));
	self->fd = open(variant->path, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->nth = open("/proc/self/fail-nth", O_RDWR);
	ASSERT_LE(0, self->nth);
	ASSERT_TRUE(system_ram(&self->ram, &self->ram_len, &self->top));
}

FIXTURE_TEARDOWN(faults)
{
	close(self->fd);
}

/* An offset that can be mapped: anything, or no memory if that is forbidden. */
static off_t offset_of(const char *path, uint64_t top)
{
	if (strcmp(path, "/dev/mem"))
		return 0;
	return (top + (1ULL << 33)) & ~((1ULL << 21) - 1);
}

/*
 * Fails the allocations of one mapping in turn, each at a place whose page
 * tables do not exist yet. Counts what came of it.
 */
TEST_F(faults, each_allocation)
{
	off_t offset = offset_of(variant->path, self->top);
	uint64_t base = 1ULL << 44;
	int early = 0, late = 0, inode = 0, passed = 0;
	char text[16];

	for (int n = 1; n < 100 && !passed; n++) {
		void *at = (void *)(base + n * (1ULL << 40)), *p;
		int error, left;

		snprintf(text, sizeof(text), "%d", n);
		ASSERT_LT(0, pwrite(self->nth, text, strlen(text), 0));
		p = mmap(at, 4 * PAGE, PROT_READ | PROT_WRITE,
			 variant->flags | MAP_FIXED_NOREPLACE, self->fd, offset);
		error = p == MAP_FAILED ? errno : 0;
		memset(text, 0, sizeof(text));
		left = pread(self->nth, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : 0;
		ASSERT_LT(0, pwrite(self->nth, "0", 1, 0));

		if (p == MAP_FAILED) {
			early += error == ENOMEM;
			late += variant->late && error == variant->late;
			inode += variant->inode && error == variant->inode;
			EXPECT_TRUE(error == ENOMEM || error == variant->late ||
				    error == variant->inode)
				TH_LOG("allocation %d: %s", n, strerror(error));
			EXPECT_EQ(0, vmas_in(at, 4 * PAGE));
			continue;
		}
		/* Either no allocation was left to fail, or one failed that need not succeed. */
		EXPECT_EQ(1, vmas_in(at, 4 * PAGE));
		EXPECT_EQ(0, munmap(p, 4 * PAGE));
		passed = left > 0;
	}
	EXPECT_EQ(1, passed);
	EXPECT_LT(0, early);
	EXPECT_EQ(!!variant->late, late > 0);
	EXPECT_EQ(!!variant->inode, inode > 0);
}

TEST_HARNESS_MAIN
