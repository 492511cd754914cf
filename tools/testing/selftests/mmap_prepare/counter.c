// SPDX-License-Identifier: GPL-2.0
/*
 * The sample driver samples/rust/rust_mmap_counter.rs: each mmap() has a page
 * that says how many mappings it has become, and there may be 16 in all.
 */
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"

#define DEVICE	"/dev/rust_mmap_counter"
#define LIMIT	16

static char *map_at(void *at, int pages, int fd)
{
	return mmap(at, pages * PAGE, PROT_READ, MAP_SHARED | (at ? MAP_FIXED : 0), fd, 0);
}

/* How many mappings could be made. */
static int room(int fd)
{
	char *p[LIMIT + 1];
	int n = 0;

	while (n <= LIMIT) {
		p[n] = map_at(NULL, 1, fd);
		if (p[n] == MAP_FAILED)
			break;
		n++;
	}
	for (int i = 0; i < n; i++)
		munmap(p[i], PAGE);
	return n;
}

FIXTURE(counter)
{
	int fd;
	char *p;	/* three pages */
	struct vma vma;
};

FIXTURE_SETUP(counter)
{
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd) TH_LOG("%s: enable SAMPLE_RUST_MMAP_COUNTER", strerror(errno));
	/* Whatever the tests before did has ended. */
	ASSERT_EQ(LIMIT, room(self->fd));
	self->p = map_at(NULL, 3, self->fd);
	ASSERT_NE(MAP_FAILED, self->p);
}

FIXTURE_TEARDOWN(counter)
{
	munmap(self->p, 3 * PAGE);
	EXPECT_EQ(LIMIT, room(self->fd));
	close(self->fd);
}

TEST_F(counter, one_mapping)
{
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(1, load32(self->p + i * PAGE));
	EXPECT_TRUE(filled_with(self->p + 4, 0, PAGE - 4));
	EXPECT_EQ(LIMIT - 1, room(self->fd));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_STREQ("r--s", self->vma.perms);
	EXPECT_STREQ(DEVICE, self->vma.name);
	EXPECT_TRUE(vma_has(&self->vma, "rd sh mr me ms de")) TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "wr mw ex io pf mm dd"))
		TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(3 * PAGE / 1024, self->vma.rss);
}

TEST_F(counter, mappings_count_on_their_own)
{
	char *q = map_at(NULL, 1, self->fd);

	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(1, load32(self->p));
	EXPECT_EQ(1, load32(q));
	ASSERT_EQ(0, munmap(self->p + PAGE, PAGE));
	EXPECT_EQ(2, load32(self->p));
	EXPECT_EQ(1, load32(q));
	EXPECT_EQ(LIMIT - 3, room(self->fd));
	ASSERT_EQ(0, munmap(q, PAGE));
	EXPECT_EQ(LIMIT - 2, room(self->fd));
}

TEST_F(counter, fork)
{
	int p[2];
	char c;

	ASSERT_EQ(0, pipe(p));
	EXPECT_TRUE(IN_CHILD({
		if (load32(self->p) != 2 || room(self->fd) != LIMIT - 2)
			_exit(2);
		if (!IN_CHILD(_exit(load32(self->p) == 3 ? 0 : 2)))
			_exit(3);
		if (load32(self->p) != 2)
			_exit(4);
		_exit(write(p[1], "x", 1) == 1 && !munmap(self->p, 3 * PAGE) ? 0 : 5);
	}));
	EXPECT_EQ(1, read(p[0], &c, 1));
	EXPECT_EQ(1, load32(self->p));
}

/* The child ends with all of its mappings. */
TEST_F(counter, exit)
{
	for (int i = 0; i < 3; i++) {
		EXPECT_TRUE(IN_CHILD({
			for (int n = 0; n < 5; n++)
				if (map_at(NULL, 1, self->fd) == MAP_FAILED)
					_exit(2);
			munmap(self->p + PAGE, PAGE);
			_exit(load32(self->p) == 3 && room(self->fd) == LIMIT - 8 ? 0 : 3);
		}));
		EXPECT_EQ(1, load32(self->p));
		EXPECT_EQ(LIMIT - 1, room(self->fd));
	}
}

