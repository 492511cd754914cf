// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping a device with each allocation on the way failing in turn, by
 * /proc/self/fail-nth.
 *
 * What fails is ENOMEM, or what the device documents. In each case nothing is
 * left of the mapping: no page table, no memory accounted, no reference on a page
 * or on the file, no page, and no object that nothing refers to. planted_leaks.c
 * shows that these are found. A device that the kernel is configured to have must
 * be there.
 */
#include <linux/kcov.h>
#include <sched.h>
#include <sys/mount.h>

#include "kselftest_harness.h"
#include "fault_test.h"

#define BINDERFS	"/tmp/binderfs"
#define MAX_ALLOCATIONS	2000

FIXTURE(faults)
{
	size_t len;
	off_t offset;
	int nth, leaks;
	long opened[NR_COUNTS];	/* as long as one file is open that is not mapped */
	long closed[NR_COUNTS];
	int refused, spared;	/* failed allocations that mattered, and that did not */
	int other[2];		/* times each of the documented errors was seen */
	long rust_pages;	/* as long as no file is open */
};

FIXTURE_VARIANT(faults)
{
	const char *path;
	const char *config;
	int pages;
	int flags;
	int read_only;
	int untouchable;	/* all access faults as long as the device is idle */
	int own_pages;		/* each open file has its own, which pagemap shows */
	int common_pages;	/* all files have the same, which pagemap shows */
	int whole;		/* cannot be mapped in two parts */
	int errors[2];		/* other than ENOMEM, which must be seen */
	int (*setup)(int fd);	/* of an open file, 0 or -1 */
};

FIXTURE_VARIANT_ADD(faults, mem_shared) {
	.path = "/dev/mem", .config = "DEVMEM", .pages = 4, .flags = MAP_SHARED,
	.errors = { EAGAIN }, .untouchable = 1,
};

FIXTURE_VARIANT_ADD(faults, mem_private) {
	.path = "/dev/mem", .config = "DEVMEM", .pages = 4, .flags = MAP_PRIVATE,
	.errors = { EAGAIN }, .untouchable = 1,
};

FIXTURE_VARIANT_ADD(faults, zero_shared) {
	.path = "/dev/zero", .config = "DEVMEM", .pages = 4, .flags = MAP_SHARED, .whole = 1,
	.errors = { ENOSPC },
};

FIXTURE_VARIANT_ADD(faults, zero_private) {
	.path = "/dev/zero", .config = "DEVMEM", .pages = 4, .flags = MAP_PRIVATE,
};

FIXTURE_VARIANT_ADD(faults, minimal) {
	.path = "/dev/rust_mmap_minimal", .config = "SAMPLE_RUST_MMAP_MINIMAL",
	.pages = 4, .flags = MAP_SHARED, .own_pages = 1,
};

FIXTURE_VARIANT_ADD(faults, minimal_private) {
	.path = "/dev/rust_mmap_minimal", .config = "SAMPLE_RUST_MMAP_MINIMAL",
	.pages = 4, .flags = MAP_PRIVATE, .own_pages = 1,
};

FIXTURE_VARIANT_ADD(faults, fault) {
	.path = "/dev/rust_mmap_fault", .config = "SAMPLE_RUST_MMAP_FAULT",
	.pages = 4, .flags = MAP_SHARED, .own_pages = 1,
};

FIXTURE_VARIANT_ADD(faults, remap) {
	.path = "/dev/rust_mmap_remap", .config = "SAMPLE_RUST_MMAP_REMAP",
	.pages = 4, .flags = MAP_SHARED,
};

FIXTURE_VARIANT_ADD(faults, ioremap) {
	.path = "/dev/rust_mmap_ioremap", .config = "SAMPLE_RUST_MMAP_IOREMAP",
	.pages = 4, .flags = MAP_SHARED,
#ifdef __x86_64__
	/* The cache mode cannot be reserved. */
	.errors = { EINVAL },
#endif
};

FIXTURE_VARIANT_ADD(faults, huge) {
	.path = "/dev/rust_mmap_huge", .config = "SAMPLE_RUST_MMAP_HUGE",
	.pages = 4, .flags = MAP_SHARED,
};

