/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests that several sample drivers pass. The program defines DEVICE, and LEN,
 * the size of what can be mapped; or, if each open has memory of its own, NPAGES
 * and BEYOND: the errno of a mapping that reaches behind the end, 0 if only
 * touching what is there fails.
 */
#ifndef __MMAP_PREPARE_SAMPLE_TEST_H
#define __MMAP_PREPARE_SAMPLE_TEST_H

#include <sys/uio.h>

#include "kselftest_harness.h"
#include "mem_test.h"

#ifdef NPAGES
#define LEN	(NPAGES * PAGE)
#endif

FIXTURE(sample)
{
	int fd;
	size_t len;
	char *p;	/* all of it, shared, read and write */
	struct vma vma;
};

FIXTURE_SETUP(sample)
{
	self->fd = open(DEVICE, O_RDWR);
	ASSERT_LE(0, self->fd) TH_LOG(DEVICE ": %s", strerror(errno));
	self->len = LEN;
	self->p = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->p);
}

FIXTURE_TEARDOWN(sample)
{
	close(self->fd);
}

TEST_F(sample, node)
{
	struct stat st;

	ASSERT_EQ(0, stat(DEVICE, &st));
	EXPECT_EQ(S_IFCHR | 0600, st.st_mode);
	EXPECT_EQ(10, major(st.st_rdev));
}

/* Of frames, which nothing but the mapping itself keeps. */
static inline void cannot_be_held(struct __test_metadata *_metadata, char *p)
{
	char buf[4];
	struct iovec local = { buf, 4 }, remote = { p, 4 };
	int fds[2], mem = open("/proc/self/mem", O_RDWR);

	ASSERT_EQ(0, pipe(fds));
	EXPECT_ERRNO(EFAULT, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_ERRNO(EFAULT, vmsplice(fds[1], &remote, 1, 0));
	EXPECT_ERRNO(EIO, pread(mem, buf, 1, (off_t)p));
	EXPECT_ERRNO(EINVAL, madvise(p, PAGE, MADV_DONTNEED));
	EXPECT_ERRNO(EINVAL, madvise(p, PAGE, MADV_DOFORK));
}

#ifdef NPAGES
TEST_F(sample, contents_are_of_the_file)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	EXPECT_TRUE(filled_with(self->p, 0, self->len));
	for (int i = 0; i < NPAGES; i++)
		memset((i % 2 ? self->p : q) + i * PAGE, 'a' + i, PAGE);
	for (int i = 0; i < NPAGES; i++) {
		EXPECT_TRUE(filled_with(self->p + i * PAGE, 'a' + i, PAGE));
		EXPECT_TRUE(filled_with(q + i * PAGE, 'a' + i, PAGE));
	}
	/* They live as long as the file, not as the mapping. */
	ASSERT_EQ(0, munmap(self->p, self->len));
	ASSERT_EQ(0, munmap(q, self->len));
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	for (int i = 0; i < NPAGES; i++)
		EXPECT_EQ('a' + i, q[i * PAGE]);
}

TEST_F(sample, files_share_nothing)
{
	int fd = open(DEVICE, O_RDWR);
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	memset(self->p, 'p', self->len);
	EXPECT_TRUE(filled_with(q, 0, self->len));
}

TEST_F(sample, freed_memory_comes_back_clean)
{
	for (int i = 0; i < 200; i++) {
		int fd = open(DEVICE, O_RDWR);
		char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		ASSERT_NE(MAP_FAILED, q);
		ASSERT_EQ(0, close(fd));
		ASSERT_TRUE(filled_with(q, 0, self->len));
		memset(q, 'd', self->len);
		ASSERT_EQ(0, munmap(q, self->len));
	}
	EXPECT_TRUE(filled_with(self->p, 0, self->len));
}

TEST_F(sample, outlives_the_file_descriptor)
{
	int fd;
	char *q;

	self->p[0] = 'p';
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ('p', self->p[0]);
	/* The memory is still the mapping's, nobody else is given it. */
	fd = open(DEVICE, O_RDWR);
	q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	memset(q, 'q', self->len);
	EXPECT_EQ('p', self->p[0]);
	EXPECT_TRUE(filled_with(self->p + 1, 0, self->len - 1));
}