TEST_F(counter, split)
{
	ASSERT_EQ(0, munmap(self->p + PAGE, PAGE));
	EXPECT_EQ(2, load32(self->p));
	EXPECT_EQ(2, load32(self->p + 2 * PAGE));
	ASSERT_EQ(0, munmap(self->p, PAGE));
	EXPECT_EQ(1, load32(self->p + 2 * PAGE));
}

TEST_F(counter, end_cut_off)
{
	ASSERT_EQ(0, munmap(self->p, PAGE));
	EXPECT_EQ(1, load32(self->p + PAGE));
	ASSERT_EQ(0, munmap(self->p + 2 * PAGE, PAGE));
	EXPECT_EQ(1, load32(self->p + PAGE));
	EXPECT_EQ(LIMIT - 1, room(self->fd));
}

/* Mappings with a state are not joined, even if mprotect() makes them alike again. */
TEST_F(counter, mprotect)
{
	ASSERT_EQ(0, mprotect(self->p + PAGE, PAGE, PROT_NONE));
	EXPECT_EQ(3, vmas_in(self->p, 3 * PAGE));
	EXPECT_EQ(3, load32(self->p));
	ASSERT_EQ(0, mprotect(self->p + PAGE, PAGE, PROT_READ));
	EXPECT_EQ(3, vmas_in(self->p, 3 * PAGE));
	EXPECT_EQ(3, load32(self->p + PAGE));
}

