// SPDX-License-Identifier: GPL-2.0
/*
 * The sample driver samples/rust/rust_mmap_fault.rs: each open of the device
 * has 16 pages, which are allocated when they are first touched.
 */
#define DEVICE	"/dev/rust_mmap_fault"
#define NPAGES	16
#define BEYOND	0	/* The file does not limit a mapping, a fault does. */

#include "sample_test.h"

TEST_F(sample, page_by_page)
{
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_STREQ("rw-s", self->vma.perms);
	EXPECT_STREQ(DEVICE, self->vma.name);
	EXPECT_TRUE(vma_has(&self->vma, "rd wr sh mr mw ms")) TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "ex pf mm io de dd lo"))
		TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(0, self->vma.rss);
	for (int i = NPAGES - 1; i >= 0; i--) {
		EXPECT_EQ(0, load8(self->p + i * PAGE));
		ASSERT_TRUE(vma_of(self->p, &self->vma));
		EXPECT_EQ((NPAGES - i) * PAGE / 1024, self->vma.rss);
	}
	EXPECT_TRUE(filled_with(self->p, 0, self->len));
}

TEST_F(sample, private)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	self->p[0] = 'p';
	EXPECT_EQ('p', q[0]);
	q[0] = 'q';		/* a copy of a page that is there */
	q[PAGE] = 'q';		/* and of one that is not */
	EXPECT_EQ('p', self->p[0]);
	EXPECT_EQ(0, self->p[PAGE]);
	self->p[2 * PAGE] = 'p';
	EXPECT_EQ('p', q[2 * PAGE]);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ(2 * PAGE / 1024, self->vma.anon);
	EXPECT_EQ(3 * PAGE / 1024, self->vma.rss);
	/* Copies go, the file's pages come back. */
	ASSERT_EQ(0, madvise(q, self->len, MADV_DONTNEED));
	EXPECT_EQ('p', q[0]);
	EXPECT_EQ(0, q[PAGE]);
}

/* Whoever comes first allocates the page; the others get the same one. */
TEST_F(sample, race)
{
	int start[2], status;

	ASSERT_EQ(0, pipe(start));
	for (int c = 0; c < 4; c++) {
		if (fork())
			continue;
		close(start[1]);
		read(start[0], &status, 1);
		for (int i = 0; i < NPAGES; i++)
			self->p[i * PAGE + c] = 'a' + c;
		_exit(0);
	}
	close(start[1]);
	for (int c = 0; c < 4; c++) {
		ASSERT_LT(0, wait(&status));
		ASSERT_EQ(0, status);
	}
	for (int i = 0; i < NPAGES; i++)
		EXPECT_EQ(0, memcmp(self->p + i * PAGE, "abcd", 5));
}

TEST_F(sample, mremap)
{
	char *at = mmap(NULL, 32 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *q;

	for (int i = 0; i < 4; i++)
		self->p[i * PAGE] = 'a' + i;
	ASSERT_EQ(at, mremap(self->p, self->len, self->len, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	EXPECT_EQ('d', at[3 * PAGE]);
	/* Not touched before it was moved. */
	at[10 * PAGE] = 'k';
	ASSERT_EQ(at, mremap(at, self->len, 2 * PAGE, 0));
	EXPECT_EQ(SIGSEGV, try_read(at + 2 * PAGE));
	/* What it grows by is faulted in, until there is no more. */
	q = mremap(at, 2 * PAGE, 20 * PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ('b', q[PAGE]);
	EXPECT_EQ('k', q[10 * PAGE]);
	EXPECT_EQ(SIGBUS, try_read(q + NPAGES * PAGE));
}

TEST_F(sample, partial_munmap)
{
	memset(self->p, 'p', self->len);
	ASSERT_EQ(0, munmap(self->p + 3 * PAGE, 2 * PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p + 3 * PAGE));
	EXPECT_TRUE(filled_with(self->p, 'p', 3 * PAGE));
	EXPECT_TRUE(filled_with(self->p + 5 * PAGE, 'p', 11 * PAGE));
	EXPECT_EQ(2, vmas_in(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p + 5 * PAGE, &self->vma));
	EXPECT_EQ(5 * PAGE, self->vma.offset);
	EXPECT_EQ(11 * PAGE / 1024, self->vma.rss);
	/* Back into the hole, where it is one mapping again: no action is lost by that. */
	ASSERT_EQ(self->p + 3 * PAGE, mmap(self->p + 3 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_FIXED, self->fd, 3 * PAGE));
	EXPECT_EQ(1, vmas_in(self->p, self->len));
	EXPECT_TRUE(filled_with(self->p, 'p', self->len));
}

TEST_F(sample, dropped_and_faulted_again)
{
	memset(self->p, 'p', self->len);
	ASSERT_EQ(0, madvise(self->p, self->len, MADV_DONTNEED));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ(0, self->vma.rss);
	EXPECT_TRUE(filled_with(self->p, 'p', self->len));
	ASSERT_EQ(0, mprotect(self->p, PAGE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	ASSERT_EQ(0, mprotect(self->p, PAGE, PROT_READ));
	EXPECT_EQ('p', self->p[0]);
	EXPECT_EQ(SIGSEGV, try_write(self->p, 1));
}

TEST_F(sample, populate)
{
	char *q = mmap(NULL, 2 * self->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ(self->len / 1024, self->vma.rss);
	EXPECT_ERRNO(EFAULT, madvise(q, 2 * self->len, MADV_POPULATE_WRITE));
	EXPECT_EQ(0, mlock(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ(self->len / 1024, self->vma.rss);
	EXPECT_TRUE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
}

/* The pages are counted: they can be held, and outlive the file if they are. */
TEST_F(sample, as_a_buffer)
{
	struct iovec iov = { self->p + PAGE - 2, 4 };
	char buf[4];
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(4, write(p[1], "abcd", 4));
	EXPECT_EQ(4, read(p[0], self->p + PAGE - 2, 4));
	ASSERT_EQ(4, vmsplice(p[1], &iov, 1, 0));
	ASSERT_EQ(0, munmap(self->p, self->len));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(4, read(p[0], buf, 4));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
}

TEST_HARNESS_MAIN
