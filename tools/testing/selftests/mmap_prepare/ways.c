// SPDX-License-Identifier: GPL-2.0
/*
 * The sample drivers samples/rust/rust_mmap_{mixed,mixed_pages,custom,wrapper}.rs:
 * what they have in common is run on each, the rest follows below.
 */
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"

#define NPAGES	8	/* at most */

FIXTURE(ways)
{
	int fd;
	size_t len;
	char *p;			/* all of it, shared */
	unsigned char first[NPAGES];	/* byte of each page */
	struct vma vma;
};

/* An mmap() that fails. */
struct refusal {
	int error, pages, from, prot, flags;
	bool early;	/* before the driver is asked */
};

FIXTURE_VARIANT(ways)
{
	const char *path;
	int pages, prot;
	int counted;		/* how many of the pages are, and are there at once */
	const char *has, *has_not;
	int grow;		/* errno, or 0 if there is nothing in what is new */
	struct refusal refused[8];
};

#define RW	(PROT_READ | PROT_WRITE)

FIXTURE_VARIANT_ADD(ways, mixed) {
	.path = "/dev/rust_mmap_mixed",
	.pages = 8, .prot = RW, .counted = 4,
	.has = "rd wr sh mr mw me ms mm", .has_not = "ex pf io de dd dc lo",
	.refused = {
		/* Found when eight pages are mapped already. */
		{ EINVAL, 9, 0, RW, MAP_SHARED },
		{ EINVAL, 9, 0, RW, MAP_PRIVATE },
		{ EINVAL, 2, 7, RW, MAP_SHARED },
		{ EINVAL, 1, 8, RW, MAP_SHARED },
		{ EINVAL, 1, -2, RW, MAP_SHARED },	/* the last offset there can be */
		{ EOVERFLOW, 2, -2, RW, MAP_SHARED, .early = true },
		{ EACCES, 1, 0, RW, MAP_SHARED, .early = true },
	},
};

FIXTURE_VARIANT_ADD(ways, mixed_pages) {
	.path = "/dev/rust_mmap_mixed_pages",
	.pages = 8, .prot = RW, .counted = 4,
	.has = "rd wr sh mr mw me ms mm", .has_not = "ex pf io de dd dc lo",
	.refused = {
		{ EINVAL, 9, 0, RW, MAP_SHARED },
		{ EINVAL, 9, 0, RW, MAP_PRIVATE },
		{ EINVAL, 1, 8, RW, MAP_SHARED },
		{ EINVAL, 2, 7, RW, MAP_SHARED },
		{ EINVAL, 1, 1 << 20, RW, MAP_SHARED },
		{ EACCES, 1, 0, RW, MAP_SHARED, .early = true },
	},
};

FIXTURE_VARIANT_ADD(ways, custom) {
	.path = "/dev/rust_mmap_custom",
	.pages = 4, .prot = RW, .counted = 3,
	.has = "rd wr sh mr mw me ms mm de dd", .has_not = "ex pf io dc lo",
	.grow = EFAULT,
	.refused = {
		{ EINVAL, 5, 0, RW, MAP_SHARED },
		{ EINVAL, 4, 1, RW, MAP_SHARED },
		{ EINVAL, 4, 0, PROT_READ, MAP_PRIVATE },
		/* Found in the middle of the work. */
		{ EFAULT, 1, 0, RW, MAP_SHARED },
		{ EFAULT, 2, 0, RW, MAP_SHARED },
		{ EFAULT, 3, 0, RW, MAP_SHARED },
		{ EACCES, 4, 0, RW, MAP_SHARED, .early = true },
	},
};

FIXTURE_VARIANT_ADD(ways, wrapper) {
	.path = "/dev/rust_mmap_wrapper",
	.pages = 2, .prot = PROT_READ, .counted = 2,
	.has = "rd sh mr me ms mm", .has_not = "wr mw ex pf io de dd dc lo",
	.refused = {
		{ EPERM, 2, 0, RW, MAP_SHARED },
		{ EPERM, 2, 0, RW, MAP_PRIVATE },
		{ EINVAL, 3, 0, PROT_READ, MAP_SHARED },
		{ EINVAL, 2, 1, PROT_READ, MAP_SHARED },
		{ EINVAL, 1, 2, PROT_READ, MAP_PRIVATE },
		{ EINVAL, 1, 1 << 20, PROT_READ, MAP_SHARED },
		{ EACCES, 2, 0, RW, MAP_SHARED, .early = true },
	},
};

