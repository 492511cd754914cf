// SPDX-License-Identifier: GPL-2.0
/*
 * The sample driver samples/rust/rust_mmap_huge.rs: each open of the device has
 * a huge page, which one fault maps if the mapping is large enough.
 */
#include <sys/resource.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"

#define DEVICE	"/dev/rust_mmap_huge"

FIXTURE(huge)
{
	int fd;
	size_t len;	/* of a huge page */
	long pages;	/* in it */
	char *p;	/* all of it, shared, read and write; not touched yet */
	struct vma vma;
};

FIXTURE_SETUP(huge)
{
	char text[32];

	ASSERT_LT(0, read_text("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", text,
			       sizeof(text)));
	self->len = strtoul(text, NULL, 0);
	self->pages = self->len / PAGE;
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd) TH_LOG("%s: enable SAMPLE_RUST_MMAP_HUGE", strerror(errno));
	self->p = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->p);
}

FIXTURE_TEARDOWN(huge)
{
	close(self->fd);
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

/* How many faults it takes to write to, or to read, each page of [p, p + len). */
static long faults_to_write(char *p, size_t len)
{
	long before;

	/* Not of the code and the stack, which a fork may have made read-only. */
	faults();
	store8(&before, load8(&before));
	before = faults();
	for (size_t i = 0; i < len; i += PAGE)
		store8(p + i, i / PAGE + 1);
	return faults() - before;
}

static long faults_to_read(char *p, size_t len)
{
	long before;

	faults();
	store8(&before, load8(&before));
	before = faults();
	for (size_t i = 0; i < len; i += PAGE)
		load8(p + i);
	return faults() - before;
}

/* Whether the pages are as faults_to_write() of the whole left them. */
static bool as_written(char *p, size_t len, long from)
{
	for (size_t i = 0; i < len; i += PAGE)
		if (load8(p + i) != (uint8_t)(from + i / PAGE + 1))
			return false;
	return true;
}

TEST_F(huge, one_fault_maps_all)
{
	EXPECT_EQ(0, (uintptr_t)self->p % self->len);
	EXPECT_EQ(1, faults_to_write(self->p, self->len));
	EXPECT_EQ(0, faults_to_read(self->p, self->len));
	EXPECT_TRUE(as_written(self->p, self->len, 0));
}

/* The fault may be that of any page. */
TEST_F(huge, one_fault_in_the_middle)
{
	EXPECT_EQ(0, load8(self->p + self->len / 2 + PAGE));
	EXPECT_EQ(0, faults_to_read(self->p, self->len));
	EXPECT_TRUE(filled_with(self->p, 0, self->len));
}

TEST_F(huge, smaps)
{
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_STREQ("rw-s", self->vma.perms);
	EXPECT_STREQ(DEVICE, self->vma.name);
	EXPECT_TRUE(vma_has(&self->vma, "rd wr sh mr mw ms pf de")) TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "ex mm io dd lo")) TH_LOG("%s", self->vma.flags);
	EXPECT_EQ(1, self->vma.thp_eligible);
	/* Frames are not counted, huge or not. */
	store8(self->p, 1);
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ(0, self->vma.rss);
}

/* Where no huge page fits, each page has a fault, and the contents are the same. */
TEST_F(huge, small_mappings)
{
	size_t half = self->len / 2;
	char *q = mmap(NULL, half, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, half);

	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(1, faults_to_write(self->p, self->len));
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ(0, self->vma.thp_eligible);
	EXPECT_EQ(self->pages / 2, faults_to_read(q, half));
	EXPECT_TRUE(as_written(q, half, self->pages / 2));
	store8(q, 'q');
	EXPECT_EQ('q', load8(self->p + half));
}

TEST_F(huge, wrong_alignment)
{
	char *area = mmap(NULL, 3 * self->len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *q = (char *)(((uintptr_t)area + self->len) / self->len * self->len) + PAGE;

	ASSERT_EQ(q, mmap(q, self->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			  self->fd, 0));
	EXPECT_EQ(self->pages, faults_to_read(q, self->len));
	/* On machines that do not mark a page as dirty themselves, each takes another fault. */
	faults_to_write(q, self->len);
	EXPECT_EQ(1, faults_to_read(self->p, self->len));
	EXPECT_TRUE(as_written(self->p, self->len, 0));
}

TEST_F(huge, partial_munmap)
{
	char *hole = self->p + 7 * PAGE;
	size_t after = self->len - 8 * PAGE;

	EXPECT_EQ(1, faults_to_write(self->p, self->len));
	ASSERT_EQ(0, munmap(hole, PAGE));
	EXPECT_EQ(2, vmas_in(self->p, self->len));
	EXPECT_EQ(SIGSEGV, try_read(hole));
	/* The huge page has been taken apart, and the rest of it comes back in small ones. */
	EXPECT_EQ(7, faults_to_read(self->p, 7 * PAGE));
	EXPECT_EQ(self->pages - 8, faults_to_read(hole + PAGE, after));
	EXPECT_TRUE(as_written(self->p, 7 * PAGE, 0));
	EXPECT_TRUE(as_written(hole + PAGE, after, 8));
	/* The hole filled, it is one mapping and one fault again. */
	ASSERT_EQ(hole, mmap(hole, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			     self->fd, 7 * PAGE));
	EXPECT_TRUE(as_written(self->p, self->len, 0));
	ASSERT_EQ(0, munmap(self->p, self->len));
	self->p = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->p);
	EXPECT_EQ(1, faults_to_read(self->p, self->len));
	EXPECT_TRUE(as_written(self->p, self->len, 0));
}

