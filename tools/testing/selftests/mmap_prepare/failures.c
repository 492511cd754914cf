// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings that fail at each stage, of the sample drivers in samples/rust/:
 * nothing is left of them, and the books of the process and of the machine are
 * as before.
 */
#include "kselftest_harness.h"
#include "mem_test.h"

#define RW	(PROT_READ | PROT_WRITE)
#define ROUNDS	200

/* A number after @key, in kB, or -1. */
static long kb(const char *path, const char *key)
{
	char buf[8192], *p;

	read_text(path, buf, sizeof(buf));
	p = strstr(buf, key);
	return p ? atol(p + strlen(key)) : -1;
}

static const char *const books[] = {
	"VmSize:", "VmLck:", "VmPin:", "RssAnon:", "RssFile:", "RssShmem:", "VmData:", "VmPTE:",
};

FIXTURE(failures)
{
	int fd;
	size_t len;
	long before[ARRAY_SIZE(books)], committed;
};

FIXTURE_VARIANT(failures)
{
	const char *path;
	int pages, prot, flags, error;
	int limit;	/* how many mappings are made first */
};

/* In the hook. */
FIXTURE_VARIANT_ADD(failures, hook) {
	"/dev/rust_mmap_mixed_pages", 9, RW, MAP_SHARED, EINVAL,
};

FIXTURE_VARIANT_ADD(failures, hook_private) {
	"/dev/rust_mmap_mixed_pages", 9, RW, MAP_PRIVATE, EINVAL,
};

FIXTURE_VARIANT_ADD(failures, hook_that_calls_another) {
	"/dev/rust_mmap_wrapper", 3, PROT_READ, MAP_SHARED, EINVAL,
};

/* In the action, with pages that are mapped already. */
FIXTURE_VARIANT_ADD(failures, mixed) {
	"/dev/rust_mmap_mixed", 12, RW, MAP_SHARED, EINVAL,
};

FIXTURE_VARIANT_ADD(failures, mixed_private) {
	"/dev/rust_mmap_mixed", 12, RW, MAP_PRIVATE, EINVAL,
};

FIXTURE_VARIANT_ADD(failures, custom) {
	"/dev/rust_mmap_custom", 3, RW, MAP_SHARED, EFAULT,
};

/* In what runs after the action. */
FIXTURE_VARIANT_ADD(failures, mapped) {
	"/dev/rust_mmap_counter", 3, PROT_READ, MAP_SHARED, EBUSY, .limit = 16,
};

FIXTURE_VARIANT_ADD(failures, mapped_private) {
	"/dev/rust_mmap_counter", 3, PROT_READ, MAP_PRIVATE, EBUSY, .limit = 16,
};

static void take(long *before)
{
	for (int i = 0; i < ARRAY_SIZE(books); i++)
		before[i] = kb("/proc/self/status", books[i]);
}

FIXTURE_SETUP(failures)
{
	self->fd = open(variant->path, O_RDWR);
	ASSERT_LE(0, self->fd) TH_LOG("%s: %s", variant->path, strerror(errno));
	self->len = variant->pages * PAGE;
	for (int i = 0; i < variant->limit; i++)
		ASSERT_NE(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 0));
	/* What is needed to look, and to fail, is there from now on; so is this program. */
	take(self->before);
	vmas_in(NULL, 1);
	try_read(NULL);
	ASSERT_EQ(0, mlockall(MCL_CURRENT));
	EXPECT_ERRNO(variant->error, mmap(NULL, self->len, variant->prot, variant->flags,
					  self->fd, 0));
	self->committed = kb("/proc/meminfo", "Committed_AS:");
	take(self->before);
}

FIXTURE_TEARDOWN(failures)
{
	for (int i = 0; i < ARRAY_SIZE(books); i++) {
		EXPECT_LE(0, self->before[i]);
		EXPECT_EQ(self->before[i], kb("/proc/self/status", books[i]))
			TH_LOG("%s", books[i]);
	}
	/* Others may have mapped something meanwhile, but not that much. */
	EXPECT_GT(self->committed + ROUNDS / 2, kb("/proc/meminfo", "Committed_AS:"));
	EXPECT_LT(self->committed - ROUNDS / 2, kb("/proc/meminfo", "Committed_AS:"));
}

TEST_F(failures, anywhere)
{
	for (int i = 0; i < ROUNDS; i++)
		ASSERT_EQ(-variant->error, SYSRET(mmap(NULL, self->len, variant->prot,
						       variant->flags, self->fd, 0)));
}

/* What was there before is gone then, and charged to nobody. */
TEST_F(failures, over_another)
{
	for (int i = 0; i < ROUNDS; i++) {
		char *area = mmap(NULL, self->len + 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);

		ASSERT_NE(MAP_FAILED, area);
		memset(area, 'o', self->len + 2 * PAGE);
		ASSERT_EQ(-variant->error, SYSRET(mmap(area + PAGE, self->len, variant->prot,
						       variant->flags | MAP_FIXED, self->fd, 0)));
		ASSERT_EQ(SIGSEGV, try_read(area + PAGE));
		ASSERT_EQ(SIGSEGV, try_read(area + self->len));
		ASSERT_EQ('o', area[0]);
		ASSERT_EQ('o', area[self->len + PAGE]);
		ASSERT_EQ(0, munmap(area, self->len + 2 * PAGE));
	}
}