TEST_F(counter, mremap)
{
	char *at = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* Onto something else: there are two while it is moved. */
	ASSERT_EQ(at, mremap(self->p, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	EXPECT_EQ(1, load32(at));
	/* A part of it. */
	ASSERT_EQ(at + 4 * PAGE, mremap(at + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
					at + 4 * PAGE));
	EXPECT_EQ(3, load32(at));
	EXPECT_EQ(3, load32(at + 4 * PAGE));
	EXPECT_EQ(3, load32(at + 2 * PAGE));
	/* Onto itself. */
	ASSERT_EQ(at, mremap(at + 4 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(2, load32(at));
	EXPECT_ERRNO(EFAULT, mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(2, load32(at));
	/* Left in both places. */
	EXPECT_ERRNO(EFAULT, mremap(at, 0, PAGE, MREMAP_MAYMOVE));
	EXPECT_ERRNO(EINVAL, mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
	EXPECT_EQ(2, load32(at));
	ASSERT_EQ(0, munmap(at, 3 * PAGE));
	EXPECT_EQ(LIMIT, room(self->fd));
}

TEST_F(counter, replaced)
{
	ASSERT_EQ(self->p + PAGE, mmap(self->p + PAGE, PAGE, PROT_NONE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_EQ(2, load32(self->p));
	ASSERT_EQ(self->p + 2 * PAGE, map_at(self->p + 2 * PAGE, 1, self->fd));
	EXPECT_EQ(1, load32(self->p));
	EXPECT_EQ(1, load32(self->p + 2 * PAGE));
	/* Several at once. */
	ASSERT_EQ(self->p, map_at(self->p, 3, self->fd));
	EXPECT_EQ(1, vmas_in(self->p, 3 * PAGE));
	EXPECT_EQ(1, load32(self->p));
	EXPECT_EQ(LIMIT - 1, room(self->fd));
}

TEST_F(counter, neighbours_do_not_merge)
{
	char *area = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* The one in the middle comes last, and fits both. */
	for (int i = 0; i < 3; i++) {
		int at = 2 * i % 3;

		ASSERT_EQ(area + at * PAGE, mmap(area + at * PAGE, PAGE, PROT_READ,
						 MAP_SHARED | MAP_FIXED, self->fd, at * PAGE));
	}
	EXPECT_EQ(3, vmas_in(area, 3 * PAGE));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(1, load32(area + i * PAGE));
	ASSERT_EQ(0, munmap(area, 3 * PAGE));
}

/* What closed last left a count of zero behind. */
TEST_F(counter, page_outlives_the_mapping)
{
	struct iovec iov = { self->p, 4 };
	uint32_t count = 1;
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, munmap(self->p + PAGE, PAGE));
	ASSERT_EQ(2, load32(self->p));
	ASSERT_EQ(4, vmsplice(p[1], &iov, 1, 0));
	ASSERT_EQ(0, munmap(self->p, 3 * PAGE));
	ASSERT_EQ(4, read(p[0], &count, 4));
	EXPECT_EQ(0, count);
}

TEST_F(counter, rights)
{
	int flags[] = { MAP_SHARED, MAP_PRIVATE };
	int rd = open(DEVICE, O_RDONLY);

	for (int i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_ERRNO(EPERM, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, flags[i],
					 self->fd, 0));
		EXPECT_ERRNO(EPERM, mmap(NULL, PAGE, PROT_WRITE, flags[i], self->fd, 0));
	}
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, rd, 0));
	EXPECT_ERRNO(EACCES, mprotect(self->p, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(1, load32(self->p));
	EXPECT_EQ(LIMIT - 1, room(self->fd));
}

/* With 16 mappings there, `mapped` fails. */
FIXTURE(counter_full)
{
	int fd;
	char *p;	/* 16 mappings of one page each */
};

FIXTURE_SETUP(counter_full)
{
	self->fd = open(DEVICE, O_RDWR);
	self->p = mmap(NULL, LIMIT * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->p);
	for (int i = 0; i < LIMIT; i++)
		ASSERT_EQ(self->p + i * PAGE, map_at(self->p + i * PAGE, 1, self->fd));
}

FIXTURE_TEARDOWN(counter_full)
{
	munmap(self->p, LIMIT * PAGE);
	EXPECT_EQ(LIMIT, room(self->fd));
}

TEST_F(counter_full, nothing_is_mapped)
{
	char *area;

	for (int i = 0; i < 100; i++)
		EXPECT_ERRNO(EBUSY, map_at(NULL, 1, self->fd));
	area = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(area, 'o', 3 * PAGE);
	EXPECT_ERRNO(EBUSY, map_at(area + PAGE, 1, self->fd));
	EXPECT_EQ(2, vmas_in(area, 3 * PAGE));
	EXPECT_EQ(SIGSEGV, try_read(area + PAGE));
	EXPECT_EQ('o', area[0]);
	EXPECT_EQ('o', area[2 * PAGE]);
	/* Those that are there do not notice. */
	for (int i = 0; i < LIMIT; i++)
		EXPECT_EQ(1, load32(self->p + i * PAGE));
	ASSERT_EQ(0, munmap(self->p, PAGE));
	EXPECT_EQ(1, room(self->fd));
}

/* What is replaced is closed before the other begins. */
TEST_F(counter_full, replacing_needs_no_room)
{
	for (int i = 0; i < LIMIT; i++)
		ASSERT_EQ(self->p + i * PAGE, map_at(self->p + i * PAGE, 1, self->fd));
	EXPECT_EQ(0, room(self->fd));
	for (int i = 0; i < LIMIT; i++)
		EXPECT_EQ(1, load32(self->p + i * PAGE));
}

/* Copies cannot be refused, and count all the same. */
TEST_F(counter_full, copies)
{
	EXPECT_TRUE(IN_CHILD(_exit(load32(self->p) == 2 && !room(self->fd) ? 0 : 2)));
	EXPECT_EQ(1, load32(self->p));
	EXPECT_EQ(0, room(self->fd));
}

TEST_HARNESS_MAIN
