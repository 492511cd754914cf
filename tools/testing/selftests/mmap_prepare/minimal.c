// SPDX-License-Identifier: GPL-2.0
/*
 * The sample driver samples/rust/rust_mmap_minimal.rs: each open of the device
 * has four pages of its own, which can be mapped from any of them on.
 */
#define DEVICE	"/dev/rust_mmap_minimal"
#define NPAGES	4
#define BEYOND	EINVAL

#include "sample_test.h"

TEST_F(sample, bad_ranges)
{
	EXPECT_ERRNO(EINVAL, mmap(NULL, 1UL << 30, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_ERRNO(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 1));
	EXPECT_ERRNO(EINVAL, mmap(NULL, 0, PROT_READ, MAP_SHARED, self->fd, 0));
	/* Less than a page is a page. */
	EXPECT_NE(MAP_FAILED, mmap(NULL, 3 * PAGE + 1, PROT_READ, MAP_SHARED, self->fd, 0));
}

TEST_F(sample, proc_maps_and_smaps)
{
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_STREQ("rw-s", self->vma.perms);
	EXPECT_STREQ(DEVICE, self->vma.name);
	EXPECT_EQ((unsigned long)self->p, self->vma.start);
	EXPECT_EQ((unsigned long)self->p + self->len, self->vma.end);
	EXPECT_TRUE(vma_has(&self->vma, "rd wr sh mr mw ms mm")) TH_LOG("%s", self->vma.flags);
	EXPECT_FALSE(vma_has_any(&self->vma, "ex pf io de dd dc lo ac"))
		TH_LOG("%s", self->vma.flags);
	/* Mapped when it was made, before any access. */
	EXPECT_EQ(self->len / 1024, self->vma.rss);
	EXPECT_EQ(0, self->vma.anon);
}

TEST_F(sample, private)
{
	char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->fd, 0);

	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_STREQ("rw-p", self->vma.perms);
	self->p[0] = 'p';
	EXPECT_EQ('p', q[0]);
	/* The write goes to a copy, of this page alone. */
	q[1] = 'q';
	EXPECT_EQ(0, self->p[1]);
	self->p[0] = 'P';
	self->p[PAGE] = 'P';
	EXPECT_EQ('p', q[0]);
	EXPECT_EQ('P', q[PAGE]);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_EQ(PAGE / 1024, self->vma.anon);
}

TEST_F(sample, exec)
{
	char *q = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, self->fd, 0);
#ifdef __x86_64__
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
#else
	static const unsigned int code[] = { 0x52800540, 0xd65f03c0 };
#endif

	ASSERT_NE(MAP_FAILED, q);
	memcpy(self->p, code, sizeof(code));
	__builtin___clear_cache(q, q + sizeof(code));
	EXPECT_EQ(42, ((int (*)(void))q)());
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_TRUE(vma_has(&self->vma, "rd ex me mm")) TH_LOG("%s", self->vma.flags);
}

/* The file passed on: the child maps the same memory anew. */
TEST_F(sample, file_in_another_process)
{
	EXPECT_TRUE(IN_CHILD({
		char *q = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);

		q[2 * PAGE] = 'c';
		_exit(0);
	}));
	EXPECT_EQ('c', self->p[2 * PAGE]);
}

TEST_F(sample, partial_munmap)
{
	memset(self->p, 'p', self->len);
	ASSERT_EQ(0, munmap(self->p + PAGE, PAGE));
	EXPECT_EQ(SIGSEGV, try_read(self->p + PAGE));
	EXPECT_TRUE(filled_with(self->p, 'p', PAGE));
	EXPECT_TRUE(filled_with(self->p + 2 * PAGE, 'p', 2 * PAGE));
	EXPECT_EQ(2, vmas_in(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p + 2 * PAGE, &self->vma));
	EXPECT_EQ(2 * PAGE, self->vma.offset);
	EXPECT_EQ(2 * PAGE / 1024, self->vma.rss);
	ASSERT_EQ(0, munmap(self->p, PAGE));
	ASSERT_EQ(0, munmap(self->p + 3 * PAGE, PAGE));
	EXPECT_EQ(1, vmas_in(self->p, self->len));
	/* And back again into the hole. */
	ASSERT_EQ(self->p, mmap(self->p, self->len, PROT_READ, MAP_SHARED | MAP_FIXED,
				self->fd, 0));
	EXPECT_TRUE(filled_with(self->p, 'p', self->len));
}