/* The neighbours are those that it could be merged with. */
TEST_F(failures, between_others)
{
	char *area = mmap(NULL, self->len + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	ASSERT_NE(MAP_FAILED, area);
	if (variant->flags == MAP_PRIVATE)
		ASSERT_EQ(0, mprotect(area, self->len + 2 * PAGE, RW));
	for (int i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(-variant->error, SYSRET(mmap(area + PAGE, self->len, variant->prot,
						       variant->flags | MAP_FIXED, self->fd, 0)));
		ASSERT_EQ(2, vmas_in(area, self->len + 2 * PAGE));
		/* Back to a single one. */
		ASSERT_EQ(area + PAGE, mmap(area + PAGE, self->len,
					    variant->flags == MAP_PRIVATE ? RW : PROT_NONE,
					    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		ASSERT_EQ(1, vmas_in(area, self->len + 2 * PAGE));
	}
	ASSERT_EQ(0, munmap(area, self->len + 2 * PAGE));
}

/* Replaces a mapping of the same device. */
TEST_F(failures, over_its_like)
{
	static const struct {
		const char *path;
		int pages;
	} whole[] = {
		{ "/dev/rust_mmap_mixed", 8 },
		{ "/dev/rust_mmap_mixed_pages", 8 },
		{ "/dev/rust_mmap_custom", 4 },
		{ "/dev/rust_mmap_wrapper", 2 },
	};

	for (int k = 0; k < ARRAY_SIZE(whole); k++) {
		int fd = open(whole[k].path, O_RDWR);

		ASSERT_LE(0, fd);
		for (int i = 0; i < ROUNDS / 10; i++) {
			size_t len = self->len + whole[k].pages * PAGE;
			char *p = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			ASSERT_NE(MAP_FAILED, p);
			ASSERT_EQ(p, mmap(p, whole[k].pages * PAGE, PROT_READ,
					  MAP_SHARED | MAP_FIXED, fd, 0));
			ASSERT_EQ(-variant->error,
				  SYSRET(mmap(p, self->len, variant->prot,
					      variant->flags | MAP_FIXED, self->fd, 0)));
			ASSERT_EQ(SIGSEGV, try_read(p));
			ASSERT_EQ(0, munmap(p, len));
		}
		ASSERT_EQ(0, close(fd));
	}
}

/*
 * What is left to page faults is merged, unless flags or offsets differ. A
 * mapping that fails has no part in that, and what is beside it stays.
 */
TEST(merge)
{
	int fd = open("/dev/rust_mmap_fault", O_RDWR);
	int counter = open("/dev/rust_mmap_counter", O_RDWR);
	char *area = mmap(NULL, 6 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static const int order[] = { 0, 2, 1 };

	ASSERT_LE(0, fd);
	ASSERT_NE(MAP_FAILED, area);
	for (int i = 0; i < ARRAY_SIZE(order); i++) {
		char *at = area + order[i] * PAGE;

		ASSERT_EQ(at, mmap(at, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, order[i] * PAGE));
		*at = 'a' + order[i];
	}
	EXPECT_EQ(1, vmas_in(area, 3 * PAGE));
	/* Next to the last one, but not in the file. */
	ASSERT_EQ(area + 3 * PAGE, mmap(area + 3 * PAGE, PAGE, RW, MAP_SHARED | MAP_FIXED,
					fd, 4 * PAGE));
	EXPECT_EQ(2, vmas_in(area, 4 * PAGE));
	ASSERT_EQ(area + 3 * PAGE, mmap(area + 3 * PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED,
					fd, 3 * PAGE));
	EXPECT_EQ(2, vmas_in(area, 4 * PAGE));
	ASSERT_EQ(0, mprotect(area + 3 * PAGE, PAGE, RW));
	EXPECT_EQ(1, vmas_in(area, 4 * PAGE));

	EXPECT_ERRNO(EPERM, mmap(area + PAGE, PAGE, RW, MAP_SHARED | MAP_FIXED, counter, PAGE));
	EXPECT_EQ(2, vmas_in(area, 4 * PAGE));
	EXPECT_EQ(SIGSEGV, try_read(area + PAGE));
	EXPECT_EQ('a', area[0]);
	EXPECT_EQ('c', area[2 * PAGE]);
	/* Back into the gap, with what was there. */
	ASSERT_EQ(area + PAGE, mmap(area + PAGE, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, PAGE));
	EXPECT_EQ(1, vmas_in(area, 4 * PAGE));
	EXPECT_EQ('b', area[PAGE]);
}

TEST_HARNESS_MAIN
