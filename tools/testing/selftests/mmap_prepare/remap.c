// SPDX-License-Identifier: GPL-2.0
/*
 * The sample driver samples/rust/rust_mmap_remap.rs: each open of the device
 * has four pages in a row, which are mapped by frame number.
 */
#define DEVICE	"/dev/rust_mmap_remap"
#define NPAGES	4
#define BEYOND	EINVAL

#include "sample_test.h"

TEST_F(sample, smaps)
{
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_STREQ("rw-s", self->vma.perms);
	EXPECT_STREQ(DEVICE, self->vma.name);
	EXPECT_EQ(0, self->vma.offset);
	EXPECT_TRUE(vma_has(&self->vma, "rd wr sh mr mw ms pf io de dd"))
		TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "ex mm lo")) TH_LOG("%s", self->vma.flags);
	/* Frames are not counted. */
	EXPECT_EQ(0, self->vma.rss);
}

TEST_F(sample, private)
{
	int rd = open(DEVICE, O_RDONLY);

	EXPECT_ERRNO(EINVAL, mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_PRIVATE,
				  self->fd, 0));
	EXPECT_ERRNO(EINVAL, mmap(NULL, self->len, PROT_READ, MAP_PRIVATE, rd, 0));
}

TEST_F(sample, mremap)
{
	char *at = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < NPAGES; i++)
		self->p[i * PAGE] = 'a' + i;
	ASSERT_EQ(at, mremap(self->p, self->len, self->len, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	for (int i = 0; i < NPAGES; i++)
		EXPECT_EQ('a' + i, at[i * PAGE]);
	EXPECT_ERRNO(EFAULT, mremap(at, self->len, self->len + PAGE, MREMAP_MAYMOVE));
	EXPECT_ERRNO(EFAULT, mremap(at, 0, PAGE, MREMAP_MAYMOVE));
	ASSERT_EQ(at, mremap(at, self->len, 2 * PAGE, 0));
	EXPECT_EQ(SIGSEGV, try_read(at + 2 * PAGE));
	EXPECT_EQ('b', at[PAGE]);
}

TEST_F(sample, partial_munmap)
{
	memset(self->p, 'p', self->len);
	ASSERT_EQ(0, munmap(self->p + PAGE, PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p + PAGE));
	EXPECT_TRUE(filled_with(self->p, 'p', PAGE));
	EXPECT_TRUE(filled_with(self->p + 2 * PAGE, 'p', 2 * PAGE));
	EXPECT_EQ(2, vmas_in(self->p, self->len));
	ASSERT_EQ(self->p + PAGE, mmap(self->p + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED,
				       self->fd, PAGE));
	EXPECT_TRUE(filled_with(self->p, 'p', self->len));
	/* Merged, it would have been left empty. */
	EXPECT_EQ(3, vmas_in(self->p, self->len));
}

TEST_F(sample, cannot_be_held)
{
	cannot_be_held(_metadata, self->p);
	EXPECT_EQ(0, mlock(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_FALSE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
}

TEST_HARNESS_MAIN