FIXTURE_SETUP(ways)
{
	self->fd = open(variant->path, O_RDWR);
	ASSERT_LE(0, self->fd) TH_LOG("%s: %s", variant->path, strerror(errno));
	self->len = variant->pages * PAGE;
	self->p = mmap(NULL, self->len, variant->prot, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->p);
}

FIXTURE_TEARDOWN(ways)
{
	close(self->fd);
}

/* Gives each page a value if it can be written, and learns it. */
static void fill(char *p, int pages, int prot, unsigned char *first)
{
	for (int i = 0; i < pages; i++) {
		if (prot & PROT_WRITE)
			p[i * PAGE] = 'a' + i;
		first[i] = load8(p + i * PAGE);
	}
}

/* Whether the pages at @p have these values. */
static bool filled(const char *p, const unsigned char *first, int pages)
{
	for (int i = 0; i < pages; i++)
		if (load8(p + i * PAGE) != first[i])
			return false;
	return true;
}

TEST_F(ways, contents)
{
	char *q = mmap(NULL, self->len, variant->prot, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	fill(self->p, variant->pages, variant->prot, self->first);
	EXPECT_TRUE(filled(q, self->first, variant->pages));
	ASSERT_EQ(0, munmap(self->p, self->len));
	ASSERT_EQ(0, munmap(q, self->len));
	/* They live as long as the file, not as the mapping. */
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_TRUE(filled(q, self->first, variant->pages));
	/* And as long as the mapping without a descriptor. */
	ASSERT_EQ(0, close(self->fd));
	EXPECT_TRUE(filled(q, self->first, variant->pages));
}

TEST_F(ways, smaps)
{
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_STREQ(variant->path, self->vma.name);
	EXPECT_EQ((unsigned long)self->p, self->vma.start);
	EXPECT_EQ((unsigned long)self->p + self->len, self->vma.end);
	EXPECT_EQ(0, self->vma.offset);
	EXPECT_TRUE(vma_has(&self->vma, variant->has)) TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, variant->has_not)) TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(variant->counted * PAGE / 1024, self->vma.rss);
	/* Frames that are touched count as little as those that are there. */
	fill(self->p, variant->pages, variant->prot, self->first);
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ(variant->counted * PAGE / 1024, self->vma.rss);
	EXPECT_EQ(0, self->vma.anon);
}

TEST_F(ways, fork)
{
	fill(self->p, variant->pages, variant->prot, self->first);
	EXPECT_TRUE(IN_CHILD({
		if (!filled(self->p, self->first, variant->pages))
			_exit(2);
		if (variant->prot & PROT_WRITE)
			memset(self->p, 'c', self->len);
		_exit(munmap(self->p, self->len));
	}));
	if (variant->prot & PROT_WRITE)
		memset(self->first, 'c', NPAGES);
	EXPECT_TRUE(filled(self->p, self->first, variant->pages));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ(variant->counted * PAGE / 1024, self->vma.rss);
}