TEST_F(huge, mprotect_of_a_part)
{
	EXPECT_EQ(1, faults_to_write(self->p, self->len));
	ASSERT_EQ(0, mprotect(self->p + PAGE, PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, try_write(self->p + PAGE, 'p'));
	EXPECT_EQ(0, try_write(self->p + 2 * PAGE, 3));
	EXPECT_TRUE(as_written(self->p, self->len, 0));
}

TEST_F(huge, errors)
{
	int rd = open(DEVICE, O_RDONLY);
	size_t len = self->len;
	char *q;

	EXPECT_ERRNO(EINVAL, mmap(NULL, len + PAGE, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_ERRNO(EINVAL, mmap(NULL, len, PROT_READ, MAP_SHARED, self->fd, PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, len));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
				  ((1L << 51) - 1) * PAGE));
	EXPECT_ERRNO(EOVERFLOW, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, -(off_t)PAGE));
	EXPECT_ERRNO(EINVAL, mmap(NULL, len, PROT_READ, MAP_PRIVATE, self->fd, 0));
	EXPECT_ERRNO(EINVAL, mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE, rd, 0));
	EXPECT_ERRNO(EACCES, mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, rd, 0));
	q = mmap(NULL, len, PROT_READ, MAP_SHARED, rd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(1, faults_to_read(q, len));
	EXPECT_TRUE(filled_with(q, 0, len));
	EXPECT_EQ(SIGSEGV, try_write(q, 1));
	EXPECT_ERRNO(EACCES, mprotect(q, len, PROT_READ | PROT_WRITE));
	EXPECT_ERRNO(EINVAL, madvise(self->p, len, MADV_DONTNEED));
}

TEST_F(huge, fork)
{
	EXPECT_EQ(1, faults_to_write(self->p, self->len));
	EXPECT_TRUE(IN_CHILD({
		if (!as_written(self->p, self->len, 0))
			_exit(2);
		store8(self->p + PAGE, 'c');
		_exit(munmap(self->p, self->len));
	}));
	EXPECT_EQ('c', load8(self->p + PAGE));
	EXPECT_EQ(0, faults_to_read(self->p, self->len));
}

TEST_F(huge, mremap)
{
	char *area = mmap(NULL, 4 * self->len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)area + self->len) / self->len * self->len);

	EXPECT_EQ(1, faults_to_write(self->p, self->len));
	/* As a whole, if it can. */
	ASSERT_EQ(at, mremap(self->p, self->len, self->len, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	EXPECT_EQ(0, faults_to_read(at, self->len));
	EXPECT_TRUE(as_written(at, self->len, 0));
	/* In pieces otherwise. */
	ASSERT_EQ(at + self->len + PAGE, mremap(at, self->len, self->len,
						MREMAP_MAYMOVE | MREMAP_FIXED,
						at + self->len + PAGE));
	at += self->len + PAGE;
	EXPECT_EQ(self->pages, faults_to_read(at, self->len));
	EXPECT_TRUE(as_written(at, self->len, 0));
	EXPECT_ERRNO(EFAULT, mremap(at, self->len, self->len + PAGE, MREMAP_MAYMOVE));
	ASSERT_EQ(at, mremap(at, self->len, PAGE, 0));
	EXPECT_EQ(SIGSEGV, try_read(at + PAGE));
	EXPECT_EQ(1, load8(at));
}

TEST_F(huge, cannot_be_held)
{
	struct iovec local = { self, 4 }, remote = { self->p, 4 };
	int p[2];

	store8(self->p, 1);
	ASSERT_EQ(0, pipe(p));
	EXPECT_ERRNO(EFAULT, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_ERRNO(EFAULT, vmsplice(p[1], &remote, 1, 0));
}

/* The memory is that of one open, and is given back with its last mapping. */
TEST_F(huge, again_and_again)
{
	for (int i = 0; i < 300; i++) {
		int fd = open(DEVICE, O_RDWR);
		char *q;

		ASSERT_LE(0, fd);
		q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ASSERT_NE(MAP_FAILED, q);
		ASSERT_EQ(0, close(fd));
		ASSERT_EQ(0, load8(q + i * PAGE));
		store8(q + i * PAGE, 'q');
		ASSERT_EQ(0, munmap(q, self->len));
	}
	EXPECT_TRUE(filled_with(self->p, 0, self->len));
}

TEST_HARNESS_MAIN