TEST_F(sample, mprotect)
{
	self->p[0] = 'p';
	ASSERT_EQ(0, mprotect(self->p, PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, try_write(self->p, 1));
	ASSERT_EQ(0, mprotect(self->p, PAGE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	ASSERT_EQ(0, mprotect(self->p, self->len, PROT_READ | PROT_WRITE));
	EXPECT_EQ('p', self->p[0]);
	EXPECT_EQ(0, try_write(self->p, 'q'));
}

TEST_F(sample, mremap)
{
	char *at = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *q;

	for (int i = 0; i < NPAGES; i++)
		self->p[i * PAGE] = 'a' + i;
	ASSERT_EQ(at, mremap(self->p, self->len, self->len, MREMAP_MAYMOVE | MREMAP_FIXED, at));
	EXPECT_EQ(SIGSEGV, try_read(self->p));
	for (int i = 0; i < NPAGES; i++)
		EXPECT_EQ('a' + i, at[i * PAGE]);
	ASSERT_EQ(at, mremap(at, self->len, 2 * PAGE, 0));
	EXPECT_EQ(SIGSEGV, try_read(at + 2 * PAGE));
	EXPECT_EQ('b', at[PAGE]);
	/* Without DONTEXPAND it grows, but nothing is in what is new. */
	q = mremap(at, 2 * PAGE, 6 * PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ('b', q[PAGE]);
	EXPECT_EQ(SIGBUS, try_read(q + 2 * PAGE));
	EXPECT_EQ(SIGBUS, try_write(q + 5 * PAGE, 1));
}

TEST_F(sample, madvise)
{
	static const int refused[] = { MADV_FREE, MADV_WIPEONFORK, MADV_DODUMP, MADV_DOFORK };
	char *q;

	for (int i = 0; i < ARRAY_SIZE(refused); i++) {
		EXPECT_ERRNO(EINVAL, madvise(self->p, PAGE, refused[i]))
			TH_LOG("advice %d", refused[i]);
	}
	/* What is thrown away stays away: there is no fault handler. */
	self->p[0] = 'p';
	self->p[PAGE] = 'p';
	ASSERT_EQ(0, madvise(self->p, PAGE, MADV_DONTNEED));
	EXPECT_EQ(SIGBUS, try_read(self->p));
	EXPECT_EQ('p', self->p[PAGE]);
	/* The contents are the file's. */
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ('p', q[0]);
	ASSERT_EQ(0, madvise(q, self->len, MADV_DONTFORK));
	EXPECT_TRUE(IN_CHILD(_exit(try_read(q) == SIGSEGV ? 0 : 2)));
}

TEST_F(sample, mlock_and_populate)
{
	char *q;

	EXPECT_EQ(0, mlock(self->p, self->len));
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_FALSE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
	q = mmap(NULL, self->len, PROT_READ, MAP_SHARED | MAP_POPULATE | MAP_LOCKED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	ASSERT_TRUE(vma_of(q, &self->vma));
	EXPECT_FALSE(vma_has(&self->vma, "lo")) TH_LOG("%s", self->vma.flags);
}

TEST_F(sample, neighbours_do_not_merge)
{
	char *area = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < NPAGES; i++)
		self->p[i * PAGE] = 'a' + i;
	for (int i = 0; i < NPAGES; i++) {
		ASSERT_EQ(area + i * PAGE, mmap(area + i * PAGE, PAGE, PROT_READ,
						MAP_SHARED | MAP_FIXED, self->fd, i * PAGE));
	}
	/* One mapping would be one action too few. */
	EXPECT_EQ(4, vmas_in(area, 4 * PAGE));
	for (int i = 0; i < NPAGES; i++)
		EXPECT_EQ('a' + i, area[i * PAGE]);
}

TEST_F(sample, as_a_buffer)
{
	char buf[4] = {};
	struct iovec local = { buf, 4 }, remote = { self->p + PAGE - 2, 4 };
	int p[2], mem = open("/proc/self/mem", O_RDWR);

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(4, write(p[1], "abcd", 4));
	EXPECT_EQ(4, read(p[0], self->p + PAGE - 2, 4));
	/* The pages are pages: they can be held. */
	EXPECT_EQ(4, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
	EXPECT_EQ(4, pwrite(mem, "efgh", 4, (off_t)self->p + PAGE - 2));
	EXPECT_EQ(0, memcmp(self->p + PAGE - 2, "efgh", 4));
	/* Held by a pipe they outlive the file. */
	ASSERT_EQ(4, vmsplice(p[1], &remote, 1, 0));
	ASSERT_EQ(0, munmap(self->p, self->len));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(4, read(p[0], buf, 4));
	EXPECT_EQ(0, memcmp(buf, "efgh", 4));
}

TEST_F(sample, has_no_other_operation)
{
	char c;

	EXPECT_ERRNO(EINVAL, read(self->fd, &c, 1));
	EXPECT_ERRNO(EINVAL, write(self->fd, &c, 1));
	EXPECT_ERRNO(EINVAL, fsync(self->fd));
	EXPECT_ERRNO(EINVAL, msync(self->p, self->len, MS_SYNC));
	EXPECT_ERRNO(EOPNOTSUPP, mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC,
				      self->fd, 0));
}

TEST_F(sample, again_and_again)
{
	for (int i = 0; i < 2000; i++) {
		char *q = mmap(NULL, (1 + i % NPAGES) * PAGE, PROT_READ | PROT_WRITE,
			       i % 2 ? MAP_PRIVATE : MAP_SHARED, self->fd, 0);

		ASSERT_NE(MAP_FAILED, q);
		q[0] = i;
		ASSERT_EQ(0, munmap(q, (1 + i % NPAGES) * PAGE));
	}
	ASSERT_TRUE(vma_of(self->p, &self->vma));
	EXPECT_EQ(self->len / 1024, self->vma.rss);
}

TEST_HARNESS_MAIN