TEST_F(ways, mremap)
{
	char *at = mmap(NULL, 2 * self->len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *q;

	fill(self->p, variant->pages, variant->prot, self->first);
	ASSERT_EQ(at, mremap(self->p, self->len, self->len, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	EXPECT_TRUE(filled(at, self->first, variant->pages));
	ASSERT_EQ(at, mremap(at, self->len, self->len - PAGE, 0));
	EXPECT_EQ(SIGSEGV, try_read(at + self->len - PAGE));
	EXPECT_TRUE(filled(at, self->first, variant->pages - 1));
	errno = 0;
	q = mremap(at, self->len - PAGE, self->len + PAGE, MREMAP_MAYMOVE);
	if (variant->grow) {
		EXPECT_EQ(MAP_FAILED, q);
		EXPECT_EQ(variant->grow, errno);
		EXPECT_TRUE(filled(at, self->first, variant->pages - 1));
	} else {
		ASSERT_NE(MAP_FAILED, q);
		EXPECT_TRUE(filled(q, self->first, variant->pages - 1));
		EXPECT_EQ(SIGBUS, try_read(q + self->len));
	}
}

TEST_F(ways, partial_munmap)
{
	int last = variant->pages - 1;

	fill(self->p, variant->pages, variant->prot, self->first);
	ASSERT_EQ(0, munmap(self->p, PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	EXPECT_TRUE(filled(self->p + PAGE, self->first + 1, last));
	ASSERT_TRUE(vma_of(self->p + PAGE, &self->vma));
	EXPECT_EQ(PAGE, self->vma.offset);
	/* The first page is a counted one of each. */
	EXPECT_EQ((variant->counted - 1) * PAGE / 1024, self->vma.rss);
	if (last < 3)
		return;
	ASSERT_EQ(0, munmap(self->p + 2 * PAGE, PAGE));
	EXPECT_EQ(2, vmas_in(self->p, self->len));
	EXPECT_TRUE(filled(self->p + PAGE, self->first + 1, 1));
	EXPECT_TRUE(filled(self->p + 3 * PAGE, self->first + 3, last - 2));
}

TEST_F(ways, refused)
{
	int rd = open(variant->path, O_RDONLY);
	char *area;

	ASSERT_LE(0, rd);
	for (const struct refusal *r = variant->refused; r->error; r++) {
		int fd = r->early ? rd : self->fd;
		size_t len = r->pages * PAGE;

		EXPECT_ERRNO(r->error, mmap(NULL, len, r->prot, r->flags, fd, r->from * PAGE))
			TH_LOG("%d pages from %d", r->pages, r->from);

		/* A driver that is asked is so when the old mapping is gone already. */
		area = mmap(NULL, len + 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(MAP_FAILED, area);
		memset(area, 'o', len + 2 * PAGE);
		EXPECT_ERRNO(r->error, mmap(area + PAGE, len, r->prot, r->flags | MAP_FIXED, fd,
					    r->from * PAGE));
		EXPECT_EQ(r->early ? 1 : 2, vmas_in(area, len + 2 * PAGE));
		EXPECT_EQ(r->early ? 0 : SIGSEGV, try_read(area + PAGE));
		EXPECT_EQ(r->early ? 0 : SIGSEGV, try_read(area + len));
		EXPECT_EQ('o', area[0]);
		EXPECT_EQ('o', area[len + PAGE]);
	}
	fill(self->p, variant->pages, variant->prot, self->first);
	EXPECT_TRUE(filled(self->p, self->first, variant->pages));
}

/* Whether the page at @p can be held, other than by mapping it. */
static bool can_hold(const char *p)
{
	char buf[4];
	struct iovec local = { buf, 4 }, remote = { (void *)p, 4 };

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 4;
}

/* Whether something is mapped at @p, without touching it. */
static bool present(const char *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (pread(fd, &entry, 8, (uintptr_t)p / PAGE * 8) != 8)
		return false;
	close(fd);
	return entry >> 63;
}

static char *map(const char *path, int pages, int flags, int from)
{
	int fd = open(path, O_RDWR);
	char *p = mmap(NULL, pages * PAGE, RW, flags, fd, from * PAGE);

	close(fd);
	return p;
}

TEST(mixed_kinds_alternate)
{
	char *p = map("/dev/rust_mmap_mixed", 8, MAP_SHARED, 0);

	ASSERT_NE(MAP_FAILED, p);
	for (int i = 0; i < 8; i++) {
		EXPECT_TRUE(present(p + i * PAGE));
		EXPECT_EQ(i % 2 == 0, can_hold(p + i * PAGE));
	}
	/* What is thrown away stays away: there is no fault handler. */
	ASSERT_EQ(0, madvise(p, 2 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(SIGBUS, try_read(p));
	EXPECT_EQ(SIGBUS, try_read(p + PAGE));
}

/* Written by the owner of a private mapping, either kind is copied. */
TEST(mixed_private)
{
	static const char *const paths[] = { "/dev/rust_mmap_mixed", "/dev/rust_mmap_mixed_pages" };
	struct vma vma;

	for (int i = 0; i < ARRAY_SIZE(paths); i++) {
		int fd = open(paths[i], O_RDWR);
		char *p = mmap(NULL, 8 * PAGE, RW, MAP_SHARED, fd, 0);
		char *q = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE, fd, 0);

		ASSERT_NE(MAP_FAILED, p);
		ASSERT_NE(MAP_FAILED, q);
		memset(p, 'p', 8 * PAGE);
		EXPECT_TRUE(filled_with(q, 'p', 8 * PAGE));
		q[2 * PAGE] = 'q';
		q[5 * PAGE] = 'q';
		EXPECT_TRUE(filled_with(p, 'p', 8 * PAGE));
		EXPECT_EQ('p', q[2 * PAGE + 1]);
		EXPECT_EQ('p', q[5 * PAGE + 1]);
		ASSERT_TRUE(vma_of(q, &vma));
		EXPECT_EQ(2 * PAGE / 1024, vma.anon);
		EXPECT_TRUE(can_hold(q + 5 * PAGE));
		memset(p, 'P', 8 * PAGE);
		EXPECT_EQ('q', q[2 * PAGE]);
		EXPECT_EQ('p', q[5 * PAGE + 1]);
		EXPECT_EQ('P', q[PAGE]);
	}
}

/* A mapping shows the file from its offset on, as far as it reaches. */
TEST(mixed_from_each_offset)
{
	unsigned char first[NPAGES];

	for (int eager = 4; eager <= 8; eager += 4) {
		int fd = open(eager == 4 ? "/dev/rust_mmap_mixed_pages" : "/dev/rust_mmap_mixed",
			      O_RDWR);
		char *p = mmap(NULL, 8 * PAGE, RW, MAP_SHARED, fd, 0);

		ASSERT_NE(MAP_FAILED, p);
		fill(p, 8, RW, first);
		for (int from = 0; from < 8; from++) {
			for (int pages = 1; pages <= 8 - from; pages++) {
				p = mmap(NULL, pages * PAGE, RW, MAP_SHARED, fd, from * PAGE);
				ASSERT_NE(MAP_FAILED, p);
				for (int i = 0; i < pages; i++)
					EXPECT_EQ(from + i < eager, present(p + i * PAGE));
				EXPECT_TRUE(filled(p, first + from, pages));
				for (int i = 0; i < pages; i++)
					EXPECT_EQ(eager == 4 ? from + i < 4 : (from + i) % 2 == 0,
						  can_hold(p + i * PAGE));
				ASSERT_EQ(0, munmap(p, pages * PAGE));
			}
		}
	}
}

TEST(mixed_pages_are_half_there)
{
	char *p = map("/dev/rust_mmap_mixed_pages", 8, MAP_SHARED, 0);

	ASSERT_NE(MAP_FAILED, p);
	for (int i = 0; i < 8; i++)
		EXPECT_EQ(i < 4, present(p + i * PAGE));
	for (int i = 0; i < 8; i++) {
		p[i * PAGE] = 'a' + i;
		EXPECT_TRUE(present(p + i * PAGE));
		EXPECT_EQ(i < 4, can_hold(p + i * PAGE));
	}
	/* What is thrown away comes back, as a frame. */
	ASSERT_EQ(0, madvise(p, 8 * PAGE, MADV_DONTNEED));
	for (int i = 0; i < 8; i++) {
		EXPECT_FALSE(present(p + i * PAGE));
		EXPECT_EQ('a' + i, p[i * PAGE]);
		EXPECT_FALSE(can_hold(p + i * PAGE));
	}
}

TEST(custom_ranges)
{
	char *p = map("/dev/rust_mmap_custom", 4, MAP_SHARED, 0);

	ASSERT_NE(MAP_FAILED, p);
	for (int i = 0; i < 4; i++) {
		EXPECT_TRUE(present(p + i * PAGE));
		EXPECT_EQ(i != 1, can_hold(p + i * PAGE));
	}
	EXPECT_TRUE(filled_with(p, 0, 3 * PAGE - 4));
	EXPECT_EQ(0, memcmp(p + 3 * PAGE - 4, "the ring", 8));
	EXPECT_TRUE(filled_with(p + 3 * PAGE + 4, 0, PAGE - 4));
}

TEST(wrapper_is_for_reading)
{
	int fd = open("/dev/rust_mmap_wrapper", O_RDWR);
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	char *q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_STREQ("the inner file", p);
	EXPECT_TRUE(filled_with(q, 0, PAGE));
	EXPECT_ERRNO(EACCES, mprotect(p, PAGE, RW));
	EXPECT_ERRNO(EACCES, mprotect(q, PAGE, RW));
	EXPECT_EQ(SIGSEGV, try_write(p, 1));
	/* The inner file lives as long as the outer one is mapped. */
	ASSERT_EQ(0, close(fd));
	EXPECT_STREQ("the inner file", p);
}

TEST_HARNESS_MAIN