FIXTURE_VARIANT_ADD(faults, mixed) {
	.path = "/dev/rust_mmap_mixed", .config = "SAMPLE_RUST_MMAP_MIXED",
	.pages = 8, .flags = MAP_SHARED, .own_pages = 1, .whole = 1,
};

FIXTURE_VARIANT_ADD(faults, mixed_pages) {
	.path = "/dev/rust_mmap_mixed_pages", .config = "SAMPLE_RUST_MMAP_MIXED_PAGES",
	.pages = 8, .flags = MAP_SHARED, .own_pages = 1,
};

FIXTURE_VARIANT_ADD(faults, custom) {
	.path = "/dev/rust_mmap_custom", .config = "SAMPLE_RUST_MMAP_CUSTOM",
	.pages = 4, .flags = MAP_SHARED, .own_pages = 1, .whole = 1,
};

FIXTURE_VARIANT_ADD(faults, counter) {
	.path = "/dev/rust_mmap_counter", .config = "SAMPLE_RUST_MMAP_COUNTER",
	.pages = 1, .flags = MAP_SHARED, .read_only = 1, .whole = 1,
};

FIXTURE_VARIANT_ADD(faults, wrapper) {
	.path = "/dev/rust_mmap_wrapper", .config = "SAMPLE_RUST_MMAP_WRAPPER",
	.pages = 2, .flags = MAP_SHARED, .read_only = 1, .own_pages = 1,
};

/* Four sub-buffers of 16 KiB. */
FIXTURE_VARIANT_ADD(faults, relay) {
	.path = DEBUGFS "rust_relay/cpu0", .config = "SAMPLE_RUST_RELAY",
	.pages = 16, .flags = MAP_SHARED, .read_only = 1, .common_pages = 1, .whole = 1,
};

static int init_kcov(int fd)
{
	return ioctl(fd, KCOV_INIT_TRACE, 4 * PAGE / sizeof(unsigned long));
}

FIXTURE_VARIANT_ADD(faults, kcov) {
	.path = DEBUGFS "kcov", .config = "KCOV", .pages = 4, .flags = MAP_SHARED,
	.own_pages = 1, .whole = 1, .setup = init_kcov,
};

FIXTURE_VARIANT_ADD(faults, binder) {
	.path = BINDERFS "/binder", .config = "ANDROID_BINDER_IPC_RUST", .pages = 4,
	.flags = MAP_PRIVATE | MAP_NORESERVE, .read_only = 1, .untouchable = 1, .whole = 1,
};

/* Reads and, if @write, writes each page; returns 0, or a signal. */
static int touch(char *p, size_t len, bool write)
{
	int sig = 0;

	for (size_t i = 0; i < len && !sig; i += PAGE) {
		sig = try_read(p + i);
		if (!sig && write)
			sig = try_write(p + i, 1);
	}
	return sig;
}

FIXTURE_SETUP(faults)
{
	uint64_t ram, ram_len, top;
	cpu_set_t cpu;

	if (!ikconfig(variant->config))
		SKIP(return, "CONFIG_%s is not set", variant->config);
	if (!strncmp(variant->path, BINDERFS, strlen(BINDERFS)) && access(BINDERFS, F_OK)) {
		ASSERT_EQ(0, mkdir(BINDERFS, 0755));
		ASSERT_EQ(0, mount("binder", BINDERFS, "binder", 0, NULL));
	}

	/* Pages that are freed here are not freed on another CPU later on. */
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpu), &cpu));

	ASSERT_EQ(0, access(variant->path, F_OK));
	self->nth = fail_nth_open();
	ASSERT_LE(0, self->nth);
	self->leaks = open(LEAKS, O_RDWR);
	ASSERT_LE(0, self->leaks);
	self->len = variant->pages * PAGE;
	if (!strcmp(variant->path, "/dev/mem")) {
		/* Anything, or no memory if that is forbidden. */
		ASSERT_TRUE(system_ram(&ram, &ram_len, &top));
		self->offset = (top + (1ULL << 33)) & ~((1ULL << 21) - 1);
	}
	self->rust_pages = rust_pages();
	ASSERT_LE(0, self->rust_pages);
}

FIXTURE_TEARDOWN(faults)
{
	/* Those of a file that could not be opened are among them. */
	EXPECT_EQ(self->rust_pages, rust_pages());
	close(self->leaks);
	close(self->nth);
}