TEST_F(sample, rights_of_the_file)
{
	int rd = open(DEVICE, O_RDONLY), wr = open(DEVICE, O_WRONLY);
	char *q;

	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, rd, 0));
	EXPECT_ERRNO(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, wr, 0));
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, rd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0, try_read(q));
	EXPECT_ERRNO(EACCES, mprotect(q, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(SIGSEGV, try_write(q, 1));
}

TEST_F(sample, ranges)
{
	for (int i = 0; i < NPAGES; i++)
		self->p[i * PAGE] = 'a' + i;
	for (int from = 0; from <= NPAGES + 1; from++) {
		for (int n = 1; n <= NPAGES + 1; n++) {
			char *q = mmap(NULL, n * PAGE, PROT_READ, MAP_SHARED, self->fd,
				       from * PAGE);

			if (BEYOND && from + n > NPAGES) {
				EXPECT_EQ(MAP_FAILED, q);
				EXPECT_EQ(BEYOND, errno);
				continue;
			}
			ASSERT_NE(MAP_FAILED, q);
			ASSERT_TRUE(vma_of(q, &self->vma));
			EXPECT_EQ(from * PAGE, self->vma.offset);
			for (int i = 0; i < n && from + i < NPAGES; i++)
				EXPECT_EQ('a' + from + i, q[i * PAGE]);
			if (from + n > NPAGES)
				EXPECT_EQ(SIGBUS, try_read(q + (n - 1) * PAGE));
			ASSERT_EQ(0, munmap(q, n * PAGE));
		}
	}
}

TEST_F(sample, far_ranges)
{
	static const off_t pages[] = { 1 << 20, 1L << 40, (1L << 51) - 1, (1L << 52) - 2 };

	for (int i = 0; i < ARRAY_SIZE(pages); i++) {
		char *q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, pages[i] * PAGE);

		if (BEYOND) {
			EXPECT_EQ(MAP_FAILED, q) TH_LOG("page %ld", pages[i]);
			EXPECT_EQ(BEYOND, errno);
		} else {
			ASSERT_NE(MAP_FAILED, q);
			EXPECT_EQ(SIGBUS, try_read(q)) TH_LOG("page %ld", pages[i]);
		}
	}
	EXPECT_ERRNO(EOVERFLOW, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, -(off_t)PAGE));
}

#if BEYOND
/* What a refused mapping was to replace is gone, but nothing beside it. */
TEST_F(sample, refused_over_another)
{
	size_t len = self->len + PAGE;
	char *area = mmap(NULL, len + 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, area);
	memset(area, 'a', len + 2 * PAGE);
	EXPECT_ERRNO(BEYOND, mmap(area + PAGE, len, PROT_READ, MAP_SHARED | MAP_FIXED,
				  self->fd, 0));
	EXPECT_EQ('a', area[0]);
	EXPECT_EQ(SIGSEGV, try_read(area + PAGE));
	EXPECT_EQ(SIGSEGV, try_read(area + len));
	EXPECT_EQ('a', area[len + PAGE]);
	ASSERT_EQ(area + PAGE, mmap(area + PAGE, self->len, PROT_READ, MAP_SHARED | MAP_FIXED,
				    self->fd, 0));
	EXPECT_TRUE(filled_with(area + PAGE, 0, self->len));
}
#endif

TEST_F(sample, fork)
{
	self->p[0] = 'p';
	EXPECT_TRUE(IN_CHILD({
		if (self->p[0] != 'p')
			_exit(2);
		self->p[0] = 'c';
		self->p[PAGE] = 'c';
		_exit(munmap(self->p, self->len));
	}));
	EXPECT_EQ('c', self->p[0]);
	/* First touched by the child. */
	EXPECT_EQ('c', self->p[PAGE]);
}
#endif /* NPAGES */

#endif /* __MMAP_PREPARE_SAMPLE_TEST_H */