#define PROT(variant)	((variant)->read_only ? PROT_READ : PROT_READ | PROT_WRITE)

static const uint64_t no_pages[MAX_PAGES];

/* Opens the device, for *@fd; returns 0 or, perhaps with the file open, -1. */
static int try_open(const struct _fixture_variant_faults *variant, int *fd)
{
	*fd = open(variant->path, variant->read_only ? O_RDONLY : O_RDWR);
	if (*fd < 0)
		return -1;
	return variant->setup ? variant->setup(*fd) : 0;
}

static int open_file(struct __test_metadata *_metadata,
		     const struct _fixture_variant_faults *variant)
{
	int fd;

	ASSERT_EQ(0, try_open(variant, &fd));
	return fd;
}

/* The frames of the pages that lie in the file, if these can be known. */
static void find_pages(struct __test_metadata *_metadata, struct _test_data_faults *self,
		       const struct _fixture_variant_faults *variant, int fd, uint64_t *pfns)
{
	if (!variant->own_pages && !variant->common_pages)
		return;
	ASSERT_EQ(BASE, mmap(BASE, self->len, PROT(variant), variant->flags | MAP_FIXED_NOREPLACE,
			     fd, self->offset));
	/* What is private is copied when it is written. */
	ASSERT_EQ(0, touch(BASE, self->len, false));
	for (int i = 0; i < variant->pages; i++) {
		pfns[i] = phys_of(BASE + i * PAGE) / PAGE;
		ASSERT_NE(0, pfns[i]);
	}
	ASSERT_EQ(0, munmap(BASE, self->len));
}

/* How many pages of a closed file are not free. */
static int lost_pages(struct _test_data_faults *self, const uint64_t *pfns)
{
	int lost = 0;

	for (int i = 0; i < MAX_PAGES; i++)
		lost += pfns[i] && ioctl(self->leaks, PAGE_REFS, pfns[i]);
	return lost;
}

static void take_first_counts(struct __test_metadata *_metadata, struct _test_data_faults *self,
			      const struct _fixture_variant_faults *variant)
{
	uint64_t pfns[MAX_PAGES] = {};
	int fd = open_file(_metadata, variant);

	find_pages(_metadata, self, variant, fd, pfns);
	take_counts(self->leaks, fd, pfns, self->opened);
	EXPECT_EQ(1, self->opened[REFS_OF_FILE]);
	ASSERT_EQ(0, close(fd));
	take_counts(self->leaks, -1, no_pages, self->closed);
}

/* Compares what there is of @fd and @pfns with what there was before. */
static void expect_same(struct __test_metadata *_metadata, struct _test_data_faults *self,
			long *before, int n, int fd, const uint64_t *pfns)
{
	long now[NR_COUNTS];

	take_counts(self->leaks, fd, pfns, now);
	EXPECT_EQ(NULL, changed(before, now))
		TH_LOG("allocation %d: %s", n, changed(before, now));
	memcpy(before, now, sizeof(now));
}

/*
 * Judges one round after all is undone: @error is what failed, or 0. Returns
 * whether there was no allocation left to fail.
 */
static bool judge(struct __test_metadata *_metadata, struct _test_data_faults *self,
		  const struct _fixture_variant_faults *variant, int n, bool failed, int error)
{
	bool documented = error == ENOMEM;

	expect_same(_metadata, self, self->closed, n, -1, no_pages);
	for (int i = 0; i < ARRAY_SIZE(variant->errors); i++) {
		if (error && error == variant->errors[i]) {
			documented = true;
			self->other[i]++;
		}
	}
	if (error) {
		EXPECT_TRUE(failed && documented)
			TH_LOG("allocation %d: %s", n, strerror(error));
	}
	self->refused += failed && error;
	self->spared += failed && !error;
	return !failed;
}

/* One time from open() to close(); @n is the allocation to fail, or 0. */
static int round_trip(struct __test_metadata *_metadata, struct _test_data_faults *self,
		      const struct _fixture_variant_faults *variant, int n, bool *failed)
{
	bool write = !variant->read_only;
	uint64_t pfns[MAX_PAGES] = {};
	char *p = MAP_FAILED;
	int fd, sig, error = 0;
	bool ready;

	if (n && fail_nth(self->nth, n))
		return errno;
	ready = !try_open(variant, &fd);
	if (!ready) {
		error = errno;
	} else {
		p = mmap(BASE, self->len, PROT(variant), variant->flags | MAP_FIXED_NOREPLACE,
			 fd, self->offset);
		if (p == MAP_FAILED)
			error = errno;
	}
	if (!error && !variant->untouchable) {
		sig = touch(p, self->len, write);
		if (sig)
			error = sig == SIGBUS ? ENOMEM : EFAULT;
	}
	if (!error && munmap(p, self->len))
		error = errno;
	if (!error) {
		if (close(fd))
			error = errno;
		fd = -1;
	}
	*failed = n && fail_nth_stop(self->nth);

	munmap(BASE, self->len);
	if (fd >= 0) {
		/* If all but the mapping is there, another one can be made. */
		if (ready) {
			find_pages(_metadata, self, variant, fd, pfns);
			expect_same(_metadata, self, self->opened, n, fd, pfns);
		}
		close(fd);
	}
	return error;
}

static bool all_seen(const struct _test_data_faults *self,
		     const struct _fixture_variant_faults *variant)
{
	for (int i = 0; i < ARRAY_SIZE(variant->errors); i++)
		if (variant->errors[i] && !self->other[i])
			return false;
	return true;
}

TEST_F(faults, each_allocation)
{
	bool failed = true;
	int n;

	/* Twice, for what the first time allocates for good. */
	for (n = 0; n < 2; n++)
		ASSERT_EQ(0, round_trip(_metadata, self, variant, MAX_ALLOCATIONS, &failed));
	ASSERT_FALSE(failed);
	take_first_counts(_metadata, self, variant);

	/*
	 * How many allocations there are depends on what is cached, so one may be
	 * left out: again, until all errors have been seen.
	 */
	for (int sweep = 0; sweep < 5 && (!sweep || !all_seen(self, variant)); sweep++) {
		for (n = 1; n < MAX_ALLOCATIONS; n++) {
			int error = round_trip(_metadata, self, variant, n, &failed);

			if (judge(_metadata, self, variant, n, failed, error))
				break;
		}
		EXPECT_GT(MAX_ALLOCATIONS, n);
	}
	EXPECT_LT(0, self->refused);
	EXPECT_TRUE(all_seen(self, variant));
	TH_LOG("%d allocations: %d refused, %d made good for", n - 1, self->refused, self->spared);
}

/*
 * A mapping of other memory is replaced. When that fails it is still there, as it
 * was, or it is gone; there is never a part of it, or of the new one.
 */
static int replace(struct __test_metadata *_metadata, struct _test_data_faults *self,
		   const struct _fixture_variant_faults *variant, int n, int fd, bool *failed)
{
	char *p = mmap(BASE, self->len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	int error = 0, vmas;

	ASSERT_EQ(BASE, p);
	memset(p, 'o', self->len);
	ASSERT_EQ(0, fail_nth(self->nth, n));
	p = mmap(BASE, self->len, PROT(variant), variant->flags | MAP_FIXED, fd,
		 self->offset);
	if (p == MAP_FAILED)
		error = errno;
	*failed = fail_nth_stop(self->nth);

	vmas = vmas_in(BASE, self->len);
	if (error) {
		EXPECT_TRUE(!vmas || (vmas == 1 && filled_with(BASE, 'o', self->len)))
			TH_LOG("allocation %d: %d mappings", n, vmas);
		/* To the file it has never been: a file that can be mapped once still can. */
		EXPECT_EQ(BASE, mmap(BASE, self->len, PROT(variant), variant->flags | MAP_FIXED,
				     fd, self->offset));
	} else {
		EXPECT_EQ(1, vmas);
		if (!variant->untouchable) {
			EXPECT_EQ(0, touch(BASE, self->len, !variant->read_only));
			EXPECT_FALSE(filled_with(BASE + 1, 'o', self->len - 1));
		}
	}
	munmap(BASE, self->len);
	return error;
}

/*
 * A mapping is made behind another one, with which it is merged if it can be.
 * When that fails the other one is as it was.
 */
static int extend(struct __test_metadata *_metadata, struct _test_data_faults *self,
		  const struct _fixture_variant_faults *variant, int n, int fd, bool *failed)
{
	size_t first = variant->whole ? self->len : self->len / 2;
	size_t second = variant->whole ? self->len : self->len - first;
	off_t offset = self->offset + (variant->whole ? 0 : first);
	int error = 0, other = fd;
	char *p;

	if (variant->whole)
		other = open_file(_metadata, variant);
	p = mmap(BASE, first, PROT(variant), variant->flags | MAP_FIXED_NOREPLACE, other,
		 self->offset);
	ASSERT_EQ(BASE, p);
	ASSERT_EQ(0, fail_nth(self->nth, n));
	p = mmap(BASE + first, second, PROT(variant), variant->flags | MAP_FIXED_NOREPLACE,
		 fd, offset);
	if (p == MAP_FAILED)
		error = errno;
	*failed = fail_nth_stop(self->nth);

	EXPECT_EQ(1, vmas_in(BASE, first));
	EXPECT_EQ(error ? 0 : 1, vmas_in(BASE + first, second))
		TH_LOG("allocation %d: %d mappings", n, vmas_in(BASE, first + second));
	if (!variant->untouchable)
		EXPECT_EQ(0, touch(BASE, first + (error ? 0 : second), !variant->read_only));
	munmap(BASE, first + second);
	if (variant->whole)
		close(other);
	return error;
}

typedef int each_fn(struct __test_metadata *_metadata, struct _test_data_faults *self,
		    const struct _fixture_variant_faults *variant, int n, int fd, bool *failed);

/* One call of @each with a file of its own; returns how many of its pages are lost. */
static int one_mmap(struct __test_metadata *_metadata, struct _test_data_faults *self,
		    const struct _fixture_variant_faults *variant, each_fn *each, int n, int *error,
		    bool *failed)
{
	uint64_t pfns[MAX_PAGES] = {};
	int fd = open_file(_metadata, variant);

	find_pages(_metadata, self, variant, fd, pfns);
	*error = each(_metadata, self, variant, n, fd, failed);
	expect_same(_metadata, self, self->opened, n, fd, pfns);
	ASSERT_EQ(0, close(fd));
	return variant->own_pages ? lost_pages(self, pfns) : 0;
}

static void each_mmap(struct __test_metadata *_metadata, struct _test_data_faults *self,
		      const struct _fixture_variant_faults *variant, each_fn *each)
{
	int n, fd, error, lost;
	bool failed;

	/* Twice, for what the first time allocates for good. */
	for (n = 0; n < 2; n++) {
		fd = open_file(_metadata, variant);
		ASSERT_EQ(0, each(_metadata, self, variant, MAX_ALLOCATIONS, fd, &failed));
		ASSERT_EQ(0, close(fd));
	}
	ASSERT_FALSE(failed);
	take_first_counts(_metadata, self, variant);

	for (n = 1; n < MAX_ALLOCATIONS; n++) {
		/* Somebody else may have got hold of a page, but not each time. */
		for (int i = 0; i < 3; i++) {
			lost = one_mmap(_metadata, self, variant, each, n, &error, &failed);
			if (!lost)
				break;
		}
		EXPECT_EQ(0, lost)
			TH_LOG("allocation %d: pages are lost", n);
		if (judge(_metadata, self, variant, n, failed, error))
			break;
	}
	EXPECT_GT(MAX_ALLOCATIONS, n);
	TH_LOG("%d allocations: %d refused, %d made good for", n - 1, self->refused, self->spared);
}

TEST_F(faults, replacing_another)
{
	each_mmap(_metadata, self, variant, replace);
	EXPECT_LT(0, self->refused);
}

TEST_F(faults, extending_another)
{
	each_mmap(_metadata, self, variant, extend);
}

/* Runs after all others. */
FIXTURE(leaks) {};
FIXTURE_SETUP(leaks) {}
FIXTURE_TEARDOWN(leaks) {}

TEST_F(leaks, nothing_has_leaked)
{
	char text[4096];

	ASSERT_LE(0, find_leaks(text, sizeof(text)));
	EXPECT_EQ('\0', text[0])
		TH_LOG("%s", text);
}

TEST_HARNESS_MAIN
